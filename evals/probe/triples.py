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

from assistant.splitting import split_sentences
from evals.suites.loading import read_lines
from evals.verifier.pairs import HELD_OUT, INVENTED, closest_sentence

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
    found = []
    for path in sorted(INVENTED.glob("*.jsonl")):
        held_out = path.name == _HELD_OUT_FILE
        for number, row in enumerate(read_lines(path)):
            most = _HELD_OUT_QUESTIONS if held_out else 1
            chosen = [
                chooser.sample(row[side], min(len(row[side]), most)) for side in ("yes", "no")
            ]
            for right, entries in zip((True, False), chosen, strict=True):
                for entry in entries:
                    chance = chooser.random()
                    led = row["before"] and (chance * 7) % 1 < _LED_SHARE
                    cited = f"{row['before']} {row['sentence']}" if led else row["sentence"]
                    found.append(
                        Triple(
                            id=f"{path.name}:{number}:{entry['q']}",
                            group=f"{path.name}:{number}",
                            source=entry.get("kind", "answered"),
                            question=entry["q"],
                            evidence=f"{row['title']}. {cited}",
                            statement=row["sentence"] if chance < _COPIED_SHARE else entry["a"],
                            right=right,
                            held_out=held_out,
                        )
                    )
    chooser.shuffle(found)
    return found


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
    title: str, number: int, paragraph: dict[str, object], chooser: random.Random
) -> Iterator[Triple]:
    text = str(paragraph["context"])
    spans = split_sentences(text)
    sentences = [span.text for span in spans]
    questions: list[dict[str, object]] = paragraph["qas"]  # type: ignore[assignment]
    for entry in questions:
        given: list[dict[str, object]] = (
            entry["answers"] or entry.get("plausible_answers") or []  # type: ignore[assignment]
        )
        if not given:
            continue
        question, answer = str(entry["question"]).strip(), str(given[0]["text"])
        start = int(str(given[0]["answer_start"]))
        at = next((i for i, span in enumerate(spans) if start < span.end), len(spans) - 1)
        right, copied = not entry["is_impossible"], chooser.random() < _COPIED_SHARE
        chosen = [(at, sentences[at] if copied else answer, right, "squad2")]
        other = closest_sentence(sentences, question, besides=at)
        wanted = right and other is not None and chooser.random() < _OTHER_SHARE
        if wanted and other is not None and answer.lower() not in sentences[other].lower():
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
