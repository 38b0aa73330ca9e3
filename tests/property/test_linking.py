"""Whatever the model writes, citations point at evidence."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.linking import link
from assistant.types import Article
from tests.support.articles import make_evidence

EVIDENCE = make_evidence(Article("T", "Cats sleep. Dogs bark at 30 cars. Birds sing."))
PIECES = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20),
        st.integers(-5, 2000).map(lambda number: f"[{number}]"),
        st.sampled_from(["Cats sleep.", "[1-3]", "[2, 9]", "[", "]", "[[1]]", "Dogs bark. [2]"]),
    ),
    max_size=8,
)


@given(PIECES)
def test_linked_numbers_exist_and_no_mark_is_left_in_the_text(pieces: list[str]) -> None:
    linked = link(" ".join(pieces), EVIDENCE)
    for statement in linked.statements:
        assert set(statement.numbers) <= {1, 2, 3}
        assert len(set(statement.numbers)) == len(statement.numbers)
        assert statement.text.strip() == statement.text
        assert not re.search(r"\[\d{1,3}\]", statement.text)
