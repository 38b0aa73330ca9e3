"""`assistant serve` as a process, with the real models."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

ROOT = Path(__file__).parents[2]


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a command that runs on a data folder."""
    return os.environ | {"ASSISTANT_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)} | variables


@dataclass
class Served:
    """A running server and what it wrote."""

    process: subprocess.Popen[str]
    data_dir: Path
    address: str
    log: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, data_dir: Path, cwd: Path, *arguments: str, port: int, **variables: str) -> Self:
        """Start it and wait until it is ready; the first start of a data folder takes longest."""
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "assistant",
                "serve",
                "--port",
                str(port),
                "--log-json",
                *arguments,
            ],
            env=environment(data_dir, **variables),
            cwd=cwd,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        served = cls(process, data_dir, f"http://127.0.0.1:{port}")
        threading.Thread(target=served._keep_log, daemon=True).start()
        try:
            served._wait_until_ready()
        except BaseException:
            process.kill()
            process.wait()
            raise
        return served

    def _keep_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.log.append(line)

    def _wait_until_ready(self) -> None:
        # The first start of a data folder has the model read what every prompt begins with.
        until = time.monotonic() + 280
        with httpx.Client(base_url=self.address, trust_env=False, timeout=5) as client:
            while time.monotonic() < until:
                if self.process.poll() is not None:
                    raise AssertionError("".join(self.log))
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx.TransportError:
                    time.sleep(0.2)
        raise AssertionError("".join(self.log))
