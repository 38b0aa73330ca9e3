"""A corpus in a folder, and one in this process's memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from assistant.corpus.store import CorpusFolder
from assistant.settings import Settings, load_settings
from tests.support.stores import Files

_NUMBERS = itertools.count()


@pytest.fixture(params=["folder", "memory"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    if request.param == "folder":
        (tmp_path / "corpus").mkdir()
        yield load_settings(data_dir=tmp_path / "data", corpus_dir=tmp_path / "corpus")
        return
    folder = f"memory://corpus{next(_NUMBERS)}/articles"
    yield load_settings(data_dir=tmp_path / "data", corpus_dir=folder)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


@pytest.fixture
def corpus(settings: Settings) -> Iterator[CorpusFolder]:
    folder = CorpusFolder.of(settings)
    yield folder
    folder.close()


@pytest.fixture
def files(settings: Settings) -> Files:
    return Files(settings.corpus_location)
