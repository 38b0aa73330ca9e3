"""Citations are linked after generation."""

from __future__ import annotations

import pytest

from assistant.answering.linking import LinkedDraft, link, whole_sentences
from assistant.types import Article
from tests.support.articles import make_evidence

ARTICLE = Article(
    "Bridge",
    "The mayor opened the bridge on Friday. The bridge cost 30 million dollars. "
    "Residents fear more traffic.",
)
EVIDENCE = make_evidence(ARTICLE)


def pairs(linked: LinkedDraft) -> list[tuple[str, tuple[int, ...]]]:
    return [(statement.text, statement.numbers) for statement in linked.statements]


def test_a_made_up_citation_is_dropped_and_reported() -> None:
    linked = link("The bridge cost 30 million dollars. [2] [9]", EVIDENCE)
    assert linked.statements[0].numbers == (2,)
    assert any("9" in note for note in linked.notes)


@pytest.mark.parametrize("mark", ["[0]", "[4]", "[999]", "[2, 9]", "[2][9]", "[2-9]"])
def test_only_numbers_of_the_evidence_are_kept(mark: str) -> None:
    linked = link(f"The bridge cost 30 million dollars. {mark}", EVIDENCE)
    assert pairs(linked) == [("The bridge cost 30 million dollars.", (2,))]
    assert linked.notes != ()


def test_a_made_up_citation_alone_gives_way_to_the_sentence_that_states_it() -> None:
    linked = link("Residents fear more traffic. [9]", EVIDENCE)
    assert linked.statements[0].numbers == (3,)
    assert len(linked.notes) == 2


def test_a_missing_citation_is_attached_where_a_sentence_plainly_states_it() -> None:
    linked = link("The mayor opened the bridge on Friday.", EVIDENCE)
    assert linked.statements[0].numbers == (1,)
    assert any("1" in note for note in linked.notes)


@pytest.mark.parametrize(
    "text",
    [
        "The senate will vote in spring.",
        "The bridge cost 31 million dollars.",
        "The bridge cost 30 million euros and was paid for by the neighbouring duchy.",
    ],
)
def test_a_statement_that_nothing_plainly_states_stays_without_citation(text: str) -> None:
    assert link(text, EVIDENCE).statements[0].numbers == ()


def test_a_citation_gives_way_to_the_sentence_that_states_it() -> None:
    linked = link("The bridge cost 30 million dollars. [3]", EVIDENCE)
    assert linked.statements[0].numbers == (2,)
    assert linked.notes != ()


def test_a_right_citation_is_left_alone_and_goes_unmentioned() -> None:
    linked = link("Residents fear more traffic. [3]", EVIDENCE)
    assert linked.statements[0].numbers == (3,)
    assert linked.notes == ()


def test_statements_are_split_with_their_own_citations() -> None:
    linked = link(
        "The bridge cost 30 million dollars. [2] Residents fear more traffic. [3]", EVIDENCE
    )
    assert pairs(linked) == [
        ("The bridge cost 30 million dollars.", (2,)),
        ("Residents fear more traffic.", (3,)),
    ]


@pytest.mark.parametrize(
    "draft",
    [
        "The bridge cost 30 million dollars. [2]",
        "The bridge cost 30 million dollars.[2]",
        "The bridge cost 30 million dollars. [ 2 ]",
        "The bridge cost 30 million dollars [2].",
        "The bridge cost 30 million dollars. [2][2]",
        "[2] The bridge cost 30 million dollars.",
        "The bridge [2] cost 30 million dollars.",
        "\n The bridge  cost\n30 million dollars. [2]\n",
    ],
)
def test_a_statement_is_one_sentence_wherever_its_mark_stands(draft: str) -> None:
    (statement,) = link(draft, EVIDENCE).statements
    assert statement.text.rstrip(".") == "The bridge cost 30 million dollars"
    assert statement.numbers == (2,)


@pytest.mark.parametrize("marks", ["[2, 3]", "[2][3]", "[2] [3]", "[2-3]", "[2–3]", "[2; 3]"])
def test_a_list_or_range_of_numbers_is_read(marks: str) -> None:
    linked = link(
        f"The bridge cost 30 million dollars and residents fear more traffic. {marks}", EVIDENCE
    )
    assert linked.statements[0].numbers == (2, 3)


@pytest.mark.parametrize("mark", ["[1234]", "[2017]", "[99999999999999999999]"])
def test_a_number_of_any_length_is_a_citation(mark: str) -> None:
    linked = link(f"Residents fear more traffic. {mark}", EVIDENCE)
    assert pairs(linked) == [("Residents fear more traffic.", (3,))]
    assert any(mark.strip("[]") in note for note in linked.notes)


def test_a_huge_range_is_reported_briefly() -> None:
    linked = link("Residents fear more traffic. [1-999]", EVIDENCE)
    assert linked.statements[0].numbers == (3,)
    assert len(linked.notes) <= 10


def test_without_evidence_nothing_is_cited() -> None:
    linked = link("Anything. [1]", ())
    assert linked.statements[0].numbers == ()
    assert linked.notes != ()


@pytest.mark.parametrize("draft", ["", "  \n", "[1]", "[9]", "...", "[1] [2]"])
def test_a_draft_without_words_has_no_statements(draft: str) -> None:
    assert link(draft, EVIDENCE).statements == ()


def test_linking_changes_neither_draft_nor_evidence_order() -> None:
    backwards = tuple(reversed(EVIDENCE))
    draft = "Residents fear more traffic. The bridge cost 30 million dollars."
    assert pairs(link(draft, backwards)) == pairs(link(draft, EVIDENCE))


COST = "The bridge cost 30 million dollars"


@pytest.mark.parametrize(
    ("draft", "whole"),
    [
        ("Residents fear more traffic. [3] The bridge cost 30", "Residents fear more traffic. [3]"),
        ("Residents fear more traffic [3]. The mayor did", "Residents fear more traffic [3]."),
        ("Residents fear it. The mayor [1] did", "Residents fear it."),
        ("“It is old.” [1] The mayor", "“It is old.” [1]"),
        (f"{COST}.", f"{COST}."),
        (f"{COST}. [2", f"{COST}."),
        (f"{COST}. [1][2", f"{COST}. [1]"),
        (f"{COST}. [2]", f"{COST}. [2]"),
        (f"{COST} [2].\n", f"{COST} [2]."),
        *((f"{COST} [2]{broken}", "") for broken in ("", ",", ", Mayor", " –", " (", " but only")),
        (f"{COST} [2] but 4.5", ""),
        (f"{COST} [2] but Mr. Smith de", ""),
        ("A bridge opened [1]; residents [3", ""),
        ("The mayor was there, " * 40 + "but no", ""),
        ("", ""),
    ],
)
def test_of_a_draft_that_was_cut_the_whole_sentences_remain(draft: str, whole: str) -> None:
    assert whole_sentences(draft) == whole


def test_a_mark_before_a_decimal_does_not_break_it() -> None:
    linked = link(f"{COST} [2] but 4.5 million came from residents.", EVIDENCE)
    assert pairs(linked) == [(f"{COST} but 4.5 million came from residents.", (2,))]
