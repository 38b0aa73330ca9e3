"""Numbers in digits or words, with the unit or currency beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.facts.words import folded_plain

_NUMBER = re.compile(
    r"(?<![\w.])(?:(?P<designates>[A-Z][A-Za-z]*)[-–‑])?(?P<currency>[$€£¥])?(?P<sign>[-−]?)"
    r"(?P<digits>\d{1,3}(?:[,\u202f\u00a0]\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?:(?P<suffix>st|nd|rd|th|bn|m(?!\s+(?:wide|high|long|deep|tall|thick|away|above|below)\b)|k|s)(?!\w))?"
    r"(?:[ \u00a0-]?(?P<scale>hundred|thousand|million|billion|trillion)\b)?"
    r"(?:[ \u00a0-]?(?P<unit>%|(?:percentage|per\s?cent)[ -]points?|per\s?cent|°[CF]|[A-Za-z]+))?",
    re.IGNORECASE,
)

_CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}

_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}

_NUMBER_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen "
        "fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "first": 1.0,
    "second": 2.0,
    "third": 3.0,
    "twice": 2.0,
}

# Alone, "one", "first" and "second" are more often articles and adverbs than counts.
_WEAK_NUMBER_WORDS = {"one", "first", "second", "third", "twice"}

_FRACTIONS = {"half": 0.5, "quarter": 0.25}

_MULTIPLIERS = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}

_UNITS = {
    alias: unit
    for unit, aliases in {
        "km": "km kilometre kilometres kilometer kilometers",
        "mile": "mile miles mi",
        "m": "m metre metres meter meters",
        "ft": "foot feet ft",
        "kg": "kg kilogram kilograms kilo kilos",
        "t": "tonne tonnes ton tons",
        "lb": "lb lbs",
        "pound": "pound pounds",
        "%": "% percent percentage",
        "percentage point": "percentagepoint percentagepoints percentpoint percentpoints",
        "°c": "°c",
        "°f": "°f",
        "usd": "dollar dollars usd",
        "eur": "euro euros eur",
        "kph": "kph kmh",
        "mph": "mph",
        "second": "seconds",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
    }.items()
    for alias in aliases.split()
}


@dataclass(frozen=True, slots=True)
class Number:
    """A value, the unit that follows it (None where none is known) and its text."""

    value: float
    unit: str | None
    text: str


def numbers(text: str) -> list[Number]:
    """Find the numbers, in digits or words, with the unit or currency beside them.

    The number of a designation ("Hwasong-15") has the designation as its unit.
    """
    found = []
    for match in _NUMBER.finditer(text):
        value = float(re.sub(r"[^\d]", "", match["digits"]) + (match["fraction"] or ""))
        suffix = (match["suffix"] or "").lower()
        value *= _SCALES.get(suffix, 1.0) * _SCALES.get((match["scale"] or "").lower(), 1.0)
        unit = _UNITS.get(re.sub(r"\s", "", match["unit"] or "").lower())
        if match["designates"]:
            unit = f"-{match['designates'].lower()}"
        elif match["currency"]:
            unit = _CURRENCIES[match["currency"]]
        elif suffix == "s":
            unit = "decade"
        if match["sign"]:
            value = -value
        found.append(Number(value, unit, match.group().strip()))
    return found + _worded_numbers(text.lower())


def _worded_numbers(lowered: str) -> list[Number]:
    """Find the numbers in words: "twenty-three", "two hundred", "half a million"."""
    found = []
    for match in _WORDED.finditer(lowered):
        parts = re.findall(r"[a-z]+", match["number"])
        alone = len(parts) == 1 and (parts[0] in _WEAK_NUMBER_WORDS or parts[0] in _MULTIPLIERS)
        if alone or re.search(r"\d[ ,-]?$", lowered[: match.start()]):
            continue
        total = current = 0.0
        for part in parts:
            if part in _NUMBER_WORDS:
                current += _NUMBER_WORDS[part]
            elif part in _FRACTIONS:
                current += _FRACTIONS[part]
            elif _MULTIPLIERS.get(part, 0.0) >= 1e3:
                total, current = total + (current or 1.0) * _MULTIPLIERS[part], 0.0
            elif part in _MULTIPLIERS:
                current = (current or 1.0) * _MULTIPLIERS[part]
        unit = _UNITS.get(re.sub(r"[ -]", "", match["unit"] or ""))
        found.append(Number(total + current, unit, match.group()))
    return found


def _any(words: Iterable[str]) -> str:
    return rf"(?:{'|'.join(sorted(words, key=len, reverse=True))})"


_TENS = {word for word, value in _NUMBER_WORDS.items() if value >= 20 and value % 10 == 0}
_UNITS_OF_TEN = {word for word, value in _NUMBER_WORDS.items() if 1 <= value <= 9} - (
    _WEAK_NUMBER_WORDS - {"one"}
)
_BELOW_100 = rf"(?:{_any(_TENS)}[ -]{_any(_UNITS_OF_TEN)}|{_any(_NUMBER_WORDS)})"
_HUNDREDS = rf"(?:half a|a|{_BELOW_100})[ -](?:hundred|dozen)(?:[ -](?:and )?{_BELOW_100})?"
_BELOW_1000 = rf"(?:{_HUNDREDS}|{_BELOW_100})"
_HALF = r"(?:half a|a quarter of a)"
_LARGE = r"(?:thousand|million|billion|trillion)"
_WORDED = re.compile(
    rf"\b(?P<number>(?:{_HALF}|(?:a|{_BELOW_1000})(?: and a (?:half|quarter))?)[ -]{_LARGE}"
    rf"(?:[ -](?:and )?{_BELOW_1000}(?:[ -]{_LARGE})?)*"
    rf"|{_BELOW_1000}(?: and a (?:half|quarter))?)\b"
    rf"(?:[ -](?!{_any(_NUMBER_WORDS)}\b)"
    r"(?P<unit>(?:percentage|per ?cent)[ -]points?|per ?cent|[a-z]+))?"
)


def states_number(evidence: str, wanted: Number) -> bool:
    """Tell whether the evidence has the value, with the same unit where both name one.

    A number of other things ("12 workers") is no number of a unit ("12 days").
    """
    for number in numbers(evidence):
        same = abs(number.value - wanted.value) <= 1e-9 * max(1.0, abs(wanted.value))
        if same and _units_agree(number, wanted):
            return True
    if wanted.unit == "%" and round(wanted.value) in _worded_shares(evidence):
        return True
    spoken = set(folded_plain(evidence))
    ordinal = re.match(r"\d+(?:st|nd|rd)\b", wanted.text)
    return any(
        _NUMBER_WORDS[word] == wanted.value
        for word in spoken & _WEAK_NUMBER_WORDS
        if (word in {"first", "second", "third"}) == bool(ordinal)
    )


def _worded_shares(text: str) -> set[int]:
    """Find shares in words, in whole percent: "a quarter" is 25, "two thirds" is 67."""
    return {
        round(100 * _PARTS.get(match["parts"], 1) / _PORTIONS[match["portion"]])
        for match in _SHARE.finditer(text.lower())
    }


_PORTIONS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_PARTS = {"two": 2, "three": 3, "four": 4, "five": 5}
_SHARE = re.compile(rf"\b(?:(?P<parts>{_any(_PARTS)})[ -])?(?P<portion>{_any(_PORTIONS)})s?\b")


def _units_agree(one: Number, other: Number) -> bool:
    units = {one.unit, other.unit}
    if one.unit == other.unit or units in ({"pound", "gbp"}, {"pound", "lb"}):
        return True
    if None not in units or any(unit is not None and unit.startswith("-") for unit in units):
        return False
    bare = one if one.unit is None else other
    return _THINGS.search(bare.text) is None


_THINGS = re.compile(r"[ -](?!years\b)[a-z]{3,}s$", re.IGNORECASE)
