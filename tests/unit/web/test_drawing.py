"""What of a conversation is sent to the page, and how often."""

from __future__ import annotations

import dataclasses

import pytest

from assistant.web.chat import ACTING_PARTS, Chat
from assistant.web.turns import TurnView
from tests.support.web_chat import QUESTION, asked, last, page


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
    whole = await chat.act({"act": "whole"}, page())
    assert set(whole) == {"past", "live", "list", "title", "pane"}
    assert whole["live"].count("<article") == 1
    assert (await chat.act({"act": "redraw"}, page()))["past"] != update["past"]
