"""A chat model's server as a process: `python -m tests.support.model_server GGUF PORT`."""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Serve llama.cpp's OpenAI-compatible API until killed."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = sys.argv[1]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(sys.argv[2])
    parameters.ui = False
    parameters.n_ctx = 1024
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.cpuparams.n_threads = 2
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    time.sleep(3600)


if __name__ == "__main__":
    main()
