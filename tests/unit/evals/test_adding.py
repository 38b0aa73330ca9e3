from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evals.adding import Given, append_sample, new_id, read_answer, sample_of
from evals.cli import app
from evals.samples import SampleError, load_samples
from tests.support.evals import TEXT

QUOTE = "It is 503 metres long, said Mayor Anna Berg."
ANSWER: dict[str, Any] = {
    "question": "How long is the bridge?",
    "statements": [{"text": "It is 503 metres long."}],
    "citations": [{"quote": QUOTE}],
    "refusal": None,
}
REFUSED = ANSWER | {"statements": [], "citations": [], "refusal": {"code": "not_stated"}}


def test_a_good_answer_gives_its_citations_as_evidence() -> None:
    entry = sample_of(ANSWER, Given(up=True, accepted=("503",)), None)
    assert entry["answerable"] is True
    assert entry["evidence"] == [[QUOTE]]
    assert entry["id"] == "how-long-is-the-bridge"


def test_a_follow_up_becomes_the_question_that_stands_alone() -> None:
    asked = ANSWER | {"question": "How long is it?", "rewritten": "How long is the bridge?"}
    entry = sample_of(asked, Given(up=True, accepted=("503",)), None)
    assert (entry["question"], entry["turns"]) == ("How long is the bridge?", [])


def test_questions_that_begin_alike_have_ids_of_their_own() -> None:
    taxes, schools = (f"What did the mayor say about {what}?" for what in ("taxes", "schools"))
    first = new_id(taxes, {})
    assert first == "what-did-the-mayor-say-about"
    assert new_id(taxes, {first: taxes}) == first
    assert re.fullmatch(rf"{first}-[0-9a-f]{{6}}", new_id(schools, {first: taxes}))
    assert new_id("Как высоко?", {}) == "как-высоко"


def test_feedback_on_questions_that_begin_alike_is_added(tmp_path: Path) -> None:
    stored, path = tmp_path / "said.jsonl", tmp_path / "questions.jsonl"
    asked = [f"What did the mayor say about {what}?" for what in ("taxes", "schools", "taxes")]
    lines = [json.dumps({"answer": REFUSED | {"question": text}, "up": True}) for text in asked]
    stored.write_text("\n".join(lines))
    found = CliRunner().invoke(app, ["add", str(stored), str(path), "--no-ask"])
    assert found.exit_code == 0, found.output
    assert [item.question for item in load_samples(path, [TEXT])] == asked[:2]
    assert "already" in found.output


def test_a_good_refusal_needs_nothing_else() -> None:
    entry = sample_of(REFUSED, Given(up=True), None)
    assert (entry["answerable"], entry["answers"]) == (False, [])


def test_what_is_missing_is_asked_for() -> None:
    replies = iter(["yes", r"\b503\b; metres", f"{QUOTE} || The tunnel is older."])
    asked: list[tuple[str, str]] = []

    def ask(prompt: str, default: str) -> str:
        asked.append((prompt, default))
        return next(replies)

    entry = sample_of(ANSWER, Given(up=False), ask)
    assert entry["answers"] == [[r"\b503\b"], ["metres"]]
    assert entry["evidence"] == [[QUOTE], ["The tunnel is older."]]
    assert asked[-1][1] == QUOTE


@pytest.mark.parametrize(
    ("answer", "given", "said"),
    [
        (ANSWER, Given(up=True), "--accept is missing"),
        (REFUSED, Given(up=False), "--answerable is missing"),
        (REFUSED, Given(up=False, answerable=True, accepted=("x",)), "--evidence is missing"),
    ],
)
def test_without_anybody_to_ask_the_option_is_named(
    answer: dict[str, Any], given: Given, said: str
) -> None:
    with pytest.raises(SampleError, match=said):
        sample_of(answer, given, None)


def test_a_sample_is_appended_once_and_loads(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "questions.jsonl"
    entry = sample_of(ANSWER, Given(up=True, accepted=("503",)), None)
    append_sample(path, entry, [TEXT])
    assert load_samples(path, [TEXT])[0].question == ANSWER["question"]
    with pytest.raises(SampleError, match="already"):
        append_sample(path, entry, [TEXT])
    with pytest.raises(SampleError, match="no article has the quote"):
        append_sample(path, entry | {"id": "other"}, ["another article"])


@pytest.mark.parametrize("text", ["", "[]", '{"question": "x"}'])
def test_what_is_no_stored_answer_is_refused(text: str) -> None:
    with pytest.raises(SampleError, match="stored answer"):
        read_answer(text)


def test_the_command_asks(tmp_path: Path) -> None:
    stored, path = tmp_path / "answer.json", tmp_path / "questions.jsonl"
    stored.write_text(json.dumps(ANSWER))
    found = CliRunner().invoke(app, ["add", str(stored), str(path)], input="503\n")
    assert found.exit_code == 0, found.output
    assert load_samples(path, [TEXT])[0].answers == (("503",),)


def test_the_command_checks_quotes_against_a_corpus(tmp_path: Path) -> None:
    stored, path, corpus = tmp_path / "answer.json", tmp_path / "q.jsonl", tmp_path / "corpus"
    stored.write_text(json.dumps(ANSWER))
    corpus.mkdir()
    (corpus / "bridge.md").write_text(f"---\ntitle: The Bridge\n---\n\n{TEXT}\n")
    arguments = ["add", str(stored), str(path), "--no-ask", "--accept", "503"]
    good = CliRunner().invoke(app, [*arguments, "--corpus", str(corpus)])
    assert good.exit_code == 0, good.output
    bad = CliRunner().invoke(
        app, [*arguments, "--corpus", str(corpus), "--evidence", "made up", "--id", "other"]
    )
    assert bad.exit_code == 2
    assert "no article has the quote" in bad.output
