"""What one question gathers on its way to an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.answering.context import EvidenceContext
from assistant.models.cross_encoder import from_log_odds, log_odds
from assistant.retrieval.asking import strip_instructions
from assistant.retrieval.hybrid import RankedPassage
from assistant.types import Citation, Evidence, SearchFilter, Statement, Usage

_RERANKER_SHARE = 0.5
"""Chosen on `dev` questions of three suites; evals/README.md has the figures."""


@dataclass
class Run:
    """What one question has gathered so far. `began` is a reading of the monotonic clock."""

    question: str
    where: SearchFilter
    began: float
    rewritten: str | None = None
    evidence: tuple[Evidence, ...] = ()
    contexts: dict[int, EvidenceContext] = field(default_factory=dict)
    """The evidence in its surroundings, by number."""
    chances: dict[int, float] = field(default_factory=dict)
    """The verifier's probability that a sentence answers the question, by number."""
    retrieve_s: float = 0.0
    first_token_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    passages: list[RankedPassage] = field(default_factory=list)
    vector: list[float] = field(default_factory=list)
    dropped: list[Statement] = field(default_factory=list)
    broken_off: bool = False
    """Whether a draft reached its limit before its first sentence ended."""

    @property
    def asked(self) -> str:
        """What is looked up and answered: independent of turns, free of instructions."""
        return strip_instructions(self.rewritten or self.question)

    @property
    def answerable(self) -> float:
        """The best chance that a sentence of the evidence answers, in [0, 1].

        The verifier sees that a fitting sentence leaves the asked detail out, the reranker that
        none fits at all: their log-odds are added, the reranker's by a share.
        """
        if not self.chances:
            return 0.0
        relevance = max(item.relevance for item in self.evidence)
        total = log_odds(max(self.chances.values())) + _RERANKER_SHARE * log_odds(relevance)
        return from_log_odds(total)


@dataclass
class Attempt:
    """What one draft came to."""

    shown: list[Statement] = field(default_factory=list)
    numbering: dict[int, int] = field(default_factory=dict)
    """Numbers as printed, by number of the evidence."""

    def print_numbers(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Number the evidence in the order in which statements cite it."""
        for number in numbers:
            self.numbering.setdefault(number, len(self.numbering) + 1)
        return tuple(self.numbering[number] for number in numbers)

    def cite(
        self, contexts: Mapping[int, EvidenceContext], printed: Collection[int] | None = None
    ) -> tuple[Citation, ...]:
        """Return what these printed numbers cite, in their order; without any, what all do."""
        return tuple(
            contexts[number].cite(shown)
            for number, shown in self.numbering.items()
            if printed is None or shown in printed
        )
