"""The chat page without a browser: what is drawn when, for whom, and what ends it."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from assistant.admission import Admission
from assistant.web.chat import ACTING_PARTS, Chat
from assistant.web.conversations import Conversations
from assistant.web.corpus_page import CorpusPage
from assistant.web.feedback import Feedback, read_feedback
from assistant.web.limits import RateLimit
from assistant.web.sessions import NotAllowedError, Sessions, Visitor
from assistant.web.turns import TurnView
from assistant.web.updates import Update
from tests.support.scripted import answer_from_first_line, open_scripted

QUESTION = "How long is the Marlow bridge?"
TEXT = (
    "The Marlow bridge is 7.4 kilometres long. It was opened by the mayor in May.\n\n"
    "The Marlow ferry was sold. It carried letters over the river for ninety years."
)


class Model:
    """A model that can be made to wait before it drafts."""

    def __init__(self) -> None:
        self.may_draft = threading.Event()
        self.may_draft.set()
        self.drafting = 0

    def __call__(self, messages: list[BaseMessage]) -> str:
        reply = answer_from_first_line(messages)
        if reply != "yes":
            self.drafting += 1
            assert self.may_draft.wait(10)
        return reply


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
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
def chat(tmp_path: Path, model: Model, indexed: Path) -> Iterator[Chat]:
    folder = tmp_path / "copy"
    shutil.copytree(indexed, folder)
    assistant = open_scripted(folder / "data", model, corpus=folder / "corpus")
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


def page(name: str | None = "ann", number: int = 1) -> Any:
    return SimpleNamespace(username=name, session_hash=f"page{number}")


async def asked(chat: Chat, question: str = QUESTION, request: Any = None) -> list[Update]:
    return [update async for update in chat.ask(question, request or page())]


def said_of(chat: Chat) -> list[Feedback]:
    (path,) = [row[2] for row in chat.conversations.storage.rows("PRAGMA database_list")]
    return list(read_feedback(Path(path)))


def last(updates: list[Update], name: str) -> str:
    return next(str(update[name]) for update in reversed(updates) if name in update)


async def test_the_evidence_is_drawn_before_the_model_writes(chat: Chat, model: Model) -> None:
    model.may_draft.clear()
    updates: AsyncIterator[Update] = chat.ask(QUESTION, page())
    seen: list[Update] = []
    while not any("7.4 kilometres" in update.get("pane", "") for update in seen):
        seen.append(await anext(updates))
    assert 'data-stage="done"' not in last(seen, "live")
    model.may_draft.set()
    seen += [update async for update in updates]
    assert 'data-stage="done"' in last(seen, "live")
    assert "✓" in last(seen, "live")


async def test_a_slow_answer_does_not_hold_up_the_evidence_of_another(
    chat: Chat, model: Model
) -> None:
    model.may_draft.clear()
    slow = asyncio.create_task(asked(chat, request=page("ann")))
    while not model.drafting:
        await asyncio.sleep(0.01)
    seen: list[Update] = []
    updates = chat.ask(QUESTION, page("bob"))
    while "Place 1 in the queue" not in (last(seen, "live") if seen else ""):
        seen.append(await asyncio.wait_for(anext(updates), 5))
    assert "7.4 kilometres" in last(seen, "pane")
    await asyncio.sleep(0.2)
    assert model.drafting == 1  # nor does the other draft before its turn
    model.may_draft.set()
    seen += [update async for update in updates]
    assert 'data-stage="done"' in last(seen, "live")
    assert 'data-stage="done"' in last(await slow, "live")


async def test_stop_ends_the_answer_and_frees_the_place(chat: Chat, model: Model) -> None:
    model.may_draft.clear()
    slow = asyncio.create_task(asked(chat))
    while not model.drafting:
        await asyncio.sleep(0.01)
    await chat.stop(page())
    assert 'data-stage="stopped"' in last(await asyncio.wait_for(slow, 2), "live")
    model.may_draft.set()
    again = await asyncio.wait_for(asked(chat), 10)
    assert 'data-stage="done"' in last(again, "live")
    (conversation,) = chat.conversations.found("ann")
    turns = chat.conversations.turns("ann", conversation.conversation_id)
    assert [turn.stage for turn in turns] == ["stopped", "done"]


async def test_who_stops_while_waiting_leaves_the_queue_and_no_thread(
    chat: Chat, model: Model
) -> None:
    model.may_draft.clear()
    slow = asyncio.create_task(asked(chat, request=page("ann")))
    while not model.drafting:
        await asyncio.sleep(0.01)
    waiting = asyncio.create_task(asked(chat, request=page("bob")))
    while not chat.admission.waiting:
        await asyncio.sleep(0.01)
    await chat.stop(page("bob"))
    assert 'data-stage="stopped"' in last(await asyncio.wait_for(waiting, 2), "live")
    assert (chat.admission.running, chat.admission.waiting) == (1, 0)
    model.may_draft.set()
    await slow
    await until_idle(chat)
    assert model.drafting == 1
    for thread in threading.enumerate():
        if thread.name == "stream":
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()


async def until_idle(chat: Chat) -> None:
    while chat.admission.running:
        await asyncio.sleep(0.01)


async def test_one_person_waits_for_so_many_answers_and_no_more(chat: Chat, model: Model) -> None:
    model.may_draft.clear()
    pages = [page("ann", number) for number in range(chat.answers.limit + 1)]
    waiting = [asyncio.create_task(asked(chat, request=one)) for one in pages[:-1]]
    while chat.admission.running + chat.admission.waiting < len(waiting):
        await asyncio.sleep(0.01)
    assert "4 answers already" in last(await asked(chat, request=pages[-1]), "courier")
    model.may_draft.set()
    await asyncio.gather(*waiting)
    assert 'data-stage="done"' in last(await asked(chat, request=pages[-1]), "live")


async def test_a_full_queue_is_told_in_words(chat: Chat) -> None:
    taken = [chat.admission.enter() for _ in range(5)]
    assert "queue is full" in last(await asked(chat), "live")
    for ticket in taken:
        ticket.leave()


def filled(chat: Chat, turns: int, view: TurnView) -> str:
    """Keep a conversation of so many turns."""
    made = chat.conversations.begin("ann", "Long")
    for number in range(turns):
        kept = dataclasses.replace(view, turn_id=f"turn{number}of{turns}")
        chat.conversations.add("ann", made.conversation_id, kept)
    return made.conversation_id


async def test_a_question_sends_the_same_after_forty_turns_as_after_two(chat: Chat) -> None:
    answer = await chat.assistant.aask(QUESTION)
    done = TurnView("t", QUESTION, stage="done", answer=answer)
    sent: list[int] = []
    for number, turns in enumerate((2, 40)):
        await chat.open_page(filled(chat, turns, done), page(number=number))
        updates = await asked(chat, request=page(number=number))
        assert 'data-stage="done"' in last(updates, "live")
        drawn = {name: sum(len(str(one.get(name, ""))) for one in updates) for name in ACTING_PARTS}
        assert drawn["past"] == 0
        # How often the live turn is drawn depends on the clock; what one drawing takes does not.
        sent.append(max(len(str(update)) for update in updates))
        assert f'data-after="turn{turns - 1}of{turns}"' in last(updates, "live")
    assert sent[1] == pytest.approx(sent[0], rel=0.1)


async def test_the_list_of_conversations_is_sent_when_it_changes(chat: Chat) -> None:
    first = await asked(chat)
    assert sum("list" in update for update in first) == 1
    again = await asked(chat)
    assert sum("list" in update for update in again) == 0


async def test_a_page_that_missed_a_turn_gets_all_of_them(chat: Chat) -> None:
    for _ in range(3):
        await asked(chat)
    update = await chat.act({"act": "redraw"}, page())
    assert set(update) == {"past"}
    assert update["past"].count("<article") == 2
    assert (await chat.act({"act": "redraw"}, page()))["past"] != update["past"]


async def test_a_closed_page_frees_the_place_and_keeps_the_question(
    chat: Chat, model: Model
) -> None:
    model.may_draft.clear()
    slow = asyncio.create_task(asked(chat))
    while not model.drafting:
        await asyncio.sleep(0.01)
    slow.cancel()
    await asyncio.wait({slow}, timeout=2)
    model.may_draft.set()
    other = await asyncio.wait_for(asked(chat, request=page("bob")), 10)
    assert 'data-stage="done"' in last(other, "live")
    (conversation,) = chat.conversations.found("ann")
    (turn,) = chat.conversations.turns("ann", conversation.conversation_id)
    assert (turn.question, turn.stage) == (QUESTION, "stopped")


async def test_a_citation_opens_its_article_at_the_span(chat: Chat) -> None:
    live = last(await asked(chat), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    update = await chat.act({"act": "open", "turn": turn, "n": "1"}, page())
    marked = update["pane"].split('<mark class="current"')[1].split(">", 1)[1].split("</mark>")[0]
    assert marked == "The Marlow bridge is 7.4 kilometres long."
    assert "carried letters" in update["pane"]


async def test_a_reloaded_page_shows_its_conversation_and_only_its_owner_does(chat: Chat) -> None:
    updates = await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    reloaded = await chat.open_page(conversation.conversation_id, page(number=2))
    assert reloaded["live"] == last(updates, "live")
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
    assert await chat.act({"act": "open", "turn": turn, "n": "1"}, page("bob", 1)) == {}


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


async def test_questions_are_limited_a_minute(chat: Chat) -> None:
    chat.questions = RateLimit(1)
    await asked(chat)
    (refused,) = await asked(chat)
    assert "1 questions a minute" in refused["courier"]


async def test_an_empty_question_asks_nothing(chat: Chat) -> None:
    assert await asked(chat, "  \n ") == [{}]
    assert chat.conversations.found("ann") == []


async def test_a_question_that_is_too_long_is_an_error_of_words(chat: Chat) -> None:
    updates = await asked(chat, "why " * 600)
    assert 'data-stage="failed"' in last(updates, "live")
    assert "characters" in last(updates, "live")


async def test_a_filter_is_kept_for_the_page_and_checked(chat: Chat) -> None:
    said = {"source": ["Gazette", "<b>"], "from": ["2020-01-02"], "to": [""]}
    update = await chat.act({"act": "filter", "said": said}, page())
    assert "Searching only from Gazette, since 2 January 2020" in update["filters"]
    wrong = await chat.act({"act": "filter", "said": {"from": ["yesterday"]}}, page())
    assert "YYYY-MM-DD" in wrong["filters"]
    updates = await asked(chat)
    assert "Marlow bridge" not in last(updates, "pane")  # it has no date
    cleared = await chat.act({"act": "unfilter"}, page())
    assert "Searching all 1 article" in cleared["filters"]


async def test_a_thumb_and_a_comment_are_kept_with_the_answer(chat: Chat) -> None:
    live = last(await asked(chat), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    rated = await chat.act({"act": "rate", "turn": turn, "up": "yes"}, page())
    assert 'aria-pressed="true"' in rated["live"]
    await chat.act({"act": "comment", "turn": turn, "comment": "Right"}, page())
    (feedback,) = said_of(chat)
    assert (feedback.up, feedback.comment) == (True, "Right")
    assert "7.4 kilometres" in feedback.answer["text"]


async def test_an_export_is_saved_by_the_browser(chat: Chat) -> None:
    await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    for form, part in (("markdown", "## How long"), ("json", '"verdict": "supported"')):
        data = {"act": "export", "id": conversation.conversation_id, "form": form}
        letter = json.loads((await chat.act(data, page()))["courier"])
        assert part in letter["save"]["text"]


async def test_an_unknown_act_does_nothing(chat: Chat) -> None:
    for act in ("", "__class__", "open_page", "keep", None):
        assert await chat.act({"act": act}, page()) == {}


async def corpus_page(chat: Chat) -> CorpusPage:
    return CorpusPage(chat.assistant, chat.sessions, RateLimit(9), chat.assistant.readable_suffixes)


async def test_added_files_are_told_one_by_one_and_can_be_asked_about(
    chat: Chat, tmp_path: Path
) -> None:
    good, bad = tmp_path / "lark.txt", tmp_path / "empty.txt"
    good.write_text("The Lark\n\nThe ship Lark has 31 cabins and a library.\n")
    bad.write_text("")
    (tmp_path / "run.exe").write_text("x")
    corpus = await corpus_page(chat)
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


async def test_an_article_is_removed_by_editors_only(chat: Chat) -> None:
    corpus = await corpus_page(chat)
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


async def test_the_table_has_passages_and_the_day_of_adding(chat: Chat) -> None:
    corpus = await corpus_page(chat)
    update = await corpus.open_page(page())
    (entry,) = chat.assistant.entries()
    assert entry.passages >= 1
    assert entry.added is not None
    assert "Marlow bridge" in update["table"]
    checked = await corpus.act({"act": "check"}, page())
    assert "index against corpus" in checked["health"]
