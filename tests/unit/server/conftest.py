"""The API over a scripted assistant."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from tests.support.doors import Gate, Served, make_doors
from tests.support.serving import BridgeAssistant, make_app, make_assistant


@pytest.fixture(autouse=True, scope="session")
def _plain_logs() -> None:
    """Render the log as one line: structlog's own form takes seconds to paint a traceback."""
    structlog.configure(
        processors=[
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an index, to be copied: building one takes a second."""
    folder = tmp_path_factory.mktemp("template") / "data"
    make_assistant(folder).close()
    return folder


@pytest.fixture
def scripted(tmp_path: Path, template: Path) -> Iterator[BridgeAssistant]:
    shutil.copytree(template, tmp_path / "data")
    with BridgeAssistant(tmp_path / "data") as assistant:
        yield assistant


@pytest.fixture
def client(scripted: BridgeAssistant) -> Iterator[TestClient]:
    with TestClient(make_app(scripted)) as client:
        yield client


@pytest.fixture
def gate(scripted: BridgeAssistant) -> Iterator[Gate]:
    """Hold the model in the middle of its draft; let go at the end."""
    gate = Gate(scripted)
    yield gate
    gate.open.set()


@pytest.fixture
async def served(scripted: BridgeAssistant) -> AsyncIterator[Served]:
    """An app with every door, in this event loop."""
    served = Served(make_doors(scripted))
    async with served.lifespan():
        yield served
