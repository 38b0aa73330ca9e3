"""Who sees and changes what."""

from __future__ import annotations

import json
import re
from typing import Any

import gradio as gr
import pytest

from assistant.web.app import WebOptions, build_blocks
from assistant.web.chat import Chat
from assistant.web.corpus_page import CorpusPage
from assistant.web.limits import RateLimit
from assistant.web.sessions import NotAllowedError
from assistant.web.uploads import LocalBlocks
from tests.support.web_chat import QUESTION, TEXT, asked, last, page, said_of


def turn_of(drawn: str) -> str:
    """What a page shows of a turn, without the number that each opening of a page has."""
    return re.sub(r' data-opening="\d+"', "", drawn)


async def test_a_reloaded_page_shows_its_conversation_and_only_its_owner_does(chat: Chat) -> None:
    updates = await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    reloaded = await chat.open_page(conversation.conversation_id, page(number=2))
    assert turn_of(reloaded["live"]) == turn_of(last(updates, "live"))
    stranger = await chat.open_page(conversation.conversation_id, page("bob", 3))
    assert "Ask the articles" in stranger["live"]
    assert "no such conversation" in stranger["courier"]


async def test_nobody_acts_on_what_is_not_theirs(chat: Chat) -> None:
    live = last(await asked(chat), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    (conversation,) = chat.conversations.found("ann")
    chosen = {"id": conversation.conversation_id, "said": "Mine", "turn": turn, "n": "1"}
    for act in ("open", "rename", "delete", "export", "conversation", "rate", "comment", "edit"):
        update = await chat.act({"act": act, "up": "yes", **chosen}, page("bob"))
        assert TEXT[:20] not in json.dumps(update)
        assert QUESTION not in json.dumps(update)
    assert chat.conversations.found("ann") == [conversation]
    assert said_of(chat) == []


async def test_a_session_is_not_reached_by_its_hash(chat: Chat) -> None:
    live = last(await asked(chat, request=page("ann", 1)), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    for act in ("open", "edit"):
        told = await chat.act({"act": act, "turn": turn, "n": "1"}, page("bob", 1))
        assert list(told) == ["courier"]
        assert "load it again" in told["courier"]
    again = chat.ask_again({"act": "again", "turn": turn}, page("bob", 1))
    assert ["load it again" in update["courier"] async for update in again] == [True]
    assert await chat.act({"act": "open", "turn": turn, "n": "9"}, page("ann", 1)) == {}


@pytest.mark.parametrize("path", ["http://evil.example/a.txt", "https://10.0.0.1", "ftp://x/y"])
@pytest.mark.parametrize("where", ["question", "files"])
async def test_an_address_is_no_file(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, path: str, where: str
) -> None:
    fetched: list[str] = []

    async def fetch(url: str, cache_dir: str) -> str:
        fetched.append(url)
        return "x"

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    with LocalBlocks(analytics_enabled=False) as blocks:
        part = gr.Textbox() if where == "question" else gr.File(file_count="multiple")
        part.change(lambda value: None, part, None)
    (function,) = blocks.fns.values()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(gr.Error, match="Files are uploaded"):
        await blocks.preprocess_data(function, [[file] if where == "files" else file], None)
    assert fetched == []
    assert isinstance(
        build_blocks(chat.assistant, WebOptions(lambda _: None, chat.admission)), LocalBlocks
    )


@pytest.mark.parametrize("name", [None, "", "mallory"])
async def test_who_was_not_let_in_can_call_nothing(chat: Chat, name: str | None) -> None:
    nobody = page(name)
    corpus = CorpusPage(chat.assistant, chat.sessions, RateLimit(9), (".md",))
    calls: list[Any] = [
        lambda: anext(chat.ask(QUESTION, nobody)),
        lambda: anext(chat.ask_again({"question": QUESTION}, nobody)),
        lambda: chat.act({"act": "new"}, nobody),
        lambda: chat.stop(nobody),
        lambda: chat.open_page("", nobody),
        lambda: corpus.open_page(nobody),
        lambda: corpus.act({"act": "table"}, nobody),
        lambda: anext(corpus.add([], "http://example.com", nobody)),
    ]
    for call in calls:
        with pytest.raises(NotAllowedError):
            await call()
