"""The server under load: a process with the real models, and the memory that it holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

_READY_S = 900
"""The first start of a data folder embeds its articles and reads the prompts' beginnings."""

_MEBIBYTE = 2**20


@dataclass
class Memory:
    """Resident memory of a process with its children, in MiB, by seconds since the first look.

    `own` leaves out what is mapped from files, such as the weights, which the kernel takes away
    and brings back as it likes; a leak shows there.
    """

    process: psutil.Process
    seconds: list[float] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def look(self) -> None:
        """Take a sample."""
        resident = own = 0
        for process in (self.process, *self.process.children(recursive=True)):
            try:
                found = process.memory_info()
            except psutil.NoSuchProcess:
                continue
            resident += found.rss
            own += found.rss - found.shared
        self.seconds.append(time.monotonic() - self.began)
        self.resident.append(resident / _MEBIBYTE)
        self.own.append(own / _MEBIBYTE)

    def growth(self, *, after_s: float) -> float | None:
        """Return the slope of `own` in MiB a minute, by least squares; None for too few samples."""
        points = [
            (seconds / 60, own)
            for seconds, own in zip(self.seconds, self.own, strict=True)
            if seconds >= after_s
        ]
        if len(points) < 3:
            return None
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    address: str
    process: psutil.Process


@contextmanager
def running_server(data: Path, corpus: Path, *, waiting: int) -> Iterator[Server]:
    """Start `assistant serve` on loopback, wait until it is ready, and end it.

    Raises:
        RuntimeError: it ended, or was not ready in time.
    """
    port = _free_port()
    data.mkdir(parents=True, exist_ok=True)
    variables = {
        "ASSISTANT_DATA_DIR": str(data),
        "ASSISTANT_CORPUS_DIR": str(corpus),
        "ASSISTANT_ANSWERS_WAITING": str(waiting),
    }
    log = data / "load.log"
    with log.open("wb") as written:
        started = subprocess.Popen(
            [sys.executable, "-m", "assistant", "serve", "--port", str(port), "--log-json"],
            env=os.environ | variables,
            stdout=written,
            stderr=written,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + _READY_S
        while not _is_ready(address):
            if started.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server is not ready:\n{log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield Server(address, psutil.Process(started.pid))
    finally:
        started.terminate()
        try:
            started.wait(60)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _is_ready(address: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{address}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
