"""Where a question itself says to look."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.retrieval.hints import find_hints, narrow
from assistant.types import ANYWHERE, SearchFilter


def test_an_outlet_is_among_the_runs_of_a_name() -> None:
    (hint,) = find_hints("What did the Harrow Courier’s reporter say of it?")
    assert {"Harrow Courier", "The Harrow Courier"} <= set(hint.sources)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What was said on 11 February 2032?", date(2032, 2, 11), date(2032, 2, 13)),
        ("What did it cost in March 2031?", date(2031, 3, 1), date(2031, 4, 2)),
        ("And on 31 February 2032?", date(2032, 2, 1), date(2032, 3, 2)),
        ("Who won in 2031?", date(2031, 1, 1), date(2031, 12, 31)),
    ],
)
def test_a_date_is_a_period(question: str, first: date, last: date) -> None:
    periods = [(h.published_from, h.published_to) for h in find_hints(question) if h.published_from]
    assert periods == [(first, last)]


@pytest.mark.parametrize("question", ["who won it?", "", "What in January 0000 or May 9999?"])
def test_what_names_no_outlet_and_no_date_gives_no_period(question: str) -> None:
    assert not [hint for hint in find_hints(question) if hint.published_from]


def test_a_hint_never_passes_what_the_filter_does_not() -> None:
    chosen = SearchFilter(sources=("Gazette",), published_from=date(2031, 3, 20))
    assert narrow(chosen, SearchFilter(sources=("Courier",))) is None
    assert narrow(chosen, SearchFilter(published_to=date(2031, 3, 1))) is None
    both = narrow(
        chosen, SearchFilter(published_from=date(2031, 3, 1), published_to=date(2031, 4, 2))
    )
    assert both == SearchFilter(("Gazette",), date(2031, 3, 20), date(2031, 4, 2))
    assert narrow(ANYWHERE, SearchFilter(sources=("Courier",))) == SearchFilter(("Courier",))
