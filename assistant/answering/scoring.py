"""All that is known about a statement, combined into one probability and a verdict."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from assistant.answering.checks import GATES, question_share
from assistant.answering.context import EvidenceContext
from assistant.types import Check, Support, Verdict

_CLIP = 0.01
_GATED = 0.02
"""Score of a statement that fails a hard check: below any sensible threshold."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic regression, by feature name."""

    version: str
    intercept: float
    supported_from: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return the modelled probability that the statement is right, in (0, 1)."""
        total = self.intercept + sum(
            weight * features[name] for name, weight in self.weights.items()
        )
        return 1.0 / (1.0 + math.exp(-total))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """Read the fitted weights that travel with the package."""
    text = resources.files("assistant.answering").joinpath("calibration.toml").read_text("utf-8")
    values = tomllib.loads(text)
    return Calibration(
        values["version"], values["intercept"], values["supported_from"], values["weights"]
    )


def read_features(
    question: str,
    statement: str,
    *,
    cited: Sequence[EvidenceContext],
    checks: Sequence[Check],
    witness: float,
    draft_refusal: float,
) -> dict[str, float]:
    """Return what the calibration is fitted on.

    `witness` is P(yes), `draft_refusal` the chance that the draft would have refused; both
    enter as log-odds, clipped to [0.01, 0.99].
    """
    found = {check.name: check for check in checks}
    near = " ".join(context.wide for context in cited)
    return {
        "witness": log_odds(witness),
        "draft_refusal": log_odds(draft_refusal),
        "question_share": question_share(question, f"{near} {statement}"),
        "statement_share": question_share(statement, near),
        "attribution": _sign(found.get("attribution")),
        "question_numbers": _sign(found.get("question_numbers")),
        "similarity": max((context.evidence.score for context in cited), default=0.0),
    }


def judge(
    checks: Sequence[Check],
    features: Mapping[str, float] | None,
    *,
    threshold: float,
    calibration: Calibration,
) -> Support:
    """Combine checks and features into a support.

    A failed gate is `unsupported`. Above `threshold` a statement is `supported` when its score
    reaches `calibration.supported_from` and no check failed, else `partly`.
    """
    failed = {check.name for check in checks if check.passed is False}
    if features is None or failed & GATES:
        return Support("unsupported", _GATED, tuple(checks))
    score = calibration.probability(features)
    verdict: Verdict = "partly"
    if score < threshold:
        verdict = "unsupported"
    elif score >= max(threshold, calibration.supported_from) and not failed:
        verdict = "supported"
    return Support(verdict, round(score, 4), tuple(checks))


def log_odds(chance: float) -> float:
    """Return ln(p / (1 - p)) of a probability clipped to [0.01, 0.99]."""
    clipped = min(max(chance, _CLIP), 1 - _CLIP)
    return math.log(clipped / (1 - clipped))


def _sign(check: Check | None) -> float:
    return -1.0 if check is not None and check.passed is False else 0.0
