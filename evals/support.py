"""How far the support score can be trusted: calibration, and risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores in [low, high), the last bin closed: how many, their mean, the share right."""

    low: float
    high: float
    n: int
    score: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Brier score and expected calibration error over ten equal bins (Naeini et al. 2015)."""

    n: int
    brier: float
    ece: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """If only the most certain answers were given: share answered, share of those wrong."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve, and its area: the mean risk over its coverages (Geifman et al. 2019).

    `n` counts all samples, so coverage ends below 1 where some were refused before a draft.
    """

    n: int
    area: float
    points: tuple[RiskPoint, ...]


def calibration(scores: Sequence[float], right: Sequence[bool]) -> Calibration | None:
    """Compare scores with outcomes; None without any."""
    pairs = list(zip(scores, right, strict=True))
    if not pairs:
        return None
    groups: dict[int, list[tuple[float, bool]]] = {}
    for pair in pairs:
        groups.setdefault(min(int(pair[0] * _BINS), _BINS - 1), []).append(pair)
    bins = tuple(
        Bin(
            index / _BINS,
            (index + 1) / _BINS,
            len(group),
            sum(score for score, _ in group) / len(group),
            sum(hit for _, hit in group) / len(group),
        )
        for index, group in sorted(groups.items())
    )
    return Calibration(
        len(pairs),
        sum((score - hit) ** 2 for score, hit in pairs) / len(pairs),
        sum(found.n * abs(found.score - found.right) for found in bins) / len(pairs),
        bins,
    )


def risk_coverage(
    scores: Sequence[float], right: Sequence[bool], *, samples: int
) -> RiskCoverage | None:
    """Answer from the most certain down; equal scores are answered together."""
    pairs = sorted(zip(scores, right, strict=True), key=lambda pair: -pair[0])
    if not pairs or samples <= 0:
        return None
    points: list[RiskPoint] = []
    area = 0.0
    wrong = 0
    before = 0
    for count, (score, hit) in enumerate(pairs, start=1):
        wrong += not hit
        if count == len(pairs) or pairs[count][0] != score:
            area += (count - before) * wrong / count
            before = count
            points.append(RiskPoint(count / samples, wrong / count))
    return RiskCoverage(samples, area / len(pairs), tuple(points))
