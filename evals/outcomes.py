"""What a solver gave for a sample, as plain values that go to disk and come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CitedSpan:
    """A citation as it was shown: article, range and quote."""

    article_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A passage or an evidence sentence; the order in which they come is their rank."""

    article_id: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class StatementOutcome:
    """A statement as it was shown, or as it was dropped.

    `cites` holds 0-based positions in the outcome's citations; empty for dropped statements.
    """

    text: str
    verdict: str
    score: float
    shown: bool
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a user would see, what led to it, and what it took.

    `passages` are what retrieval found before evidence was chosen, best first; `evidence` is
    what the chat model read, best first by the reranker. Times are seconds since the question,
    None where a step did not happen. `details` is the Answer's own JSON form where there is one.
    """

    text: str
    refused: bool
    refusal_code: str | None = None
    citations: tuple[CitedSpan, ...] = ()
    statements: tuple[StatementOutcome, ...] = ()
    passages: tuple[FoundSpan, ...] = ()
    evidence: tuple[FoundSpan, ...] = ()
    retrieved_s: float = 0.0
    first_token_s: float | None = None
    last_token_s: float | None = None
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[StatementOutcome, ...]:
        """The statements of the answer."""
        return tuple(statement for statement in self.statements if statement.shown)


STAGES = ("retrieve", "read", "write", "verify")
"""Where the time of an answer goes, in order."""


def stage_seconds(outcome: dict[str, Any]) -> dict[str, float]:
    """Split the time of a stored outcome into its stages.

    `read` ends with the first token, `write` with the last, `verify` with the answer. Where
    nothing was written, all after retrieval is `verify`.
    """
    retrieved, total = outcome["retrieved_s"], outcome["total_s"]
    first, last = outcome["first_token_s"], outcome["last_token_s"]
    if first is None or last is None:
        return {"retrieve": retrieved, "read": 0.0, "write": 0.0, "verify": total - retrieved}
    return {
        "retrieve": retrieved,
        "read": first - retrieved,
        "write": last - first,
        "verify": max(0.0, total - last),
    }
