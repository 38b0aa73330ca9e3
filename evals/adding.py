"""From feedback to samples: a stored answer becomes a line of a question file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evals.samples import Sample, SampleError, read_sample, validate

Ask = Callable[[str, str], str]
"""Asks a person: a prompt and what an empty reply means."""

_SLUG_WORDS = 6
_SLUG_CHARS = 60


@dataclass(frozen=True, slots=True)
class Given:
    """What is known before anybody is asked; None where it has to be asked for.

    `answerable` says whether the corpus answers the question, whatever the assistant did.
    """

    up: bool
    answerable: bool | None = None
    accepted: tuple[str, ...] | None = None
    evidence: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    sample_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer and what was said about it; `up` is None where nobody said anything."""

    answer: dict[str, Any]
    up: bool | None = None
    comment: str = ""
    feedback_id: str = ""


def read_answer(text: str) -> dict[str, Any]:
    """Read an answer as `assistant ask --json` prints it.

    Raises:
        SampleError: it is no such JSON.
    """
    try:
        answer = json.loads(text)
    except json.JSONDecodeError as error:
        raise SampleError(f"The stored answer is no JSON: {error}.") from error
    if not isinstance(answer, dict) or not {"question", "statements", "citations"} <= set(answer):
        raise SampleError("The stored answer lacks question, statements or citations.")
    return answer


def read_stored(text: str) -> list[Stored]:
    """Read one answer, or the lines of feedback that `assistant feedback --json` prints.

    Raises:
        SampleError: it is neither.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        entries = [json.loads(line) for line in lines]
    except json.JSONDecodeError:
        entries = []
    if not entries or not all(isinstance(item, dict) and "answer" in item for item in entries):
        return [Stored(read_answer(text))]
    return [
        Stored(
            read_answer(json.dumps(item["answer"])),
            bool(item.get("up")),
            str(item.get("comment", "")),
            str(item.get("id", "")),
        )
        for item in entries
    ]


def question_of(answer: Mapping[str, Any]) -> str:
    """Return what was answered: a follow-up as it was rewritten, so that it stands alone."""
    return str(answer.get("rewritten") or answer["question"])


def sample_of(
    answer: Mapping[str, Any],
    given: Given,
    ask: Ask | None,
    known: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Turn an answer into the plain values of a sample.

    `known` has the questions that there are, by id: a question gets an id that no other has.
    Thumbs up: the answer's own outcome is what is right, so its citations are the evidence.
    Thumbs down: what would be right has to be given or asked for.

    Raises:
        SampleError: something is missing and nobody can be asked.
    """
    refused = answer.get("refusal") is not None
    answerable = given.answerable
    if answerable is None and given.up:
        answerable = not refused
    if answerable is None:
        reply = _asked(ask, "Do the articles answer this question? (yes/no)", "yes", "--answerable")
        answerable = reply.lower().startswith("y")
    question = question_of(answer)
    entry: dict[str, Any] = {
        "id": given.sample_id or new_id(question, known),
        "question": question,
        "turns": [],
        "answerable": answerable,
        "answers": [],
        "forbidden": [],
        "evidence": [],
        "kinds": list(given.kinds or ()),
        "note": given.note,
    }
    if not answerable:
        return entry
    accepted = given.accepted
    if accepted is None:
        said = " ".join(statement["text"] for statement in answer["statements"])
        prompt = f"The answer was: {said or '(refused)'}\nAccepted patterns, parted by ;"
        reply = _asked(ask, prompt, "", "--accept")
        accepted = tuple(part.strip() for part in reply.split(";") if part.strip())
    if not accepted:
        raise SampleError("An answerable question needs an accepted pattern: --accept PATTERN.")
    entry["answers"] = [[pattern] for pattern in accepted]
    evidence = given.evidence
    if evidence is None:
        quotes = tuple(dict.fromkeys(citation["quote"] for citation in answer["citations"]))
        evidence = quotes
        if not given.up or not quotes:
            default = " || ".join(quotes)
            reply = _asked(ask, "Evidence, verbatim, parted by ||", default, "--evidence")
            evidence = tuple(part.strip() for part in reply.split("||") if part.strip())
    entry["evidence"] = [[quote] for quote in evidence]
    return entry


def append_sample(path: Path, entry: Mapping[str, Any], texts: Sequence[str] | None) -> Sample:
    """Check a sample and append it to a question file.

    Quotes are held against `texts`, the articles, where these are given.

    Raises:
        SampleError: the sample is not valid, or its id is taken.
    """
    try:
        sample = read_sample(entry)
        quotes = [quote for group in sample.evidence for quote in group]
        validate(sample, texts if texts is not None else quotes)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise SampleError(f"The sample is not valid: {error}.") from error
    if sample.id in questions_in(path):
        raise SampleError(f"{path.name} has a sample {sample.id!r} already: give another --id.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(dict(entry), ensure_ascii=False) + "\n")
    return sample


def questions_in(path: Path) -> dict[str, str]:
    """Return the questions of a question file by id; none if there is no such file."""
    lines = path.read_text("utf-8").split("\n") if path.is_file() else []
    entries = [json.loads(line) for line in lines if line.strip()]
    return {str(entry.get("id")): str(entry.get("question")) for entry in entries}


def _asked(ask: Ask | None, prompt: str, default: str, option: str) -> str:
    if ask is None:
        raise SampleError(f"{option} is missing, and there is nobody to ask.")
    return ask(prompt, default)


def new_id(question: str, known: Mapping[str, str]) -> str:
    """Make an id of a question's first words, with a digest where another question has that."""
    words = re.findall(r"[^\W_]+", question.lower())
    slug = "-".join(words[:_SLUG_WORDS])[:_SLUG_CHARS] or "question"
    if known.get(slug, question) == question:
        return slug
    return f"{slug}-{hashlib.sha256(question.encode()).hexdigest()[:6]}"
