"""Fit the weights of the support score: `python -m evals.calibrate SUITE… > calibration.toml`.

Every statement that could be said to a question of the `dev` half and passes the hard checks is one
observation; it is right if it has anything that the sample asks for, and nothing forbidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import typer
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from assistant import Statement, load_settings
from assistant.answering.scoring import FEATURES, Calibration, load_calibration, read_features
from evals.opening import open_suite
from evals.samples import choose
from evals.scorers.correctness import accepts_some
from evals.selection import failing_kindly, suites_of
from evals.suites import Source

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
    groups: list[str] = []
    with failing_kindly():
        for suite in [chosen.load(Source()) for chosen in suites_of(suites, None, None)]:
            with open_suite(suite, load_settings()) as opened:
                dev = [sample for sample in opened.samples if sample.split == "dev"]
                for sample in choose(dev, limit=limit, seed=seed):
                    for statement in opened.assistant.chain.candidates(
                        sample.question, sample.turns, opened.where(sample)
                    ):
                        features = _features(statement)
                        if features is not None:
                            observed.append([features[name] for name in FEATURES])
                            labels.append(accepts_some(sample, statement.text))
                            groups.append(f"{suite.name}:{sample.group or sample.id}")
    x, y = np.asarray(observed), np.asarray(labels)
    splits = folds(labels, groups)
    crossed = np.empty(len(y))
    for chosen, left_out in splits:
        crossed[left_out] = _predict(_fit(x[chosen], y[chosen]), x[left_out])
    intercept, *weights = (round(float(value), 4) for value in _fit(x, y))
    typer.echo(
        f"{len(y)} statements of {len(set(groups))} questions, {y.mean():.0%} right; by "
        f"cross-validation over questions: Brier score {brier_score_loss(y, crossed):.3f}, "
        f"area under the ROC curve {roc_auc_score(y, crossed):.2f}, "
        f"accuracy {((crossed > 0.5) == y).mean():.0%}",
        err=True,
    )
    fitted = Calibration(
        f"{'-'.join(sorted(suites))}-dev-{len(y)}",
        intercept,
        load_calibration().supported_from,
        dict(zip(FEATURES, weights, strict=True)),
    )
    typer.echo(render(fitted), nl=False)


def folds(labels: Sequence[bool], groups: Sequence[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return indices to fit on and to leave out; statements of one question are on one side.

    Raises:
        typer.BadParameter: there is too little to fit anything.
    """
    sides = [{g for label, g in zip(labels, groups, strict=True) if label is side}
             for side in (True, False)]  # fmt: skip
    if min(map(len, sides)) < _FOLDS:
        raise typer.BadParameter("too few statements to fit anything; ask more questions")
    splitter = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros((len(labels), 1)), labels, groups))


def render(fitted: Calibration) -> str:
    """Write a calibration.toml as it is committed."""
    lines = [
        '# Logistic regression of "the statement is right" on the features of scoring.py.',
        "# Fitted by evals/calibrate.py on dev samples; evals/README.md says on which.",
        f'version = "{fitted.version}"',
        f"intercept = {fitted.intercept:.4f}",
        f"supported_from = {fitted.supported_from}",
        "",
        "[weights]",
        *(f"{name} = {weight:.4f}" for name, weight in fitted.weights.items()),
    ]
    return "\n".join(lines) + "\n"


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


if __name__ == "__main__":
    typer.run(main)
