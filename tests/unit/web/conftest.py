"""The chat page of one article, with a model that can be made to wait."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.admission import Admission
from assistant.web.chat import Chat
from assistant.web.conversations import Conversations
from assistant.web.limits import RateLimit
from assistant.web.sessions import Sessions, Visitor
from tests.support.scripted import answer_from_first_line, open_scripted
from tests.support.web_chat import TEXT, WaitingModel


@pytest.fixture
def model() -> WaitingModel:
    return WaitingModel()


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and its index, to be copied: indexing takes seconds."""
    folder = tmp_path_factory.mktemp("indexed")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "bridge.md").write_text(
        f"---\ntitle: Marlow bridge\nsource: Gazette\n---\n\n{TEXT}\n"
    )
    open_scripted(folder / "data", answer_from_first_line, corpus=corpus).close()
    return folder


@pytest.fixture
def chat(tmp_path: Path, model: WaitingModel, indexed: Path) -> Iterator[Chat]:
    folder = tmp_path / "copy"
    shutil.copytree(indexed, folder)
    assistant = open_scripted(folder / "data", model, corpus=folder / "corpus", embedded=True)
    visitors = {name: Visitor(name, may_edit=name != "reader") for name in ("ann", "bob", "reader")}
    conversations = Conversations(tmp_path / "conversations.sqlite3")
    yield Chat(
        assistant,
        conversations,
        Sessions(visitors.get),
        Admission(at_once=1, waiting=4),
        RateLimit(20),
    )
    conversations.close()
    assistant.close()
