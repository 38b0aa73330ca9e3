"""Conversations and feedback in SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.errors import UserError
from assistant.types import SearchFilter
from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.turns import TurnView
from evals.adding import Given, read_answer, sample_of
from tests.support.answers import make_answer, make_refusal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.sqlite3"


@pytest.fixture
def conversations(path: Path) -> Iterator[Conversations]:
    found = Conversations(path)
    yield found
    found.close()


def keep(conversations: Conversations, owner: str, conversation_id: str, turn_id: str) -> TurnView:
    where = SearchFilter(sources=("Gazette",), published_from=date(2020, 1, 2))
    view = TurnView(turn_id, "How long?", stage="done", where=where, answer=make_answer())
    conversations.add(owner, conversation_id, view)
    return view


def test_turns_come_back_whole_and_in_order_after_a_restart(
    conversations: Conversations, path: Path
) -> None:
    made = conversations.begin("ann", "Bridges")
    first = keep(conversations, "ann", made.conversation_id, "t1")
    stopped = TurnView("t2", "And?", stage="stopped")
    conversations.add("ann", made.conversation_id, stopped)
    conversations.close()
    again = Conversations(path)
    assert again.turns("ann", made.conversation_id) == [first, stopped]
    assert again.turns("ann", made.conversation_id)[0].answer == make_answer()
    again.close()


def test_nobody_reaches_the_conversations_of_another(conversations: Conversations) -> None:
    made = conversations.begin("ann", "Secret")
    keep(conversations, "ann", made.conversation_id, "t1")
    assert conversations.found("bob") == []
    attempts = [
        lambda: conversations.get("bob", made.conversation_id),
        lambda: conversations.turns("bob", made.conversation_id),
        lambda: conversations.turn("bob", "t1"),
        lambda: conversations.rename("bob", made.conversation_id, "Mine"),
        lambda: conversations.delete("bob", made.conversation_id),
        lambda: conversations.rate("bob", "t1", up=True),
        lambda: conversations.add("bob", made.conversation_id, TurnView("t2", "Q?")),
    ]
    for attempt in attempts:
        with pytest.raises(ConversationMissingError):
            attempt()
    assert conversations.get("ann", made.conversation_id).title == "Secret"
    assert len(conversations.turns("ann", made.conversation_id)) == 1


def test_conversations_are_found_by_title_question_and_answer(conversations: Conversations) -> None:
    made = conversations.begin("ann", "100% bridges_")
    conversations.begin("ann", "Other")
    keep(conversations, "ann", made.conversation_id, "t1")
    titles = lambda words: [item.title for item in conversations.found("ann", words)]  # noqa: E731
    for words in ("100%", "bridges_", "how LONG", "kilometres", "bridges_ 7.4"):
        assert titles(words) == ["100% bridges_"], words
    assert titles("_ther") == []
    assert len(titles("")) == 2


def test_the_newest_conversation_comes_first(conversations: Conversations) -> None:
    old = conversations.begin("ann", "Old")
    conversations.begin("ann", "New")
    keep(conversations, "ann", old.conversation_id, "t1")
    assert [item.title for item in conversations.found("ann")] == ["Old", "New"]


def test_a_title_is_short_and_never_empty(conversations: Conversations) -> None:
    made = conversations.begin("ann", "word " * 100)
    assert len(made.title) <= 80
    with pytest.raises(UserError):
        conversations.rename("ann", made.conversation_id, "  ")
    conversations.rename("ann", made.conversation_id, "Short")
    assert conversations.get("ann", made.conversation_id).title == "Short"


def test_feedback_holds_the_answer_that_evals_read_even_without_its_conversation(
    conversations: Conversations,
) -> None:
    made = conversations.begin("ann", "Bridges")
    keep(conversations, "ann", made.conversation_id, "t1")
    conversations.rate("ann", "t1", up=False)
    conversations.rate("ann", "t1", up=True, comment="Right.")
    assert conversations.turns("ann", made.conversation_id)[0].rated is True
    conversations.delete("ann", made.conversation_id)
    (said,) = conversations.feedback()
    assert (said.up, said.comment) == (True, "Right.")
    given = Given(up=True, accepted=("7.4",), kinds=("plain",))
    sample = sample_of(read_answer(said.answer), given, ask=None)
    assert sample["evidence"] == [["It is 7.4 kilometres long."]]


def test_what_has_no_answer_cannot_be_rated(conversations: Conversations) -> None:
    made = conversations.begin("ann", "Bridges")
    conversations.add("ann", made.conversation_id, TurnView("t1", "Q?", stage="stopped"))
    with pytest.raises(ConversationMissingError):
        conversations.rate("ann", "t1", up=True)


def test_a_refusal_is_kept_as_it_was(conversations: Conversations) -> None:
    made = conversations.begin("ann", "Bridges")
    refused = TurnView("t1", "Q?", stage="done", answer=make_answer(refusal=make_refusal()))
    conversations.add("ann", made.conversation_id, refused)
    assert conversations.turns("ann", made.conversation_id) == [refused]
    assert json.loads(json.dumps(refused.answer.to_dict()))["refusal"]["code"] == "missing_terms"  # type: ignore[union-attr]


def test_only_the_owner_of_the_account_can_read_the_file(
    path: Path, conversations: Conversations
) -> None:
    assert path.stat().st_mode & 0o077 == 0
