"""Training pairs for the verifier: does this context answer this question (with this answer)?

Public sources, all licensed for use: SQuAD 2.0 (CC BY-SA 4.0; the articles in `HELD_OUT` are left
for evaluation), QED (CC BY-SA 3.0), CLAPNQ (Apache-2.0). Hard negatives: sentences of the same
paragraph, questions written to look answerable with their plausible answers, and questions and
answers in which a name or a number was exchanged.

Invented source, `data/*.jsonl` (written for this project, Apache-2.0): sentences of news about
invented people and places, each with questions that it answers, in the words of analysts, and
questions that it nearly answers: missing details, false premises, near misses, exchanged roles.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from assistant.facts import content_words, leans_on_predecessor, names, numbers
from assistant.models.cross_encoder import read_context
from assistant.splitting import split_sentences
from assistant.types import Span
from evals.suites.loading import read_lines

HELD_OUT = frozenset({"European_Union_law", "Harvard_University", "Scottish_Parliament"})
INVENTED = Path(__file__).parent / "data"
_NEWS = ("invented-[1-5].jsonl", "held-out.jsonl")
"""What the verifier is trained on and not; README.md says why not on the other files."""

_EXCHANGED_SHARE = 0.5
_TITLED_SHARE = 0.8
_SENTENCE_SHARE = 0.1
_BARE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Pair:
    """What the verifier reads, and whether the context states the answer."""

    question: str
    context: str
    label: float
    source: str


@dataclass(frozen=True, slots=True)
class _Paragraph:
    title: str
    sentences: tuple[str, ...]

    def context(self, index: int, chooser: random.Random) -> str:
        """Return the sentence as the assistant shows it: title, predecessor, sentence."""
        leads = index > 0 and chooser.random() > _BARE_SHARE
        lead = self.sentences[index - 1] if leads else ""
        return read_context(self.title, lead, self.sentences[index])


def closest_sentence(sentences: Sequence[str], question: str, *, besides: int) -> int | None:
    """Return the index of the sentence that shares most words with a question, but one."""
    wanted = set(content_words(question))
    ranked = sorted(
        (index for index in range(len(sentences)) if index != besides),
        key=lambda index: (-len(wanted & set(content_words(sentences[index]))), index),
    )
    return ranked[0] if ranked else None


def invented_pairs(*, seed: int, held_out: bool = False) -> list[Pair]:
    """Build the pairs of the invented sentences, in a seeded order.

    With `held_out` those of a file that is never trained on, by the author of `invented-1`.
    """
    chooser = random.Random(seed)
    pairs: list[Pair] = []
    for path in sorted(INVENTED.glob(_NEWS[held_out])):
        for row in read_lines(path):
            for label, entries in ((1.0, row["yes"]), (0.0, row["no"])):
                for entry in entries:
                    # A sentence that needs no lead is read without it half of the time.
                    leads = row["before"] and (
                        leans_on_predecessor(row["sentence"]) or chooser.random() < 0.5
                    )
                    title = row["title"] if chooser.random() < _TITLED_SHARE else ""
                    lead = row["before"] if leads else ""
                    context = read_context(title, lead, row["sentence"])
                    source = f"invented+{entry.get('kind', 'yes')}"
                    pairs.append(Pair(entry["q"], context, label, source))
                    pairs.append(Pair(with_answer(entry["q"], entry["a"]), context, label, source))
                    if chooser.random() < _SENTENCE_SHARE:
                        said = with_answer(entry["q"], row["sentence"])
                        pairs.append(Pair(said, context, label, source))
            pairs += _wrong_answers(row, chooser)
    chooser.shuffle(pairs)
    return pairs


def with_answer(question: str, answer: str) -> str:
    """Join a question and an answer to it: trained on, though the assistant asks without one."""
    return f"{question} {answer}"


def _wrong_answers(row: dict[str, Any], chooser: random.Random) -> Iterator[Pair]:
    """Pair questions that are answered with the answers of other questions."""
    context = read_context(row["title"], row["before"], row["sentence"])
    for entry in row["yes"]:
        other = chooser.choice([*row["yes"], *row["no"]])
        if other is not entry and not set(content_words(other["a"])) & set(
            content_words(entry["a"])
        ):
            yield Pair(with_answer(entry["q"], other["a"]), context, 0.0, "invented+wrong")


def build_pairs(data: Path, *, seed: int, held_out: bool = False) -> list[Pair]:
    """Build all pairs in a seeded order; with `held_out` only those for evaluation."""
    chooser = random.Random(seed)
    pairs = list(_squad(data / "squad2" / "dev_public.json", chooser, held_out=held_out))
    if not held_out:
        pairs += _qed(data / "train" / "qed_dev.jsonl", chooser)
        pairs += _clapnq(data / "train", chooser)
    chooser.shuffle(pairs)
    return pairs


def _squad(path: Path, chooser: random.Random, *, held_out: bool) -> Iterator[Pair]:
    for article in json.loads(path.read_text("utf-8"))["data"]:
        if (article["title"] in HELD_OUT) is not held_out:
            continue
        title = article["title"].replace("_", " ")
        others = [q["question"] for p in article["paragraphs"] for q in p["qas"]]
        for entry in article["paragraphs"]:
            spans = split_sentences(entry["context"])
            paragraph = _Paragraph(title, tuple(span.text for span in spans))
            answers = [a["text"] for q in entry["qas"] for a in q["answers"][:1]]
            for qa in entry["qas"]:
                located = locate_answer(qa, spans)
                if located is None:
                    continue
                answer, at = located
                label = 0.0 if qa["is_impossible"] else 1.0
                yield from _around(
                    qa["question"].strip(), answer, paragraph, at, label, chooser, "squad2"
                )
                if label:
                    yield from _exchanged(
                        qa["question"].strip(),
                        answer,
                        paragraph,
                        at,
                        others,
                        answers,
                        chooser,
                    )


def locate_answer(qa: dict[str, Any], spans: Sequence[Span]) -> tuple[str, int] | None:
    """Return the first answer to a SQuAD question and the index of the sentence that has it.

    Of a question without an answer it is the plausible one; None where there is neither.
    """
    given = qa["answers"] or qa.get("plausible_answers", ())
    if not given:
        return None
    first = given[0]
    within = (index for index, span in enumerate(spans) if first["answer_start"] < span.end)
    return first["text"], next(within, len(spans) - 1)


def _around(
    question: str,
    answer: str,
    paragraph: _Paragraph,
    at: int,
    label: float,
    chooser: random.Random,
    source: str,
) -> Iterator[Pair]:
    context = paragraph.context(at, chooser)
    yield Pair(question, context, label, source)
    said = answer if chooser.random() < 0.5 else paragraph.sentences[at]
    yield Pair(with_answer(question, said), context, label, f"{source}+answer")
    other = closest_sentence(paragraph.sentences, question, besides=at)
    if other is not None:
        context = paragraph.context(other, chooser)
        if answer.lower() not in context.lower():
            yield Pair(question, context, 0.0, f"{source}+other")
            said = paragraph.sentences[other] if chooser.random() < 0.5 else answer
            yield Pair(with_answer(question, said), context, 0.0, f"{source}+other")


def _exchanged(
    question: str,
    answer: str,
    paragraph: _Paragraph,
    at: int,
    others: Sequence[str],
    answers: Sequence[str],
    chooser: random.Random,
) -> Iterator[Pair]:
    """Exchange a name or number of the question, or the answer, for one of the neighbourhood."""
    context = paragraph.context(at, chooser)
    if chooser.random() < _EXCHANGED_SHARE:
        changed = _exchange(question, chooser.sample(others, min(20, len(others))), context)
        if changed:
            yield Pair(changed, context, 0.0, "squad2+exchanged")
    wrong = [text for text in answers if text.lower() not in context.lower()]
    inside = [text for text in answers if text.lower() in context.lower() and text != answer]
    if inside and chooser.random() < _EXCHANGED_SHARE:
        text = chooser.choice(inside)
        if text not in answer and answer not in text:
            yield Pair(with_answer(question, text), context, 0.0, "squad2+wrong")
    elif wrong and chooser.random() < _EXCHANGED_SHARE:
        yield Pair(with_answer(question, chooser.choice(wrong)), context, 0.0, "squad2+wrong")


def _exchange(question: str, others: Sequence[str], context: str) -> str | None:
    for find in (_first_name, _first_number):
        mine = find(question)
        if mine is None:
            continue
        for other in others:
            theirs = find(other)
            if theirs and theirs.lower() not in f"{context} {question}".lower():
                return question.replace(mine, theirs, 1)
    return None


def _first_name(text: str) -> str | None:
    found = [name.text for name in names(text) if name.text in text]
    return found[-1] if found else None


def _first_number(text: str) -> str | None:
    found = [re.sub(r"[^\d,.]", "", number.text) for number in numbers(text)]
    return next((number for number in found if number and number in text), None)


def _qed(path: Path, chooser: random.Random) -> Iterator[Pair]:
    for row in read_lines(path):
        starts = [*row["sentence_starts"], len(row["paragraph_text"])]
        texts = tuple(row["paragraph_text"][a:b].strip() for a, b in pairwise(starts))
        paragraph = _Paragraph(row["title_text"], texts)
        kind = row["annotation"]["explanation_type"]
        if kind == "single_sentence":
            at = starts.index(row["annotation"]["selected_sentence"]["start"])
            answer = row["annotation"]["answer"][0]["sentence_reference"]["string"]
            question = row["question_text"]
            yield from _around(question, answer, paragraph, at, 1.0, chooser, "qed")
        elif kind == "none" and texts:
            closest = closest_sentence(paragraph.sentences, row["question_text"], besides=-1)
            if closest is not None:
                context = paragraph.context(closest, chooser)
                yield Pair(row["question_text"], context, 0.0, "qed+none")


def _clapnq(folder: Path, chooser: random.Random) -> Iterator[Pair]:
    for row in read_lines(folder / "clapnq_dev_answerable.jsonl"):
        passage = row["passages"][0]
        paragraph = _Paragraph(passage["title"], tuple(passage["sentences"]))
        chosen = [text for text in row["output"][0]["selected_sentences"] if text]
        at = [i for i, text in enumerate(paragraph.sentences) if text in chosen]
        # Answers of several sentences are spread: only the first is sure to be on the subject.
        if len(at) == 1:
            answer = row["output"][0]["answer"]
            yield from _around(row["input"], answer, paragraph, at[0], 1.0, chooser, "clapnq")
    for row in read_lines(folder / "clapnq_dev_unanswerable.jsonl"):
        passage = row["passages"][0]
        paragraph = _Paragraph(passage["title"], tuple(passage["sentences"]))
        closest = closest_sentence(paragraph.sentences, row["input"], besides=-1)
        if closest is not None:
            context = paragraph.context(closest, chooser)
            yield Pair(row["input"], context, 0.0, "clapnq+none")
            said = paragraph.sentences[closest]
            yield Pair(with_answer(row["input"], said), context, 0.0, "clapnq+none")
