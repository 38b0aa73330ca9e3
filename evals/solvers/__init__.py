"""What is measured: a solver turns a sample into an outcome."""

from __future__ import annotations

from typing import Protocol

from assistant import Assistant, SearchFilter
from evals.outcomes import Outcome
from evals.samples import Sample
from evals.solvers import assistant, plain


class Solver(Protocol):
    """Answers a sample over an assistant's corpus."""

    def __call__(
        self, assistant: Assistant, sample: Sample, where: SearchFilter | None, /
    ) -> Outcome:
        """Return what is shown to a user."""


SOLVERS: dict[str, Solver] = {"assistant": assistant.solve, "plain": plain.solve}

__all__ = ["SOLVERS", "Solver"]
