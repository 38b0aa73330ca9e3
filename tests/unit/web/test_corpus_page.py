"""The page of articles without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.web.chat import Chat
from assistant.web.corpus_page import CorpusPage
from assistant.web.limits import RateLimit
from tests.support.web_chat import asked, last, page


@pytest.fixture
def corpus(chat: Chat) -> CorpusPage:
    return CorpusPage(chat.assistant, chat.sessions, RateLimit(9), chat.assistant.readable_suffixes)


async def test_added_files_are_told_one_by_one_and_can_be_asked_about(
    chat: Chat, corpus: CorpusPage, tmp_path: Path
) -> None:
    good, bad = tmp_path / "lark.txt", tmp_path / "empty.txt"
    good.write_text("The Lark\n\nThe ship Lark has 31 cabins and a library.\n")
    bad.write_text("")
    (tmp_path / "run.exe").write_text("x")
    files = [str(good), str(bad), str(tmp_path / "run.exe")]
    updates = [update async for update in corpus.add(files, "/etc/passwd file:///x", page())]
    adding = last(updates, "adding")
    assert "1 added, 0 already there, 4 failed" in adding
    assert any("<progress" in update.get("adding", "") for update in updates)
    for part in ("lark.txt", "empty.txt", "run.exe", "/etc/passwd", "file:///x"):
        assert part in adding
    assert "The Lark" in last(updates, "table")
    answer = await asked(chat, "How many cabins does the ship Lark have?")
    assert "31 cabins" in last(answer, "live")


async def test_an_article_is_removed_by_editors_only(chat: Chat, corpus: CorpusPage) -> None:
    (entry,) = chat.assistant.entries()
    data = {"act": "remove", "article": entry.article_id}
    refused = await corpus.act(data, page("reader"))
    assert "not change the corpus" in refused["courier"]
    assert len(chat.assistant.entries()) == 1
    (told,) = [one async for one in corpus.add([], "http://example.com/", page("reader"))]
    assert "not change the corpus" in told["courier"]
    removed = await corpus.act(data, page("ann"))
    assert "Removed" in removed["courier"]
    assert chat.assistant.entries() == []


async def test_changes_and_checks_are_limited(chat: Chat, tmp_path: Path) -> None:
    corpus = CorpusPage(chat.assistant, chat.sessions, RateLimit(1), (".md",))
    too_many = " ".join(f"https://example.com/{number}" for number in range(101))
    (refused,) = [update async for update in corpus.add([], too_many, page())]
    assert "More than 100 sources at once" in refused["courier"]
    (refused,) = [update async for update in corpus.add([], "https://example.com", page())]
    assert "more than 1 changes and checks a minute" in refused["courier"]
    checked = await corpus.act({"act": "check"}, page("reader"))
    assert "disk" in checked["health"].lower()
    refused = await corpus.act({"act": "check"}, page("reader"))
    assert "more than 1 changes and checks a minute" in refused["courier"]
    assert len(chat.assistant.articles()) == 1


async def test_the_table_has_passages_and_the_day_of_adding(chat: Chat, corpus: CorpusPage) -> None:
    update = await corpus.open_page(page())
    (entry,) = chat.assistant.entries()
    assert entry.passages >= 1
    assert entry.added is not None
    assert "Marlow bridge" in update["table"]
    checked = await corpus.act({"act": "check"}, page())
    assert "index against corpus" in checked["health"]
