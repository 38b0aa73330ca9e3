"""Names, designations and quoted phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.facts.dates import MONTHS, WEEKDAYS
from assistant.facts.words import STOPWORDS, WORD, abbreviate_phrases, words

_COUNTED = re.compile(
    r"(?:(?:mid|early|late|pre|post|under|over)-)?\d+(?i:st|nd|rd|th|s)?(?:-(?:[a-z]+|\d+s?))*"
)
"""A number, also with what it counts, and no name: "2nd", "35-year-old", "5-to-11s", "over-60s"."""

_QUOTED = re.compile(r"„([^”“]{2,}?)[”“]|[“\"«]([^”\"»“]{2,}?)[”\"»]|(?<!\w)‘([^‘]{2,}?)’(?!\w)")

_CLAUSES = re.compile(r"((?<=[!?:;])\s+|(?<=[a-z0-9)”\"]\.)\s+|[,()]|\s[–—]\s)")
_WITHIN = re.compile(r"[,()–—]")
"""What parts clauses of one sentence: a capital after it is a name's, not a sentence's."""


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words, or a word with digits such as `Hwasong-15`."""

    words: tuple[str, ...]
    text: str


def quoted_phrases(text: str) -> list[str]:
    """Find the phrases inside quotation marks."""
    return [next(filter(None, match.groups())).strip(" ,.") for match in _QUOTED.finditer(text)]


def names(text: str) -> list[Name]:
    """Find runs of capitalised words and words with digits and letters.

    A capitalised word that begins a sentence counts only when another capitalised word
    follows it, or when it is written in capitals or with digits.
    """
    found: list[Name] = []
    pieces = _CLAUSES.split(abbreviate_phrases(text))
    for clause, mark in zip(pieces[::2], ["", *pieces[1::2]], strict=True):
        run: list[str] = []
        begins = not _WITHIN.search(mark)
        for match in WORD.finditer(clause):
            word = match.group()
            if _is_name_word(word):
                run.append(word)
            else:
                found += _close_run(run, begins=begins)
                begins = False
                run = []
        found += _close_run(run, begins=begins)
    return found


def identifying_names(text: str) -> list[Name]:
    """Find the names that tell one thing from another: not a mere region ("Pacific", "Asian")."""
    return [
        name for name in names(text) if not all(word.lower() in _REGIONS for word in name.words)
    ]


def _is_name_word(word: str) -> bool:
    bare = re.sub(r"['’]s?$", "", word)
    if bare.lower() in STOPWORDS and not (bare.isupper() and len(bare) > 1):
        return False
    if bare.lower().rstrip(".") in MONTHS + WEEKDAYS:
        return False
    if _COUNTED.fullmatch(bare):
        return False
    has_letter = any(letter.isalpha() for letter in bare)
    return has_letter and (bare[0].isupper() or any(letter.isdigit() for letter in bare))


def _close_run(run: list[str], *, begins: bool) -> list[Name]:
    if not run:
        return []
    plain_single = len(run) == 1 and run[0][0].isupper() and run[0][1:].islower()
    plain_single = plain_single and not any(letter.isdigit() for letter in run[0])
    if begins and plain_single and not re.search(r"['’]s$", run[0]):
        return []
    if begins and run[0].lower() in _OPENERS:
        run = run[1:]
        if not run:
            return []
    text = re.sub(r"['’]s?$", "", " ".join(run))
    return [Name(tuple(words(text)), text)]


_OPENERS = frozenset(
    "is are was were do does did has have had can could will would should name list explain "
    "describe tell give summarize summarise compare ignore in on at by since small large big "
    "former".split()
)

_REGIONS = frozenset(
    "africa african americas antarctic arctic asia asian asiapacific atlantic europe european "
    "latin mediterranean mideast oceania pacific western eastern northern southern west east "
    "north south central middle".split()
)
