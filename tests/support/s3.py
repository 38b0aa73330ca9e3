"""A real S3 server on loopback, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Self

HOST = "127.0.0.2"
"""Not 127.0.0.1: a proxy that is left in the environment of a worker would be asked for it."""

_START_S = 90


class S3Server:
    """moto's server. What is stored is lost when it ends."""

    def __init__(self, log: Path) -> None:
        self._log = log
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])
        self.start()

    def start(self) -> None:
        """Start it, on the same port as before."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(self.port)],
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _START_S
        while True:
            try:
                self._call("/moto-api/data.json")
            except OSError:
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    def know_keys(self, *, any_key: bool) -> None:
        """Let any key in, or none, for no user is made here."""
        self._call("/moto-api/reset-auth", b"1000000000" if any_key else b"0")

    @property
    def environment(self) -> dict[str, str]:
        """What makes clients find it and show a key."""
        return {
            "AWS_ENDPOINT_URL": f"http://{HOST}:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "hush-hush",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _call(self, path: str, data: bytes | None = None) -> None:
        request = urllib.request.Request(f"http://{HOST}:{self.port}{path}", data=data)
        if data is not None:
            request.add_header("Content-Type", "application/octet-stream")
        urllib.request.urlopen(request, timeout=10).close()
