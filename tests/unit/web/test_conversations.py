"""Conversations and feedback in SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app as assistant
from assistant.errors import UserError
from assistant.types import SearchFilter, answer_from_dict
from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.feedback import rate, read_feedback
from assistant.web.turns import TurnView
from evals.cli import app as evals
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
        lambda: rate(conversations, "bob", "t1", up=True),
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
    conversations: Conversations, path: Path
) -> None:
    made = conversations.begin("ann", "Bridges")
    keep(conversations, "ann", made.conversation_id, "t1")
    rate(conversations, "ann", "t1", up=False, comment="Wrong.")
    rate(conversations, "ann", "t1", up=True)
    assert conversations.turns("ann", made.conversation_id)[0].note == ""
    rate(conversations, "ann", "t1", up=True, comment="Right.")
    rate(conversations, "ann", "t1", up=True)
    assert conversations.turns("ann", made.conversation_id)[0].rated is True
    conversations.delete("ann", made.conversation_id)
    (said,) = read_feedback(path)
    assert (said.up, said.comment) == (True, "Right.")
    assert answer_from_dict(said.answer) == make_answer()


def test_where_nobody_said_anything_nothing_is_made(tmp_path: Path) -> None:
    assert list(read_feedback(tmp_path / "none.sqlite3")) == []
    assert list(tmp_path.iterdir()) == []


def test_feedback_is_listed_and_becomes_samples(
    conversations: Conversations, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(path.parent))
    made = conversations.begin("ann", "Bridges")
    for number, question in enumerate(("How long is it?", "Why\x1b[31m?"), start=1):
        answer = make_answer(question=question)
        view = TurnView(f"t{number}", question, stage="done", answer=answer)
        conversations.add("ann", made.conversation_id, view)
    rate(conversations, "ann", "t1", up=True, comment="Right.")
    rate(conversations, "ann", "t2", up=False, comment="Nothing says why.")
    listed = CliRunner().invoke(assistant, ["feedback"]).output
    assert all(word in listed for word in ("t1", "good", "How long is it?", "Right."))
    assert "\x1b" not in listed
    stored, questions = tmp_path / "said.jsonl", tmp_path / "questions.jsonl"
    stored.write_text(CliRunner().invoke(assistant, ["feedback", "--json"]).stdout)
    # Of the good one a pattern is asked for, of the bad one whether it can be answered at all.
    add = ["add", str(stored), str(questions)]
    done = CliRunner().invoke(evals, add, input="7[.]4\nno\n")
    assert done.exit_code == 0, done.output
    good, bad = (json.loads(line) for line in questions.read_text().splitlines())
    assert (good["id"], good["answers"], good["note"]) == ("how-long-is-it", [["7[.]4"]], "Right.")
    assert good["evidence"] == [["It is 7.4 kilometres long."]]
    assert (bad["answerable"], bad["note"]) == (False, "Nothing says why.")
    again = CliRunner().invoke(evals, add)
    assert (again.exit_code, again.output.count("already")) == (0, 2)
    assert len(questions.read_text().splitlines()) == 2
    several = CliRunner().invoke(evals, [*add, "--accept", "7"])
    assert several.exit_code == 2
    assert "--only" in several.output
    one = CliRunner().invoke(
        evals, [*add, "--only", "t1", "--no-ask", "--accept", "7", "--id", "x"]
    )
    assert one.exit_code == 0, one.output


def test_what_has_no_answer_cannot_be_rated(conversations: Conversations) -> None:
    made = conversations.begin("ann", "Bridges")
    conversations.add("ann", made.conversation_id, TurnView("t1", "Q?", stage="stopped"))
    with pytest.raises(ConversationMissingError):
        rate(conversations, "ann", "t1", up=True)


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
