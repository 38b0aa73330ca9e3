"""Means with intervals, and whether two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_CONFIDENCE = 0.95
_RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` samples with its 95 % interval; all None where n is 0."""

    n: int
    mean: float | None
    low: float | None
    high: float | None


def proportion(hits: Sequence[bool]) -> Estimate:
    """Return the share of hits with Wilson's score interval (Wilson 1927)."""
    if not hits:
        return Estimate(0, None, None, None)
    found = stats.binomtest(sum(hits), len(hits)).proportion_ci(_CONFIDENCE, method="wilson")
    return Estimate(len(hits), sum(hits) / len(hits), float(found.low), float(found.high))


def mean(values: Sequence[float]) -> Estimate:
    """Return the mean with a percentile-bootstrap interval over 2,000 seeded resamples."""
    if not values:
        return Estimate(0, None, None, None)
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(0).choice(data, size=(_RESAMPLES, len(data))).mean(axis=1)
    low, high = np.quantile(draws, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    return Estimate(len(data), float(data.mean()), float(low), float(high))


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Return the exact two-sided p-value that paired outcomes differ (McNemar 1947)."""
    lost = sum(b and not a for b, a in zip(before, after, strict=True))
    gained = sum(a and not b for b, a in zip(before, after, strict=True))
    if lost + gained == 0:
        return 1.0
    return float(stats.binomtest(gained, lost + gained).pvalue)
