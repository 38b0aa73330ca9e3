"""A question on the chat page without a browser: what is drawn when, and what ends it."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import AsyncIterator

from assistant.admission import Admission
from assistant.types import Event
from assistant.web.chat import Chat
from assistant.web.limits import RateLimit
from assistant.web.sessions import Sessions, Visitor
from assistant.web.updates import Update
from tests.support.web_chat import QUESTION, WaitingModel, asked, last, page


async def test_the_evidence_is_drawn_before_the_model_writes(
    chat: Chat, model: WaitingModel
) -> None:
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


async def test_a_second_draft_is_drawn_in_the_place_of_the_first(
    chat: Chat, model: WaitingModel
) -> None:
    model.drafts = ["NOT STATED", "No, the bridge is 7.4 kilometres long. [1]"]
    updates = await asked(chat, "Is the Marlow bridge 7 kilometres long?")
    drawn = [update["live"] for update in updates if "live" in update]
    failed = next(index for index, html in enumerate(drawn) if "was not supported" in html)
    assert not any("NOT STATED" in html for html in drawn[failed + 1 :])
    assert any("Checking each statement" in html for html in drawn[failed:])
    assert 'data-stage="done"' in drawn[-1]
    assert "No, the bridge is 7.4 kilometres long." in drawn[-1]


async def test_an_earlier_question_is_asked_again_where_it_was_asked(chat: Chat) -> None:
    await chat.act({"act": "filter", "said": {"source": ["Gazette"]}}, page())
    turn = last(await asked(chat), "live").split('data-turn="')[1].split('"')[0]
    await chat.act({"act": "unfilter"}, page())
    again = {"act": "again", "turn": turn}
    drawn = last([update async for update in chat.ask_again(again, page())], "live")
    assert "Searching only from Gazette" in drawn
    assert "Searching only" not in last(await asked(chat), "live")


async def test_a_slow_answer_does_not_hold_up_the_evidence_of_another(
    chat: Chat, model: WaitingModel
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


async def test_stop_ends_the_answer_and_frees_the_place(chat: Chat, model: WaitingModel) -> None:
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
    chat: Chat, model: WaitingModel
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


async def test_a_closed_page_frees_the_place_and_keeps_the_question(
    chat: Chat, model: WaitingModel
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


async def test_one_person_waits_for_so_many_answers_and_no_more(
    chat: Chat, model: WaitingModel
) -> None:
    model.may_draft.clear()
    pages = [page("ann", number) for number in range(chat.answers.limit + 1)]
    waiting = [asyncio.create_task(asked(chat, request=one)) for one in pages[:-1]]
    while chat.admission.running + chat.admission.waiting < len(waiting):
        await asyncio.sleep(0.01)
    assert "You wait for 4 answers already" in last(await asked(chat, request=pages[-1]), "courier")
    chat.has_login = False  # then all are one person, and are told so
    told = last(await asked(chat, request=pages[-1]), "courier")
    assert "People here wait for 4 answers already" in told
    model.may_draft.set()
    await asyncio.gather(*waiting)
    assert 'data-stage="done"' in last(await asked(chat, request=pages[-1]), "live")


async def test_a_full_queue_is_told_in_words(chat: Chat) -> None:
    taken = [chat.admission.enter() for _ in range(5)]
    assert "queue is full" in last(await asked(chat), "live")
    for ticket in taken:
        ticket.leave()


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


class Recorded:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def admit(self, waited_s: float) -> None:
        self.told.append("admit")

    def see(self, event: Event) -> None:
        self.told.append(type(event).__name__)

    def reject(self) -> None:
        self.told.append("reject")

    def close(self, outcome: str) -> None:
        self.told.append(outcome)


async def test_a_question_of_the_page_is_recorded_like_any_other(chat: Chat) -> None:
    records: dict[str, Recorded] = {}
    chat.record = lambda question: records.setdefault(question, Recorded())
    await asked(chat)
    told = records[QUESTION].told
    assert told[:2] == ["Retrieved", "admit"]
    assert told[-2:] == ["Finished", "abandoned"]  # which counts only where there is no answer
    full = Admission(at_once=1, waiting=0)
    chat.admission = full
    with full.enter() as taken:
        await taken.turn()
        await asked(chat, "How long is the Marlow bridge now?", page(number=2))
    assert records["How long is the Marlow bridge now?"].told == ["Retrieved", "reject", "failed"]


async def test_a_page_that_was_not_heard_of_for_long_goes_on_where_it_was(chat: Chat) -> None:
    await asked(chat)
    chat.sessions.close(page())
    await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    assert len(chat.conversations.turns("ann", conversation.conversation_id)) == 2


async def test_a_page_goes_on_with_its_conversation_on_a_server_that_began_anew(chat: Chat) -> None:
    await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    named = conversation.conversation_id
    restarted = dataclasses.replace(
        chat, sessions=Sessions(lambda name: Visitor(name, may_edit=True))
    )
    for name, turns in (("bob", 1), ("ann", 2)):
        async for _ in restarted.ask(QUESTION, page(name), conversation_id=named):
            pass
        assert len(chat.conversations.turns("ann", named)) == turns
    assert len(chat.conversations.found("bob")) == 1


async def test_many_pages_of_one_person_push_out_nobody_else(chat: Chat) -> None:
    await asked(chat)
    for number in range(2_000):
        chat.sessions.of(page("bob", number))
    assert chat.sessions.of(page())[1].conversation_id
