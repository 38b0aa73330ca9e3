"""Citations mended: what a statement rests on, where the draft cited something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.checks import check_statement, failed_gates
from assistant.answering.context import EvidenceContext
from assistant.answering.linking import coverage
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
    that has only words of the question counts within an article that is cited ("pier 9", told of
    before), not from another, where they may be told of something else.
    """

    def check(numbers: tuple[int, ...]) -> Recited:
        evidence = [contexts[number] for number in numbers]
        return Recited(numbers, check_statement(statement, question, evidence))

    given = check(tuple(cited))
    if not cited or not failed_gates(given.checks):
        return given
    alone = [(number,) for number in contexts if (number,) != given.numbers]
    with_one_more = [(*cited, number) for number in contexts if number not in cited]
    covered = {
        numbers: _coverage(statement, numbers, contexts)
        for numbers in (given.numbers, *alone, *with_one_more)
    }
    least = covered[given.numbers]
    articles = {contexts[number].article.id for number in cited}

    def fits(numbers: tuple[int, ...]) -> bool:
        related = len(numbers) == 1 or contexts[numbers[-1]].article.id in articles
        return covered[numbers] > least or (covered[numbers] == least and related)

    fitting = [numbers for numbers in (*alone, *with_one_more) if fits(numbers)]
    for numbers in sorted(fitting, key=lambda found: (-covered[found], len(found))):
        found = check(numbers)
        if not failed_gates(found.checks):
            return found
    return given


def _coverage(
    statement: str, numbers: Sequence[int], contexts: Mapping[int, EvidenceContext]
) -> float:
    return coverage(statement, " ".join(contexts[number].evidence.reading for number in numbers))
