"""Citations are linked after generation."""

from __future__ import annotations

from assistant.answering.linking import link
from assistant.types import Article
from tests.support.articles import make_evidence

ARTICLE = Article(
    "Bridge",
    "The mayor opened the bridge on Friday. The bridge cost 30 million dollars. "
    "Residents fear more traffic.",
)
EVIDENCE = make_evidence(ARTICLE)


def test_a_made_up_citation_is_dropped_and_reported() -> None:
    linked = link("The bridge cost 30 million dollars. [2] [9]", EVIDENCE)
    assert linked.statements[0].numbers == (2,)
    assert any("[9]" in note for note in linked.notes)


def test_a_missing_citation_is_attached_where_a_sentence_plainly_states_it() -> None:
    linked = link("The mayor opened the bridge on Friday.", EVIDENCE)
    assert linked.statements[0].numbers == (1,)
    assert any("[1]" in note for note in linked.notes)


def test_a_statement_that_nothing_states_stays_without_citation() -> None:
    linked = link("The senate will vote in spring.", EVIDENCE)
    assert linked.statements[0].numbers == ()


def test_a_citation_gives_way_to_the_sentence_that_states_it() -> None:
    linked = link("The bridge cost 30 million dollars. [3]", EVIDENCE)
    assert linked.statements[0].numbers == (2,)


def test_statements_are_split_with_their_own_citations() -> None:
    linked = link(
        "The bridge cost 30 million dollars. [2] Residents fear more traffic. [3]", EVIDENCE
    )
    assert [(s.text, s.numbers) for s in linked.statements] == [
        ("The bridge cost 30 million dollars.", (2,)),
        ("Residents fear more traffic.", (3,)),
    ]


def test_a_list_or_range_of_numbers_is_read() -> None:
    linked = link(
        "The bridge cost 30 million dollars and residents fear more traffic. [2, 3]", EVIDENCE
    )
    assert linked.statements[0].numbers == (2, 3)


def test_without_evidence_nothing_is_cited() -> None:
    assert link("Anything. [1]", ()).statements[0].numbers == ()


def test_an_empty_draft_has_no_statements() -> None:
    assert link("  \n", EVIDENCE).statements == ()
