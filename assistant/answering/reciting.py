"""Citations mended: what a statement rests on, where the draft cited something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.answering.checks import check_statement, failed_gates
from assistant.answering.context import EvidenceContext
from assistant.answering.linking import coverage


def recite(
    statement: str,
    question: str,
    cited: Sequence[int],
    contexts: Mapping[int, EvidenceContext],
) -> tuple[int, ...]:
    """Return the numbers of evidence under which a statement passes the hard checks.

    They are those cited, if it passes; else the fewest others, one alone or one more, that cover
    the statement best and no worse than those cited. If there are none, those cited.
    """
    if not cited or _passes(statement, question, cited, contexts):
        return tuple(cited)
    alone = [(number,) for number in contexts if (number,) != tuple(cited)]
    with_one_more = [(*cited, number) for number in contexts if number not in cited]
    covered = {
        numbers: _coverage(statement, numbers, contexts)
        for numbers in (tuple(cited), *alone, *with_one_more)
    }
    least = covered[tuple(cited)]
    for numbers in sorted(
        (*alone, *with_one_more), key=lambda found: (-covered[found], len(found))
    ):
        if covered[numbers] < least:
            break
        if _passes(statement, question, numbers, contexts):
            return numbers
    return tuple(cited)


def _passes(
    statement: str,
    question: str,
    numbers: Sequence[int],
    contexts: Mapping[int, EvidenceContext],
) -> bool:
    cited = [contexts[number] for number in numbers]
    return not failed_gates(check_statement(statement, question, cited))


def _coverage(
    statement: str, numbers: Sequence[int], contexts: Mapping[int, EvidenceContext]
) -> float:
    return coverage(statement, " ".join(contexts[number].evidence.reading for number in numbers))
