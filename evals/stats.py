"""Means with intervals, and whether two runs differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

_CONFIDENCE = 0.95
_TAIL = (1 - _CONFIDENCE) / 2
_RESAMPLES = 2000
FEWEST_CLUSTERS = 5
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


def proportion(hits: Sequence[bool], clusters: Sequence[str] | None = None) -> Estimate:
    """Return the share of hits with Wilson's score interval (Wilson 1927).

    Hits of one cluster, such as the statements of one answer, are not independent: where
    clusters repeat, the interval is that of the effective sample size (Kish 1965).
    """
    if not hits:
        return NOTHING
    share = sum(hits) / len(hits)
    low, high = _wilson(share, _effective_size(hits, clusters))
    return Estimate(len(hits), share, low, high)


def mean(values: Sequence[float], clusters: Sequence[str] | None = None) -> Estimate:
    """Return the mean of values in [0, 1] with a percentile-bootstrap interval.

    2,000 seeded resamples; whole clusters are drawn where at least five are named, since samples
    that share an article err together; the mean stays that of the samples. Equal values have
    nothing to resample: they get Wilson's interval, on the number of clusters where those are
    drawn. No values in [0, 1] vary more than hits and misses do, so it is wide enough.
    """
    if not values:
        return NOTHING
    data = np.asarray(values, dtype=float)
    if data.min() == data.max():
        drawn = len(set(clusters)) if clusters is not None else 0
        size = drawn if drawn >= FEWEST_CLUSTERS else len(data)
        return Estimate(len(data), float(data[0]), *_wilson(float(data[0]), size))
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


def _wilson(share: float, size: float) -> tuple[float, float]:
    """Return Wilson's score interval of a share of `size` independent samples."""
    z = float(stats.norm.ppf(1 - _TAIL))
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z * math.sqrt(share * (1 - share) / size + (z / (2 * size)) ** 2) / (1 + z * z / size)
    return max(0.0, centre - half), min(1.0, centre + half)


def _effective_size(hits: Sequence[bool], clusters: Sequence[str] | None) -> float:
    """Return how many independent samples would know as much.

    The size divided by the design effect: the variance of the share between clusters (ratio
    estimator, Cochran 1977) over that of independent samples. It lies between the number of
    clusters and that of samples; where clusters are fewer than five or all hits equal, nothing
    can be estimated and the clusters count.
    """
    n = len(hits)
    if clusters is None or len(set(clusters)) == n:
        return n
    sizes = Counter(clusters)
    share, k = sum(hits) / n, len(sizes)
    if k < FEWEST_CLUSTERS or share in {0.0, 1.0}:
        return k
    totals = dict.fromkeys(sizes, 0)
    for hit, name in zip(hits, clusters, strict=True):
        totals[name] += hit
    spread = sum((totals[name] - share * size) ** 2 for name, size in sizes.items())
    variance = k / (k - 1) * spread / n**2
    effect = variance / (share * (1 - share) / n)
    return min(n, max(k, n / effect)) if effect > 0 else n


def _flips(before: Sequence[bool], after: Sequence[bool]) -> tuple[int, int]:
    lost = sum(b and not a for b, a in zip(before, after, strict=True))
    gained = sum(a and not b for b, a in zip(before, after, strict=True))
    return lost, gained


def _resampled_means(data: np.ndarray, clusters: Sequence[str] | None) -> np.ndarray:
    """Return the means of the resamples; shape (resamples,)."""
    random = np.random.default_rng(0)
    names = sorted(set(clusters)) if clusters is not None else []
    if clusters is None or len(names) < FEWEST_CLUSTERS:
        means: np.ndarray = random.choice(data, size=(_RESAMPLES, len(data))).mean(axis=1)
        return means
    place = {name: index for index, name in enumerate(names)}
    owner = np.asarray([place[name] for name in clusters])
    totals = np.bincount(owner, weights=data, minlength=len(names))
    counts = np.bincount(owner, minlength=len(names))
    drawn = random.integers(len(names), size=(_RESAMPLES, len(names)))
    ratios: np.ndarray = totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return ratios
