"""Months, weekdays and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass

MONTHS = (
    "january february march april may june july august september october november december".split()
)

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_CALENDAR = re.compile(
    r"\b(" + "|".join(MONTHS + WEEKDAYS) + r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?",
    re.IGNORECASE,
)

_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"sept": "september"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as a text gives it; the month is always known."""

    month: str
    day: int | None
    year: int | None
    text: str

    def is_part_of(self, other: Day) -> bool:
        """Tell whether the other date says at least as much, and the same."""
        return (
            self.month == other.month
            and self.day in {None, other.day}
            and (self.year in {None, other.year} or other.year is None)
        )


_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)?(?!\d)"
_ORDINALS = rf"{_ORDINAL}(?:(?:\s*[-–]\s*|\s+(?:to|and|or)\s+){_ORDINAL}(?!\s*%))*"
_DAY = re.compile(
    rf"(?:\b(?P<before>{_ORDINALS})(?:\s+of)?\s+)?\b(?P<month>"
    + "|".join(MONTHS)
    + r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
    rf"(?:\s+(?P<after>{_ORDINALS}))?(?:,?\s+(?:of\s+)?(?P<year>\d{{4}})\b)?",
    re.IGNORECASE,
)


def days(text: str) -> list[Day]:
    """Find dates with a month: "5 June", "Jan. 5, 2019", "November 2017".

    Days that share a month ("27-28 February") are one date each.
    """
    found = []
    for match in _DAY.finditer(text):
        month = match["month"].lower()
        if not match["month"][0].isupper():
            continue
        year = int(match["year"]) if match["year"] else None
        whole = _SHORT_MONTHS.get(month, month)
        shared = re.findall(r"\d+", match["before"] or match["after"] or "")
        found += [Day(whole, int(day), year, match.group()) for day in shared] or [
            Day(whole, None, year, match.group())
        ]
    return found


def calendar_words(text: str) -> list[str]:
    """Find months and weekdays, in full; "may" and "march" count only when capitalised."""
    found = []
    for match in _CALENDAR.finditer(text):
        written = text[match.start() : match.start() + 1]
        name = match.group(1).lower()
        if not written.isupper() and (len(name) < 4 or name in {"may", "march"}):
            continue
        found.append(_SHORT_MONTHS.get(name, name))
    return found
