"""A chat model's server as a process: `python -m tests.support.model_server GGUF PORT TOKENS`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class ModelServer:
    """Starts, kills and starts again. Of much context two slots have half each."""

    def __init__(self, gguf: Path, port: int, *, tokens: int = 1024) -> None:
        self._command = [sys.executable, "-m", "tests.support.model_server"]
        self._command += [str(gguf), str(port), str(tokens)]
        self._process: subprocess.Popen[str] | None = None
        self.url = f"http://127.0.0.1:{port}/v1"

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def wait(self) -> None:
        """Wait until it listens."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert "http" in self._process.stdout.readline()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


def main() -> None:
    """Serve llama.cpp's OpenAI-compatible API until killed."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(sys.argv[2])
    parameters.ui = False
    parameters.n_ctx = int(sys.argv[3])
    parameters.n_parallel = 1 if parameters.n_ctx <= 1024 else 2
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 2
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    time.sleep(3600)


if __name__ == "__main__":
    main()
