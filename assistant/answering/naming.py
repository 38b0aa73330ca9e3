"""Whether names are spoken of where a statement cites."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from assistant.answering.context import EvidenceContext
from assistant.facts import (
    STOPWORDS,
    Name,
    abbreviate_phrases,
    countries_of,
    fold,
    folded_words,
    found_in,
    names,
    numbers,
    same_name,
    same_word,
    words,
)

_APART = 3
"""How far apart the words of one name may stand: "Secretary of State Mike Pompeo"."""

_TITLES = frozenset(
    "mr mrs ms dr prof president secretary minister prime general senator press king queen sir "
    "chairman leader the".split()
)


def absent_names(
    wanted: Sequence[Name], cited: Sequence[EvidenceContext], *, stands_for: bool
) -> list[str]:
    """Return the names of which the article lacks a word, or that are not spoken of nearby.

    With `stands_for` a capital or nationality counts as its country.
    """
    text = " ".join(context.wide for context in cited)
    near = set(folded_words(text))
    own = " ".join(context.evidence.reading for context in cited)
    whole = set(near)
    for article in {context.article for context in cited}:
        whole |= set(folded_words(article.text))
    missing = []
    for name in wanted:
        parts = [
            fold(word)
            for word in name.words
            if word.lower() not in _TITLES and word.lower() not in STOPWORDS and len(word) > 1
        ]
        numbered = any(character.isdigit() for character in name.text)
        known = [part for part in parts if _occurs(part, whole, stands_for=stands_for)]
        if stands_for:
            # A country is spoken of throughout an article that mentions it.
            parts = [part for part in parts if not (countries_of(part) and part in known)]
            known = [part for part in known if part in parts]
        here = [part for part in parts if _occurs(part, near, stands_for=stands_for)]
        if (numbered and _names_another(name, own)) or _names_namesake(parts, text):
            here = []
        if not stands_for and len(parts) > 1 and not _side_by_side(parts, cited):
            here = []
        enough = len(here) == len(parts) if numbered else bool(here)
        if parts and not (enough and len(known) == len(parts)):
            missing.append(name.text)
    return missing


def _occurs(word: str, texts: Iterable[str], *, stands_for: bool) -> bool:
    if stands_for:
        forms = (word, *countries_of(word))
        return any(
            same_word(form, other) or word in countries_of(other)
            for form in forms
            for other in texts
        )
    return any(same_name(word, other) for other in texts)


def unknown_opening(statement: str, question: str, cited: Sequence[EvidenceContext]) -> list[str]:
    """Return the statement's first word if it may be a name that no cited article has."""
    first = next(iter(words(abbreviate_phrases(statement))), "")
    if not first[:1].isupper() or not first[1:].islower():
        return []
    if first.lower() in STOPWORDS or first.lower() in _ORDINARY_OPENINGS:
        return []
    known = folded_words(question)
    for article in dict.fromkeys(context.article for context in cited):
        known += folded_words(f"{article.title} {article.text} {article.author} {article.source}")
    if found_in(fold(first), (*known, "yes")) or numbers(first):
        return []
    return [first]


_ORDINARY_OPENINGS = frozenset(
    "according additionally almost already although amid among approximately around before between "
    "currently despite due earlier either eventually everybody everyone finally following formerly "
    "half hence however initially instead later like many meanwhile mostly nearly neither next "
    "nobody none nothing officially only originally overall partly people presently previously "
    "recently reportedly roughly several similarly since some somebody someone still subsequently "
    "there therefore though thus today together unclear unlike usually via yesterday yet".split()
)
"""Words that begin a sentence, are no names, and need not stand in an article."""


def _names_another(name: Name, text: str) -> bool:
    """Tell whether a text has designations of the same kind ("Hwasong-15"), but not this one."""
    wanted = {number for number in numbers(name.text) if (number.unit or "").startswith("-")}
    kinds = {number.unit for number in wanted}
    there = [number for number in numbers(text) if number.unit in kinds]
    return bool(there) and not any(
        number.value == other.value and number.unit == other.unit
        for number in wanted
        for other in there
    )


def _names_namesake(parts: Sequence[str], text: str) -> bool:
    """Tell whether a text has a name that is nearly this one ("Tolva Dam"), but not this one.

    What is one word may be a form of it ("Tolvan" of Tolva); of several that end alike, all have
    to agree. Names that end otherwise may be spelled in two ways, or be of one office.
    """
    if len(parts) < 2:
        return False
    runs = [folded_words(name.text) for name in names(text)]
    windows = [
        run[start : start + len(parts)]
        for run in runs
        for start in range(len(run) - len(parts) + 1)
    ]
    alike = [
        window
        for window in windows
        if all(map(same_word, parts, window)) and same_name(parts[-1], window[-1])
    ]
    return bool(alike) and not any(all(map(same_name, parts, window)) for window in alike)


def _side_by_side(parts: Sequence[str], cited: Sequence[EvidenceContext]) -> bool:
    """Tell whether the words of a name stand close together somewhere in the cited articles."""
    for article in dict.fromkeys(context.article for context in cited):
        told = (article.title, article.author, article.source, article.text)
        text = folded_words(". ".join(filter(None, told)))
        places = [
            [index for index, word in enumerate(text) if same_name(part, word)] for part in parts
        ]
        if all(
            any(abs(one - other) <= _APART for one in first for other in second)
            for first, second in itertools.pairwise(places)
        ):
            return True
    return False
