"""The assistant with its real models, once for all integration tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant import Assistant, load_settings

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def assistant(data_dir: Path) -> Iterator[Assistant]:
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        if name != "ASSISTANT_MODELS_DIR":
            del os.environ[name]
    with Assistant.open(load_settings(data_dir=data_dir)) as found:
        yield found


@pytest.fixture
def run(data_dir: Path, tmp_path: Path) -> Run:
    """Run `python -m assistant` on the session's data, from another folder."""

    def call(
        *arguments: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "ASSISTANT_DATA_DIR": str(data_dir),
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        return subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
            timeout=240,
        )

    return call
