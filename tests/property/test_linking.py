"""Whatever the model writes, citations point at evidence."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.linking import link
from assistant.types import Article
from tests.support.articles import make_evidence

EVIDENCE = make_evidence(Article("T", "Cats sleep. Dogs bark at 30 cars. Birds sing."))
MARK = re.compile(r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]")
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.one_of(st.integers(0, 5), st.integers(0, 10**6))
LIST = st.lists(NUMBER, min_size=1, max_size=4).flatmap(
    lambda found: st.sampled_from([", ", ",", "; ", "-", "–"]).map(
        lambda joint: f"[{joint.join(map(str, found))}]"
    )
)
ODD = st.sampled_from(["[", "]", "[[1]]", "[-2]", "[1", "2]", "[a]", "[1.5]", "【2】", "[]", "[ ]"])
SENTENCE = st.sampled_from(["Cats sleep.", "Dogs bark at 30 cars.", "Dogs bark. [2]", "Birds"])
PIECES = st.lists(st.one_of(TEXT, LIST, ODD, SENTENCE), max_size=8)


@settings(derandomize=True)
@given(PIECES, st.sampled_from(["", " "]), st.integers(0, len(EVIDENCE)))
def test_linked_numbers_exist_and_no_mark_is_left_in_the_text(
    pieces: list[str], joint: str, shown: int
) -> None:
    linked = link(joint.join(pieces), EVIDENCE[:shown])
    for statement in linked.statements:
        assert set(statement.numbers) <= set(range(1, shown + 1))
        assert len(set(statement.numbers)) == len(statement.numbers)
        assert statement.text
        assert statement.text.strip() == statement.text
        assert not MARK.search(statement.text)


@settings(derandomize=True)
@given(st.lists(st.integers(4, 10**6), min_size=1, max_size=3, unique=True))
def test_every_unknown_number_is_reported(unknown: list[int]) -> None:
    marks = " ".join(f"[{number}]" for number in unknown)
    notes = " ".join(link(f"Cats sleep. {marks}", EVIDENCE).notes)
    assert {str(number) for number in unknown} <= set(re.findall(r"\d+", notes))


@settings(derandomize=True)
@given(st.lists(st.sampled_from([1, 2, 3]), max_size=5))
def test_linking_is_stable(numbers: list[int]) -> None:
    draft = "Cats sleep. " + "".join(f"[{number}]" for number in numbers)
    once = link(draft, EVIDENCE)
    (statement,) = once.statements
    again = "".join(f"[{number}]" for number in statement.numbers)
    assert link(f"{statement.text} {again}", EVIDENCE).statements == once.statements
