"""The path of a question, with a scripted chat model and a real index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest

from assistant.answering.chain import AnswerChain
from assistant.errors import QuestionError
from assistant.index import Index
from assistant.types import (
    Drafted,
    Event,
    Finished,
    Retrieved,
    SearchFilter,
    Statement,
    Token,
    Verified,
)
from tests.support.chat import PlainChatModel, ScriptedChatModel

HEIGHT = "What height did the Marlow-2 bridge reach?"
RIGHT = "It reached a height of 45 metres. [1]"
Runner = Callable[..., Any]


def verified(events: tuple[Event, ...]) -> list[Statement]:
    return [event.statement for event in events if isinstance(event, Verified)]


def test_an_answer_is_cited_to_exact_characters(run: Runner, index: Index) -> None:
    answer = run(HEIGHT, "It reached a height of 45 metres.").answer
    assert answer.refusal is None
    (citation,) = answer.citations
    article = index.article(citation.article_id)
    assert article.text[citation.start : citation.end] == citation.quote
    assert citation.quote == "The Marlow-2 bridge reached a height of 45 metres on Friday."
    assert (citation.title, citation.source) == ("Marlow bridge opens", "Gazette")
    assert citation.published == article.published
    assert answer.text == "It reached a height of 45 metres. [1]"
    assert answer.statements[0].support.verdict == "supported"


def test_printed_numbers_count_from_one_in_reading_order(run: Runner) -> None:
    found = run(
        "What height did the bridge reach, and who wrote a letter to the council?",
        "Mayor Ines Pell wrote a letter to the council about traffic. [2] "
        "The Marlow-2 bridge reached a height of 45 metres on Friday. [1]",
    ).answer
    printed = [number for statement in found.statements for number in statement.citations]
    assert len(printed) == 2
    assert printed == sorted(printed)
    assert [citation.number for citation in found.citations] == list(range(1, len(printed) + 1))


def test_events_come_in_order_and_the_union_is_closed(run: Runner) -> None:
    assert set(get_args(Event)) == {Retrieved, Token, Drafted, Verified, Finished}
    events = run(HEIGHT, "It reached 45 metres.").events
    kinds = [type(event) for event in events]
    assert kinds[0] is Retrieved
    assert set(kinds[1:-3]) == {Token}
    assert kinds[-3:] == [Drafted, Verified, Finished]
    _, drafted, verified, finished = events[-4:]
    assert drafted.statements == (verified.statement.text,)
    assert verified.citations == finished.answer.citations
    text = "".join(event.text for event in events if isinstance(event, Token))
    assert text == "It reached 45 metres."


def test_the_evidence_is_numbered_from_one(run: Runner) -> None:
    first = run(HEIGHT, RIGHT).events[0]
    assert [item.number for item in first.evidence] == list(range(1, len(first.evidence) + 1))


def test_the_same_question_twice_gives_the_same_answer(run: Runner) -> None:
    once, twice = (run(HEIGHT, RIGHT).answer for _ in range(2))
    assert (once.statements, once.citations) == (twice.statements, twice.citations)


@pytest.mark.parametrize(
    "draft",
    [
        "It reached 54 metres on Friday. [1]",
        "It reached 45 kilometres on Friday. [1]",
        "It reached 45 metres on Monday. [1]",
        "It reached 45 metres, said Governor Amina Diallo. [1]",
        "It reached “a height of 45 glorious metres” on Friday. [1]",
    ],
)
def test_a_statement_that_the_evidence_contradicts_is_not_shown(run: Runner, draft: str) -> None:
    answer = run(HEIGHT, draft, certainty=0.999).answer
    assert answer.statements == ()
    assert answer.citations == ()
    assert answer.refusal is not None
    assert answer.refusal.code == "unsupported"
    assert answer.dropped[0].support.verdict == "unsupported"
    assert answer.dropped[0].text not in answer.text


def test_only_the_unsupported_statement_of_a_draft_is_left_out(run: Runner) -> None:
    found = run(HEIGHT, f"{RIGHT} It cost 99 million dollars in 1871.")
    assert [statement.text for statement in found.answer.statements] == [RIGHT[:-4]]
    assert [statement.text for statement in found.answer.dropped] == [
        "It cost 99 million dollars in 1871."
    ]
    assert "1871" not in found.answer.text
    assert verified(found.events) == [*found.answer.statements, *found.answer.dropped]


def test_a_statement_that_the_model_disowns_is_not_shown(run: Runner) -> None:
    question = "Which letter did the council get?"
    draft = "Mayor Ines Pell wrote about traffic."
    assert run(question, draft, says="no").answer.refusal is not None


def test_a_made_up_citation_is_reported(run: Runner) -> None:
    answer = run(HEIGHT, "It reached a height of 45 metres. [1] [77]").answer
    assert answer.citations[0].quote.startswith("The Marlow-2")
    assert len(answer.citations) == 1
    assert any("77" in note for note in answer.notes)


@pytest.mark.parametrize("low", [0.5, 0.7, 0.9])
def test_the_score_rises_with_the_models_own_yes(run: Runner, low: float) -> None:
    weak, strong = (
        verified(run(HEIGHT, RIGHT, certainty=chance).events)[0].support for chance in (low, 0.98)
    )
    assert 0 <= weak.score <= strong.score <= 1


def test_a_higher_threshold_shows_less(run: Runner) -> None:
    assert run(HEIGHT, RIGHT, support_threshold=0.0).answer.refusal is None
    assert run(HEIGHT, RIGHT, support_threshold=1.0).answer.refusal is not None


def test_the_verdict_says_which_checks_made_it(run: Runner) -> None:
    (statement,) = run(HEIGHT, RIGHT).answer.statements
    names = {check.name for check in statement.support.checks}
    assert names >= {"cited", "numbers", "dates", "quotes", "names", "question_names", "model"}


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "x" * 3000])
def test_an_empty_or_endless_question_is_an_error(run: Runner, question: str) -> None:
    with pytest.raises(QuestionError) as raised:
        run(question, "never")
    assert raised.value.hint


def test_the_answer_carries_what_is_needed_to_reproduce_it(run: Runner, index: Index) -> None:
    found = run(HEIGHT, "It reached 45 metres.")
    answer = found.answer
    assert answer.question == HEIGHT
    assert answer.model == "scripted"
    assert answer.embedding_model == "fake"
    assert answer.prompt_version == found.prompts.version
    assert answer.index_digest == index.version()
    assert 0 <= answer.timings.retrieve_s <= answer.timings.total_s
    assert answer.timings.first_token_s is not None


def test_tokens_of_all_calls_are_counted(run: Runner) -> None:
    found = run(HEIGHT, RIGHT)
    assert len(found.model.calls) == 2
    read = sum(len(str(m.content).split()) for call in found.model.calls for m in call)
    assert found.answer.usage.prompt_tokens == read
    assert found.answer.usage.completion_tokens == len(RIGHT.split()) + 1


def test_a_filter_keeps_other_articles_out(run: Runner) -> None:
    question = "How many people did the ferry carry?"
    draft = "The ferry carried 300 people."
    assert run(question, draft).answer.citations[0].source == "Courier"
    kept_out = run(question, draft, where=SearchFilter(sources=("Gazette",)))
    titles = {item.article.title for item in kept_out.events[0].evidence}
    assert titles <= {"Marlow bridge opens"}
    assert kept_out.answer.refusal is not None


def test_a_provider_without_probabilities_answers_too(
    index: Index, chain_of: Callable[..., AnswerChain], run: Runner
) -> None:
    verify = run(HEIGHT, RIGHT).prompts.verify.system
    model = PlainChatModel(script=lambda calls: "Yes." if calls[0].content == verify else RIGHT)
    *_, last = chain_of(index, model).stream(HEIGHT)
    assert isinstance(last, Finished)
    assert last.answer.refusal is None


def test_reading_on_is_up_to_the_caller(index: Index, chain_of: Callable[..., AnswerChain]) -> None:
    model = ScriptedChatModel(script=lambda _: RIGHT)
    stream = chain_of(index, model).stream(HEIGHT)
    assert isinstance(next(stream), Retrieved)
    stream.close()
    assert model.calls == []


def test_an_unexpected_error_is_not_swallowed(
    index: Index, chain_of: Callable[..., AnswerChain]
) -> None:
    model = ScriptedChatModel(script=lambda _: RIGHT, fails_with=LookupError("odd"))
    with pytest.raises(LookupError, match="odd"):
        list(chain_of(index, model).stream(HEIGHT))
