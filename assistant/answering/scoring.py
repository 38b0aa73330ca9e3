"""All that is known about a statement, combined into one probability and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.answering.checks import failed_gates
from assistant.bundled import read_table
from assistant.models.cross_encoder import from_log_odds, log_odds
from assistant.types import Check, Support, Verdict

CLIP = 0.01
"""Chances nearer to 0 or 1 than this count as this."""

_GATED = 0.02
"""Score of a statement that fails a hard check: below any sensible threshold."""

_PROBE = "probe"
_CHANCES = ("model", _PROBE, "answers")
_SHARES = ("statement_words",)

FEATURES = (*_CHANCES, *_SHARES)
UNPROBED = tuple(name for name in FEATURES if name != _PROBE)


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights of a logistic regression, by feature name."""

    intercept: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the modelled probability that the statement is right, in (0, 1)."""
        total = self.intercept + sum(
            weight * features[name] for name, weight in self.weights.items()
        )
        return from_log_odds(total)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The support score: one fit for where the probe was asked and one for other chat models."""

    version: str
    supported_from: float
    probed: Fit
    unprobed: Fit

    def probability(self, scores: Mapping[str, float | None]) -> float:
        """Return the probability, in (0, 1), that a statement of these scores is right."""
        fit = self.unprobed if scores.get(_PROBE) is None else self.probed
        return fit.probability(read_features(scores))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """Read the fitted weights that travel with the package."""
    values = read_table("answering/calibration.toml")
    return Calibration(
        values["version"],
        values["supported_from"],
        Fit(**values["probed"]),
        Fit(**values["unprobed"]),
    )


def read_features(scores: Mapping[str, float | None]) -> dict[str, float]:
    """Return what the calibration is fitted on, from the scores of checks.

    Chances enter as log-odds, clipped to [0.01, 0.99], shares as they are. What is not known
    is 0.
    """
    features = {name: log_odds(_known(scores, name, 0.5), clip=CLIP) for name in _CHANCES}
    return features | {name: _known(scores, name, 0.0) for name in _SHARES}


def judge(checks: Sequence[Check], *, threshold: float, calibration: Calibration) -> Support:
    """Combine checks into a support.

    A failed gate is `unsupported`. Above `threshold` a statement is `supported` when its score
    reaches `calibration.supported_from` and no check failed, else `partly`.
    """
    if failed_gates(checks):
        return Support("unsupported", _GATED, tuple(checks))
    scores = {check.name: check.score for check in checks}
    score = calibration.probability(scores)
    verdict: Verdict = "partly"
    if score < threshold:
        verdict = "unsupported"
    elif score >= max(threshold, calibration.supported_from) and not any(
        check.passed is False for check in checks
    ):
        verdict = "supported"
    return Support(verdict, round(score, 4), tuple(checks))


def _known(scores: Mapping[str, float | None], name: str, absent: float) -> float:
    score = scores.get(name)
    return absent if score is None else score
