"""Fit the weights of the support score: `python -m evals.calibrate RUN… > calibration.toml`.

A statement that passed the hard checks is one observation; it is right if the sample is answerable
and the statement alone matches one of its groups of patterns. Only samples of the `dev` half count.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import StratifiedKFold

from assistant import load_settings
from assistant.answering.scoring import FEATURES, read_features
from evals.opening import open_suite
from evals.rows import read_rows
from evals.samples import Sample
from evals.suites import SUITES, Source

_REGULARISATION = 0.5


def main(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.")],
) -> None:
    """Print a calibration.toml and, on standard error, how well it fits."""
    rows = [
        row
        for run in runs
        for row in read_rows(run)
        if row["pipeline"] == "assistant" and row["split"] == "dev"
    ]
    suites = sorted({row["suite"] for row in rows})
    known = {suite: _samples(suite) for suite in suites}
    observed: list[list[float]] = []
    labels: list[bool] = []
    for row in rows:
        sample = known[row["suite"]].get(row["sample_id"])
        for statement in _statements(row) if sample else ():
            features = _features(statement)
            if sample and features is not None:
                observed.append([features[name] for name in FEATURES])
                labels.append(_is_right(sample, statement["text"]))
    if len(set(labels)) < 2:
        raise typer.BadParameter("the runs hold too few statements of the dev halves")
    x, y = np.asarray(observed), np.asarray(labels)
    crossed = np.empty(len(y))
    for chosen, left_out in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y):
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


def _samples(suite: str) -> dict[str, Sample]:
    with open_suite(SUITES[suite].load(Source()), load_settings()) as opened:
        return {sample.id: sample for sample in opened.samples}


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


def _statements(row: dict[str, Any]) -> list[dict[str, Any]]:
    details = row["outcome"]["details"]
    return [*details["statements"], *details["dropped"]]


def _features(statement: dict[str, Any]) -> dict[str, float] | None:
    checks = statement["support"]["checks"]
    if "model" not in checks:  # A hard check failed: nothing was asked.
        return None
    return read_features({name: check["score"] for name, check in checks.items()})


def _is_right(sample: Sample, text: str) -> bool:
    if any(re.search(pattern, text, re.IGNORECASE) for pattern in sample.forbidden):
        return False
    groups = sample.answers if sample.answerable else sample.correction
    return any(any(re.search(p, text, re.IGNORECASE) for p in group) for group in groups)


if __name__ == "__main__":
    typer.run(main)
