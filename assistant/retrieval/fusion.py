"""Reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

RANK_CONSTANT = 60
"""k of Cormack, Clarke and Buettcher (SIGIR 2009), who found 60 near-optimal."""


def fuse(
    rankings: Sequence[Sequence[Key]], *, rank_constant: int = RANK_CONSTANT
) -> list[tuple[Key, float]]:
    """Merge rankings, best first: each item scores the sum of 1 / (rank_constant + rank).

    Ranks count from 1. Ties keep the order in which items first appear in `rankings`.
    """
    scores: dict[Key, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1.0 / (rank_constant + rank)
    return sorted(scores.items(), key=lambda item: -item[1])
