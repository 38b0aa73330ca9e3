"""A signal ends the server while an answer is written at every door. The models are scripted."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.doors import DOORS, Door, answer_of
from tests.support.server_process import ROOT
from tests.support.serving import HEIGHT_DRAFT

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

PORT = 7952
ADDRESS = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.support.scripted_server", str(tmp_path / "data")]
    with subprocess.Popen(
        [*command, str(PORT)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as ran:
        try:
            until(lambda: get("/readyz").status_code == 200, 60)
            yield ran
        finally:
            ran.kill()


def get(path: str) -> httpx.Response:
    return httpx.get(f"{ADDRESS}{path}", trust_env=False, timeout=10)


def until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if holds():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    pytest.fail("it took too long")


def test_answers_at_every_door_outlast_the_signal(process: subprocess.Popen[bytes]) -> None:
    replies: dict[str, httpx.Response | Exception] = {}

    def ask(door: Door) -> None:
        try:
            replies[door.name] = httpx.post(
                f"{ADDRESS}{door.path}",
                json=door.body,
                headers=door.headers,
                timeout=60,
                trust_env=False,
            )
        except httpx.HTTPError as error:
            replies[door.name] = error

    asking = [threading.Thread(target=ask, args=(door,)) for door in DOORS]
    for thread in asking:
        thread.start()
    until(lambda: f"assistant_queue_running {len(DOORS)}.0" in get("/metrics").text, 20)
    process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join(60)
    for door in DOORS:
        reply = replies[door.name]
        assert isinstance(reply, httpx.Response), (door.name, reply)
        assert answer_of(reply)["text"] == HEIGHT_DRAFT, door.name
    began = time.monotonic()
    assert process.wait(30) == 0
    assert time.monotonic() - began < 10
