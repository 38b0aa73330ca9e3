"""Means with intervals, and whether two runs differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_CONFIDENCE = 0.95
_TAIL = (1 - _CONFIDENCE) / 2
_RESAMPLES = 2000
_FEWEST_CLUSTERS = 5
"""With fewer clusters their bootstrap says nothing; samples are drawn instead."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` samples with its 95 % interval; all None where n is 0."""

    n: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of means, after minus before, with interval and two-sided p."""

    n: int
    mean: float
    low: float
    high: float
    p: float


NOTHING = Estimate(0, None, None, None)


def proportion(hits: Sequence[bool]) -> Estimate:
    """Return the share of hits with Wilson's score interval (Wilson 1927)."""
    if not hits:
        return NOTHING
    found = stats.binomtest(sum(hits), len(hits)).proportion_ci(_CONFIDENCE, method="wilson")
    return Estimate(len(hits), sum(hits) / len(hits), float(found.low), float(found.high))


def mean(values: Sequence[float], clusters: Sequence[str] | None = None) -> Estimate:
    """Return the mean with a percentile-bootstrap interval over 2,000 seeded resamples.

    Whole clusters are drawn where at least five are named, since samples that share an
    article err together; the mean stays that of the samples.
    """
    if not values:
        return NOTHING
    data = np.asarray(values, dtype=float)
    draws = _resampled_means(data, clusters)
    low, high = np.quantile(draws, [_TAIL, 1 - _TAIL])
    return Estimate(len(data), float(data.mean()), float(low), float(high))


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Return the exact two-sided p-value that paired outcomes differ (McNemar 1947)."""
    lost, gained = _flips(before, after)
    if lost + gained == 0:
        return 1.0
    return float(stats.binomtest(gained, lost + gained).pvalue)


def loss_p(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Return McNemar's exact one-sided p-value: how surprising so many losses would be."""
    lost, gained = _flips(before, after)
    if lost + gained == 0:
        return 1.0
    return float(stats.binomtest(lost, lost + gained, alternative="greater").pvalue)


def paired(
    before: Sequence[float], after: Sequence[float], clusters: Sequence[str] | None = None
) -> Difference:
    """Compare paired values by a bootstrap of their differences.

    `p` is twice the smaller share of resampled means on one side of nought, ties halved,
    never below the resolution of the bootstrap.
    """
    change = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    if not len(change):
        raise ValueError("nothing to compare")
    draws = _resampled_means(change, clusters)
    low, high = np.quantile(draws, [_TAIL, 1 - _TAIL])
    below = float((draws < 0).mean() + (draws == 0).mean() / 2)
    p = max(2 * min(below, 1 - below), 1 / _RESAMPLES)
    return Difference(len(change), float(change.mean()), float(low), float(high), min(1.0, p))


def _flips(before: Sequence[bool], after: Sequence[bool]) -> tuple[int, int]:
    lost = sum(b and not a for b, a in zip(before, after, strict=True))
    gained = sum(a and not b for b, a in zip(before, after, strict=True))
    return lost, gained


def _resampled_means(data: np.ndarray, clusters: Sequence[str] | None) -> np.ndarray:
    """Return the means of the resamples; shape (resamples,)."""
    random = np.random.default_rng(0)
    names = sorted(set(clusters)) if clusters is not None else []
    if clusters is None or len(names) < _FEWEST_CLUSTERS:
        means: np.ndarray = random.choice(data, size=(_RESAMPLES, len(data))).mean(axis=1)
        return means
    place = {name: index for index, name in enumerate(names)}
    owner = np.asarray([place[name] for name in clusters])
    totals = np.bincount(owner, weights=data, minlength=len(names))
    counts = np.bincount(owner, minlength=len(names))
    drawn = random.integers(len(names), size=(_RESAMPLES, len(names)))
    ratios: np.ndarray = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return ratios
