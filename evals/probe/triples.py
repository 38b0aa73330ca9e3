"""What the probe is fitted on: statements as answers to questions, over what they cite.

From `evals/verifier/data` (invented news, snippets, reference text, with questions that a sentence
answers or nearly answers) and from SQuAD 2.0's public questions, whose unanswerable ones were
written to look answerable. A statement is the cited sentence itself or a short answer, as the chat
model drafts both.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.splitting import split_sentences
from evals.suites.loading import read_lines
from evals.verifier.pairs import HELD_OUT, INVENTED, closest_sentence, locate_answer

_HELD_OUT_FILE = "held-out.jsonl"
_HELD_OUT_QUESTIONS = 4
_COPIED_SHARE = 0.5
_LED_SHARE = 0.7
_OTHER_SHARE = 0.4
_SQUAD_TRIPLES = 1200
_SQUAD_HELD_OUT_TRIPLES = 300
_SQUAD_LED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Triple:
    """A statement about cited text, said to a question; `right` if it answers and is stated.

    `group` is what must lie on one side of a split, `held_out` what is never fitted on.
    """

    id: str
    group: str
    source: str
    question: str
    evidence: str
    statement: str
    right: bool
    held_out: bool


def invented_triples() -> list[Triple]:
    """A right and a wrong triple of each invented sentence, four each of those held out."""
    chooser = random.Random(11)
    found: list[Triple] = []
    for path in sorted(INVENTED.glob("*.jsonl")):
        for number, row in enumerate(read_lines(path)):
            found += _of_row(path.name, number, row, chooser)
    chooser.shuffle(found)
    return found


def _of_row(
    file: str, number: int, row: dict[str, Any], chooser: random.Random
) -> Iterator[Triple]:
    held_out = file == _HELD_OUT_FILE
    most = _HELD_OUT_QUESTIONS if held_out else 1
    chosen = {
        right: chooser.sample(row[side], min(len(row[side]), most))
        for right, side in ((True, "yes"), (False, "no"))
    }
    for right, entries in chosen.items():
        for entry in entries:
            chance = chooser.random()  # of which another digit decides on the lead
            led = row["before"] and (chance * 7) % 1 < _LED_SHARE
            cited = f"{row['before']} {row['sentence']}" if led else row["sentence"]
            yield Triple(
                id=f"{file}:{number}:{entry['q']}",
                group=f"{file}:{number}",
                source=entry.get("kind", "answered"),
                question=entry["q"],
                evidence=f"{row['title']}. {cited}",
                statement=row["sentence"] if chance < _COPIED_SHARE else entry["a"],
                right=right,
                held_out=held_out,
            )


def squad_triples(data: Path) -> list[Triple]:
    """Triples of SQuAD 2.0's public questions, shuffled; three of its articles are held out."""
    chooser = random.Random(11)
    content = json.loads((data / "squad2" / "dev_public.json").read_text("utf-8"))
    fitted: list[Triple] = []
    held_out: list[Triple] = []
    for article in content["data"]:
        side = held_out if article["title"] in HELD_OUT else fitted
        for number, paragraph in enumerate(article["paragraphs"]):
            side.extend(_of_paragraph(article["title"], number, paragraph, chooser))
    chooser.shuffle(fitted)
    chooser.shuffle(held_out)
    found = fitted[:_SQUAD_TRIPLES] + held_out[:_SQUAD_HELD_OUT_TRIPLES]
    chooser.shuffle(found)
    return found


def _of_paragraph(
    title: str, number: int, paragraph: dict[str, Any], chooser: random.Random
) -> Iterator[Triple]:
    spans = split_sentences(paragraph["context"])
    sentences = [span.text for span in spans]
    for entry in paragraph["qas"]:
        located = locate_answer(entry, spans)
        if located is None:
            continue
        answer, at = located
        question = entry["question"].strip()
        right, copied = not entry["is_impossible"], chooser.random() < _COPIED_SHARE
        chosen = [(at, sentences[at] if copied else answer, right, "squad2")]
        other = closest_sentence(sentences, question, besides=at)
        if (
            right
            and other is not None
            and chooser.random() < _OTHER_SHARE
            and answer.lower() not in sentences[other].lower()
        ):
            chosen.append((other, sentences[other], False, "squad2+other"))
        for index, statement, holds, source in chosen:
            led = index > 0 and chooser.random() < _SQUAD_LED_SHARE
            cited = " ".join(sentences[index - led : index + 1])
            yield Triple(
                id=f"{source}:{entry['id']}",
                group=f"{title}:{number}",
                source=source,
                question=question,
                evidence=f"{title.replace('_', ' ')}. {cited}",
                statement=statement,
                right=holds,
                held_out=title in HELD_OUT,
            )
