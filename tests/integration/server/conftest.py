"""`assistant serve` as a process of its own, with the real models."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import OpenAI

from assistant import Assistant
from tests.support.server_process import Served

PORT = 7950
OPENED = "opened.txt"
ADDRESS = f"http://127.0.0.1:{PORT}"
HEIGHT = "What height did the Hwasong-15 reach?"
MISSING = "What height did the Hwasong-14 reach?"


@pytest.fixture(scope="module")
def served(
    assistant: Assistant, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(data_dir, folder / "data")
    browser = folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {folder}/data/{OPENED}\n')
    browser.chmod(0o755)
    served = Served.start(
        folder / "data",
        folder,
        "--open",
        port=PORT,
        BROWSER=f"{browser} %s",
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
