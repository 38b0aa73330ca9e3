"""Questions with what counts as a right answer; labels are verbatim quotes of articles."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import Turn

DATASETS = Path(__file__).parent / "datasets"

Groups = tuple[tuple[str, ...], ...]
"""Groups of alternatives: every group counts, any member of a group will do."""


class SampleError(Exception):
    """A line of a question file is not a valid sample."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question.

    `answers`, `forbidden`, `correction` and `speakers` are regular expressions, matched without
    regard to case anywhere in the answer; `golds`, `wrong` and `choices` are plain strings,
    compared in SQuAD's normal form. `correction` is what may be said instead of refusing where
    a question assumes something wrong. `evidence` quotes articles verbatim. `reference` is a
    whole answer for token F1 alone. `articles` holds the keys of the articles that are
    searched: None for all, empty for none. `marker` is what a hidden instruction wants to see
    in the answer. `group` names the article or base question that samples share.
    """

    id: str
    question: str
    answerable: bool
    turns: tuple[Turn, ...] = ()
    answers: Groups = ()
    golds: Groups = ()
    forbidden: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    correction: Groups = ()
    evidence: Groups = ()
    speakers: Groups = ()
    choices: tuple[str, ...] = ()
    reference: str = ""
    articles: tuple[str, ...] | None = None
    marker: str = ""
    group: str = ""
    kinds: tuple[str, ...] = ()
    note: str = ""

    @property
    def split(self) -> str:
        """`dev` for tuning, `test` for reporting; half each, fixed by group or id.

        Samples that share a base question stay on one side.
        """
        key = self.group if self.articles is not None and self.group else self.id
        return "dev" if hashlib.sha256(key.encode()).digest()[0] < 128 else "test"

    @property
    def digest(self) -> str:
        """Change when anything that matters for asking or scoring does."""
        plain = json.dumps(dataclasses.asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()[:12]


_FIELDS = frozenset(field.name for field in dataclasses.fields(Sample))


def load_samples(path: Path, texts: Sequence[str]) -> list[Sample]:
    """Read JSON Lines and hold every quote and pattern against the articles' texts.

    Raises:
        SampleError: names the line and what is wrong with it.
    """
    samples: list[Sample] = []
    seen: set[str] = set()
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SampleError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            sample = read_sample(json.loads(line))
            validate(sample, texts)
            if sample.id in seen:
                raise ValueError(f"the id {sample.id!r} stands twice")
        except KeyError as error:
            raise SampleError(f"{path.name}, line {number}: {error} is missing.") from error
        except (TypeError, ValueError, re.error) as error:
            raise SampleError(f"{path.name}, line {number}: {error}.") from error
        seen.add(sample.id)
        samples.append(sample)
    if not samples:
        raise SampleError(f"{path.name} holds no questions.")
    return samples


def read_sample(entry: Mapping[str, Any]) -> Sample:
    """Make a sample of plain values.

    Raises:
        KeyError, TypeError, ValueError: a field is missing, unknown, or of the wrong type.
    """
    if not isinstance(entry, Mapping):
        raise TypeError("a line is an object")
    if unknown := sorted(entry.keys() - _FIELDS):
        raise ValueError(f"unknown field {', '.join(unknown)}")
    if not isinstance(entry["answerable"], bool):
        raise TypeError("answerable is true or false")
    articles = entry.get("articles")
    return Sample(
        id=_text(entry, "id"),
        question=_text(entry, "question"),
        answerable=entry["answerable"],
        turns=_turns(entry.get("turns", ())),
        reference=entry.get("reference", ""),
        articles=None if articles is None else _strings(articles),
        marker=entry.get("marker", ""),
        group=entry.get("group", ""),
        note=entry.get("note", ""),
        answers=_groups(entry.get("answers", ())),
        golds=_groups(entry.get("golds", ())),
        correction=_groups(entry.get("correction", ())),
        evidence=_groups(entry.get("evidence", ())),
        speakers=_groups(entry.get("speakers", ())),
        forbidden=_strings(entry.get("forbidden", ())),
        wrong=_strings(entry.get("wrong", ())),
        choices=_strings(entry.get("choices", ())),
        kinds=_strings(entry.get("kinds", ())),
    )


def validate(sample: Sample, texts: Sequence[str]) -> None:
    """Hold patterns and quotes of a question file's sample against the articles.

    Raises:
        ValueError, re.error: says what does not fit.
    """
    has_answer = bool(sample.answers or sample.golds)
    if sample.answerable != has_answer or (sample.evidence and not sample.answerable):
        raise ValueError("answers and evidence belong to answerable questions, and only there")
    grouped = sample.answers + sample.correction + sample.speakers
    for pattern in [*sample.forbidden, *(pattern for group in grouped for pattern in group)]:
        re.compile(pattern)
    for quote in (quote for group in sample.evidence for quote in group):
        if not quote or not any(quote in text for text in texts):
            raise ValueError(f"no article has the quote {quote!r}")


def choose(samples: Sequence[Sample], *, limit: int | None, seed: int) -> list[Sample]:
    """Draw at most `limit` samples, in the same proportion of answerable to unanswerable.

    The order is fixed by seed and id, so a smaller draw is the beginning of a larger one.
    Without a limit the samples stay as they are.
    """
    if limit is None or limit >= len(samples):
        return list(samples)
    strata = [[s for s in samples if s.answerable is wanted] for wanted in (True, False)]
    ranked: list[tuple[float, str, Sample]] = []
    for stratum in strata:
        ordered = sorted(stratum, key=lambda sample: _rank(sample.id, seed))
        ranked += [((i + 0.5) / len(ordered), s.id, s) for i, s in enumerate(ordered)]
    return [sample for _, _, sample in sorted(ranked, key=lambda item: item[:2])[:limit]]


def _rank(sample_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{sample_id}".encode()).hexdigest()


def _turns(value: Any) -> tuple[Turn, ...]:
    if isinstance(value, str) or not all(isinstance(item, str | Mapping) for item in value):
        raise TypeError(f"{value!r} is no list of turns")
    return tuple(
        Turn(item) if isinstance(item, str) else Turn(item["question"], item.get("answer", ""))
        for item in value
    )


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str) or not value.strip():
        raise TypeError(f"{name} is a text")
    return value


def _strings(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise TypeError(f"{value!r} is no list of texts")
    return tuple(value)


def _groups(value: Iterable[Iterable[str] | str]) -> Groups:
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no list of groups")
    return tuple((group,) if isinstance(group, str) else _strings(group) for group in value)
