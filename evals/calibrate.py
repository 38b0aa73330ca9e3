"""Fit the weights of the support score: `python -m evals.calibrate SUITE… > calibration.toml`.

Every statement that could be said to a question of the `dev` half and passes the hard checks is one
observation; it is right if the sample is answerable and the statement alone matches one of its
groups of patterns.
"""

from __future__ import annotations

import re
from typing import Annotated

import numpy as np
import typer
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import StratifiedKFold

from assistant import Statement, load_settings
from assistant.answering.scoring import FEATURES, read_features
from evals.opening import open_suite
from evals.samples import Sample, choose
from evals.suites import SUITES, Source

_REGULARISATION = 0.5
_FOLDS = 5


def main(
    suites: Annotated[list[str], typer.Argument(help="summit, briefings.")],
    *,
    limit: Annotated[int | None, typer.Option(help="At most so many questions a suite.")] = None,
    seed: Annotated[int, typer.Option(help="Fixes which questions are drawn.")] = 0,
) -> None:
    """Print a calibration.toml and, on standard error, how well it fits."""
    observed: list[list[float]] = []
    labels: list[bool] = []
    for suite in suites:
        with open_suite(SUITES[suite].load(Source()), load_settings()) as opened:
            dev = [sample for sample in opened.samples if sample.split == "dev"]
            for sample in choose(dev, limit=limit, seed=seed):
                for statement in opened.assistant.chain.candidates(
                    sample.question, sample.turns, opened.where(sample)
                ):
                    features = _features(statement)
                    if features is not None:
                        observed.append([features[name] for name in FEATURES])
                        labels.append(_is_right(sample, statement.text))
    if len(labels) < _FOLDS or len(set(labels)) < 2:
        raise typer.BadParameter("too few statements to fit anything; ask more questions")
    x, y = np.asarray(observed), np.asarray(labels)
    crossed = np.empty(len(y))
    for chosen, left_out in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(x, y):
        crossed[left_out] = _predict(_fit(x[chosen], y[chosen]), x[left_out])
    fitted = _fit(x, y)
    typer.echo(
        f"{len(y)} statements, {y.mean():.0%} right; cross-validated Brier score "
        f"{brier_score_loss(y, crossed):.3f}, accuracy {((crossed > 0.5) == y).mean():.0%}",
        err=True,
    )
    typer.echo('# Logistic regression of "the statement is right" on the features of scoring.py.')
    typer.echo("# Fitted by evals/calibrate.py on dev samples.")
    typer.echo(f'version = "{"-".join(suites)}-dev-{len(y)}"')
    typer.echo(f"intercept = {fitted[0]:.4f}\nsupported_from = 0.7\n\n[weights]")
    for name, weight in zip(FEATURES, fitted[1:], strict=True):
        typer.echo(f"{name} = {weight:.4f}")


def _fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return intercept and weights; shape (1 + features,).

    L2-regularised logistic regression. No weight is negative: whatever the few observations
    say, more support never lowers the score.
    """

    def loss(parameters: np.ndarray) -> float:
        signed = np.where(y, 1.0, -1.0) * (parameters[0] + x @ parameters[1:])
        penalty = (parameters[1:] ** 2).sum() / (2 * _REGULARISATION)
        return float(np.logaddexp(0, -signed).sum() + penalty)

    bounds = [(None, None), *[(0, None)] * x.shape[1]]
    found: np.ndarray = minimize(loss, np.zeros(1 + x.shape[1]), bounds=bounds).x
    return found


def _predict(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    chances: np.ndarray = expit(parameters[0] + x @ parameters[1:])
    return chances


def _features(statement: Statement) -> dict[str, float] | None:
    checks = {check.name: check.score for check in statement.support.checks}
    # A statement that failed a hard check was put to nobody.
    return read_features(checks) if "model" in checks else None


def _is_right(sample: Sample, text: str) -> bool:
    if any(re.search(pattern, text, re.IGNORECASE) for pattern in sample.forbidden):
        return False
    groups = sample.answers if sample.answerable else sample.correction
    return any(any(re.search(p, text, re.IGNORECASE) for p in group) for group in groups)


if __name__ == "__main__":
    typer.run(main)
