"""`assistant serve` as a process of its own, with the real models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from assistant import Assistant
from tests.integration.conftest import ROOT

PORT = 7950
ADDRESS = f"http://127.0.0.1:{PORT}"
HEIGHT = "What height did the Hwasong-15 reach?"
MISSING = "What height did the Hwasong-14 reach?"


@dataclass
class Served:
    """A running server and what it wrote."""

    process: subprocess.Popen[str]
    data_dir: Path
    log: list[str] = field(default_factory=list)

    def keep_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line)

    def wait_until_ready(self) -> None:
        # The first start of a data folder has the model read what every prompt begins with.
        until = time.monotonic() + 280
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError("".join(self.log))
            try:
                if httpx.get(f"{ADDRESS}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError("".join(self.log))


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    return os.environ | {"ASSISTANT_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)} | variables


def start(data_dir: Path, cwd: Path, **variables: str) -> Served:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", str(PORT), "--log-json"],
        env=environment(data_dir, **variables),
        cwd=cwd,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    served = Served(process, data_dir)
    threading.Thread(target=served.keep_log, daemon=True).start()
    try:
        served.wait_until_ready()
    except BaseException:
        process.kill()
        process.wait()
        raise
    return served


@pytest.fixture(scope="module")
def served(
    assistant: Assistant, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(data_dir, folder / "data")
    served = start(
        folder / "data",
        folder,
        ASSISTANT_ANSWERS_AT_ONCE="1",
        ASSISTANT_ANSWERS_WAITING="1",
    )
    yield served
    served.process.terminate()
    served.process.wait(60)


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ADDRESS, timeout=120, trust_env=False) as client:
        yield client


@pytest.fixture
def openai(served: Served) -> Iterator[OpenAI]:
    client = OpenAI(
        base_url=f"{ADDRESS}/v1",
        api_key="not-needed",
        max_retries=0,
        http_client=httpx.Client(trust_env=False),
    )
    with client:
        yield client
