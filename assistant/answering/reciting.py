"""Citations mended: what a statement rests on, where the draft cited something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.checks import check_statement, failed_gates
from assistant.answering.context import EvidenceContext
from assistant.answering.linking import coverage
from assistant.answering.naming import absent_names
from assistant.facts import content_words, fold, found_in, identifying_names, words
from assistant.types import Check


@dataclass(frozen=True, slots=True)
class Recited:
    """The numbers of evidence that a statement rests on, and its checks against that."""

    numbers: tuple[int, ...]
    checks: tuple[Check, ...]


def recite(
    statement: str,
    question: str,
    cited: Sequence[int],
    contexts: Mapping[int, EvidenceContext],
) -> Recited:
    """Find the evidence under which a statement passes the hard checks.

    It is what was cited, if the statement passes on that; else the fewest others, one alone or
    one more, that cover it best and no worse. If there are none, it is what was cited. One more
    is of an article that is cited ("pier 9", told of before), or has more of what the statement
    adds to the question, or joins what is compared: the Lark-3 of another article may be another
    ship.
    """

    def check(numbers: tuple[int, ...]) -> Recited:
        evidence = [contexts[number] for number in numbers]
        return Recited(numbers, check_statement(statement, question, evidence))

    def joins(numbers: tuple[int, ...]) -> bool:
        own = {contexts[number].article.id for number in cited}
        news = [_coverage(told, some, contexts) for some in (cited, numbers)]
        return contexts[numbers[-1]].article.id in own or news[1] > news[0] or compared

    given = check(tuple(cited))
    if not cited or not failed_gates(given.checks):
        return given
    told = _beyond(statement, question)
    wanted = identifying_names(question)
    evidence = [contexts[number] for number in cited]
    compared = 0 < len(absent_names(wanted, evidence, stands_for=True)) < len(wanted)
    alone = [(number,) for number in contexts if (number,) != given.numbers]
    with_one_more = [(*cited, number) for number in contexts if number not in cited]
    covered = {
        numbers: _coverage(statement, numbers, contexts)
        for numbers in (given.numbers, *alone, *with_one_more)
    }
    least = covered[given.numbers]
    fitting = [
        numbers
        for numbers in (*alone, *with_one_more)
        if covered[numbers] >= least and (len(numbers) == 1 or joins(numbers))
    ]
    for numbers in sorted(fitting, key=lambda found: (-covered[found], len(found))):
        found = check(numbers)
        if not failed_gates(found.checks):
            return found
    return given


def _beyond(statement: str, question: str) -> str:
    asked = content_words(question)
    return " ".join(word for word in words(statement) if not found_in(fold(word), asked))


def _coverage(
    statement: str, numbers: Sequence[int], contexts: Mapping[int, EvidenceContext]
) -> float:
    return coverage(statement, " ".join(contexts[number].evidence.reading for number in numbers))
