"""From a draft to statements whose citations point at evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.facts import numbers, states_number, word_share
from assistant.splitting import split_sentences
from assistant.types import Evidence

_NUMBERS = r"\d+(?:\s*[,;–-]\s*\d+)*"
_MARK = re.compile(rf"\[\s*({_NUMBERS})\s*\]")
_MARKS = re.compile(rf"(?:\s*\[\s*{_NUMBERS}\s*\][.]?)+")
_INSIDE = re.compile(
    rf"(?P<marks>(?:\s*\[\s*{_NUMBERS}\s*\])+)(?P<rest>[,;]?\s+[a-z](?:[^.!?\[\]]|\.(?=\d))*[.!?]?)"
)
"""Marks inside a sentence, and what of the sentence follows them."""

_ENDS = re.compile(r"[.!?…][\"”’')]*$")
"""Ends a whole sentence."""

_PLAIN = 0.6
"""Share of a statement's content words that makes a sentence state it plainly."""

_BETTER = 0.25
"""How much more another sentence must cover before it replaces the cited one."""


@dataclass(frozen=True, slots=True)
class LinkedStatement:
    """A sentence of the draft with the numbers of the evidence it rests on."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkedDraft:
    """The statements of a draft; `notes` says what was dropped, added or replaced."""

    statements: tuple[LinkedStatement, ...]
    notes: tuple[str, ...]


def link(draft: str, evidence: Sequence[Evidence]) -> LinkedDraft:
    """Split a draft into statements and settle the citations of each.

    A number that no evidence has is dropped. A statement without a citation gets the sentence
    that plainly states it, if there is one. A citation gives way to a sentence that covers the
    statement much better, and one that adds nothing to the others is dropped.
    """
    known = {item.number: item for item in evidence}
    draft = _INSIDE.sub(r"\g<rest>\g<marks>", draft)
    notes: list[str] = []
    statements: list[LinkedStatement] = []
    position = 0
    pieces = [(match.start(), match.end()) for match in _MARKS.finditer(draft)]
    for start, end in [*pieces, (len(draft), len(draft))]:
        sentences = [span.text for span in split_sentences(draft[position:start])]
        cited = _read_numbers(draft[start:end], known, notes)
        position = end
        if not sentences:
            if cited and statements:
                statements[-1] = LinkedStatement(
                    statements[-1].text, _unique(statements[-1].numbers + cited)
                )
            continue
        statements += [LinkedStatement(_tidy(text), ()) for text in sentences[:-1]]
        statements.append(LinkedStatement(_tidy(sentences[-1]), cited))
    settled = [
        LinkedStatement(statement.text, _settle(statement, known, notes))
        for statement in statements
        if re.search(r"\w", statement.text)
    ]
    return LinkedDraft(tuple(settled), tuple(notes))


def whole_sentences(draft: str) -> str:
    """Return a draft up to the end of its last whole sentence, with the marks that follow.

    What is missing of a broken one may turn it around: "It cost 30 million dollars [2], but".
    """
    unmarked = _MARK.sub(lambda mark: " " * len(mark.group()), draft)
    ends = [span.end for span in split_sentences(unmarked) if _ENDS.search(span.text)]
    if not ends:
        return ""
    marks = _MARKS.match(draft, ends[-1])
    return draft[: marks.end() if marks else ends[-1]]


def coverage(text: str, source: str) -> float:
    """Return the share of the content words of `text` that `source` has, in [0, 1]."""
    return word_share(text, source, of_none=0.0)


def _read_numbers(marks: str, known: dict[int, Evidence], notes: list[str]) -> tuple[int, ...]:
    found: list[int] = []
    for mark in _MARK.finditer(marks):
        parts = re.findall(r"\d+|[–-]", mark.group(1))
        for index, part in enumerate(parts):
            if part.isdigit():
                if index >= 2 and parts[index - 1] in "–-" and parts[index - 2].isdigit():
                    last = min(int(part), max(known, default=0) + 1)
                    found += range(int(parts[index - 2]) + 1, last + 1)
                else:
                    found.append(int(part))
    notes.extend(
        f"The draft cited [{number}], which no evidence has; it was dropped."
        for number in _unique(tuple(found))
        if number not in known
    )
    return tuple(number for number in _unique(tuple(found)) if number in known)


def _settle(
    statement: LinkedStatement, known: dict[int, Evidence], notes: list[str]
) -> tuple[int, ...]:
    covers = {number: coverage(statement.text, item.reading) for number, item in known.items()}
    if not covers:
        return ()
    best = max(covers, key=lambda number: (covers[number], -number))
    cited = statement.numbers
    wanted = numbers(statement.text)
    plain = covers[best] >= _PLAIN and all(
        states_number(known[best].reading, number) for number in wanted
    )
    if not cited:
        if plain:
            notes.append(f"A statement without a citation was linked to [{best}].")
            return (best,)
        return ()
    together = coverage(statement.text, " ".join(known[number].reading for number in cited))
    if best not in cited and plain and covers[best] >= together + _BETTER:
        notes.append(f"The draft cited {list(cited)}; [{best}] states it and replaced them.")
        return (best,)
    return _without_idle(statement.text, cited, known)


def _without_idle(text: str, cited: tuple[int, ...], known: dict[int, Evidence]) -> tuple[int, ...]:
    kept = list(cited)
    for number in sorted(cited, key=lambda n: coverage(text, known[n].reading)):
        if len(kept) == 1:
            break
        rest = " ".join(known[other].reading for other in kept if other != number)
        everything = f"{rest} {known[number].reading}"
        same_numbers = all(
            states_number(rest, wanted) or not states_number(everything, wanted)
            for wanted in numbers(text)
        )
        if same_numbers and coverage(text, rest) >= coverage(text, everything):
            kept.remove(number)
    return tuple(kept)


def _unique(found: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(found))


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
