"""Where evidence answers otherwise, a reader sees both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from assistant.answering.differing import find_differing
from assistant.types import Article
from tests.support.articles import make_contexts
from tests.support.verifier import ScriptedVerifier

HOMES = "How many homes were flooded?"


def differing(
    question: str, text: str, stated: str, *, cited: int = 1, chance: float = 0.1
) -> list[str]:
    """Return the sentences of a text that differ from a statement that cites one of them."""
    contexts = {c.evidence.number: c for c in make_contexts(Article("A title", text))}
    found = find_differing(question, [stated], {cited}, contexts, dict.fromkeys(contexts, chance))
    return [contexts[number].evidence.text for number in found]


@pytest.mark.parametrize(
    ("question", "text", "stated", "wanted"),
    [
        (
            HOMES,
            "About 300 homes were flooded. Local officials gave a figure of 450.",
            "300 homes were flooded.",
            ["Local officials gave a figure of 450."],
        ),
        (
            "How much grain will it import?",
            "It will import 350,000 tonnes of grain. The federation thinks 450,000.",
            "It will import 350,000 tonnes.",
            ["The federation thinks 450,000."],
        ),
        (
            HOMES,
            "About 300 homes were flooded. Officials gave a figure of 300.",
            "300 homes were flooded.",
            [],
        ),
        (HOMES, "About 300 homes were flooded. The rain lasted 12 days.", "300 homes.", []),
        (
            HOMES,
            "About 300 homes were flooded. It rained. Officials gave a figure of 450.",
            "300 homes.",
            [],
        ),
        (
            "Why were homes flooded?",
            "About 300 homes were flooded. Officials gave a figure of 450.",
            "300 homes.",
            [],
        ),
    ],
)
def test_a_brief_sentence_that_goes_on_sets_another_figure(
    question: str, text: str, stated: str, wanted: list[str]
) -> None:
    assert differing(question, text, stated) == wanted


@pytest.mark.parametrize(
    ("question", "text", "stated", "wanted"),
    [
        (
            "When was the game released?",
            "The game came out on 2 October 2016. Release date: 27 October 2017.",
            "2 October 2016.",
            ["Release date: 27 October 2017."],
        ),
        (
            "When was the game released?",
            "The game came out on 2 October 2016. It was released in October.",
            "2 October 2016.",
            [],
        ),
        (
            "When was the game released in 2016?",
            "The game came out on 2 October. The year was 2016.",
            "2 October.",
            [],
        ),
        (
            "How high did it fly?",
            "It flew 4,475 km high. It reached 4,500 km. It flew for 50 minutes.",
            "4,475 km.",
            ["It reached 4,500 km."],
        ),
    ],
)
def test_a_sentence_that_the_verifier_takes_for_an_answer_may_differ(
    question: str, text: str, stated: str, wanted: list[str]
) -> None:
    assert differing(question, text, stated, chance=0.9) == wanted
    assert differing(question, text, stated, chance=0.1) == []


SPORT = "What sport is Lee associated with?"


@pytest.mark.parametrize(
    ("question", "other", "stated", "wanted"),
    [
        (SPORT, "Lee is a former boxer.", "Lee is a speed skater.", True),
        (SPORT, "Lee won medals in speed skating.", "Lee is a speed skater.", False),
        ("Why did Lee stop?", "Lee wanted to box.", "Lee stopped after a fall.", False),
        ("What did Lee say?", "Lee spoke of boxing.", "Lee said that he was tired.", False),
    ],
)
def test_another_article_may_name_something_else(
    question: str, other: str, stated: str, wanted: bool
) -> None:
    (one,) = make_contexts(Article("Lee the skater", "Lee skates for Korea."))
    (two,) = make_contexts(Article("Another Lee", other))
    (same,) = make_contexts(Article("Lee the skater", other))
    for context, expected in (
        (two, [2] if wanted else []),
        (dataclasses.replace(same, article=one.article), []),
    ):
        contexts = {1: one, 2: context}
        assert find_differing(question, [stated], {1}, contexts, {1: 0.9, 2: 0.9}) == expected


def test_the_likeliest_comes_first() -> None:
    text = "It reached 10 km. It reached 20 km. It reached 30 km."
    contexts = {c.evidence.number: c for c in make_contexts(Article("A title", text))}
    chances = {1: 0.9, 2: 0.5, 3: 0.8}
    assert find_differing("How high did it fly?", ["10 km."], {1}, contexts, chances) == [3, 2]


@pytest.fixture
def flood(index_of: Callable[..., Any]) -> Any:
    return index_of(
        Article(
            "Flood in Tolva",
            "About 300 homes were flooded in Tolva. Local officials gave a figure of 450.",
        )
    )


@pytest.fixture
def ask_of_flood(run: Callable[..., Any], flood: Any) -> Callable[..., Any]:
    """Ask how many homes were flooded; the draft says 300."""
    return lambda **values: (
        run(
            "How many homes were flooded in Tolva?",
            "300 homes were flooded in Tolva. [1]",
            over=flood,
            **values,
        ).answer
    )


def test_an_answer_shows_the_other_figure_with_its_own_citation(
    ask_of_flood: Callable[..., Any],
) -> None:
    answer = ask_of_flood(verifier=ScriptedVerifier())
    first, second = answer.statements
    assert (first.differs, second.differs) == (False, True)
    assert answer.citations[second.citations[0] - 1].quote == second.text
    assert second.text == "Local officials gave a figure of 450."
    assert "[1] Stated otherwise: Local officials gave a figure of 450. [2]" in answer.text


def test_what_is_not_supported_is_not_set_against_the_answer(
    ask_of_flood: Callable[..., Any],
) -> None:
    verifier = ScriptedVerifier(lambda _, text: 0.9 if "300" in text else 0.02)
    answer = ask_of_flood(verifier=verifier, says="no", certainty=0.6, support_threshold=0.55)
    assert not any(statement.differs for statement in answer.statements)


def test_without_verification_nothing_is_set_against_the_answer(
    ask_of_flood: Callable[..., Any],
) -> None:
    answer = ask_of_flood(verifier=ScriptedVerifier(), verification=False)
    assert [statement.differs for statement in answer.statements] == [False]


@pytest.mark.parametrize(
    ("question", "stated", "fits", "wanted"),
    [
        ("Did the tram company admit a warning?", "Yes, it apologised.", (0.3, 0.9), [2]),
        ("Did the tram company admit a warning?", "Yes, it apologised.", (0.9, 0.8), []),
        ("Did the tram company admit a warning?", "No, it denied that.", (0.3, 0.9), []),
        ("Why did the tram company apologise?", "It apologised.", (0.3, 0.9), []),
    ],
)
def test_a_denial_that_fits_better_than_what_is_cited_differs(
    question: str, stated: str, fits: tuple[float, float], wanted: list[int]
) -> None:
    text = "The tram company apologised. It denied that it had a warning."
    contexts = {
        context.evidence.number: dataclasses.replace(
            context, evidence=dataclasses.replace(context.evidence, relevance=relevance)
        )
        for context, relevance in zip(make_contexts(Article("Tram", text)), fits, strict=True)
    }
    assert find_differing(question, [stated], {1}, contexts, dict.fromkeys(contexts, 0.1)) == wanted
