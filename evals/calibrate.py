"""Fit the weights of the support score: `python -m evals.calibrate SUITE… > calibration.toml`.

Every statement that could be said to a question of the `dev` half and passes the hard checks is one
observation; it is right if it has anything that the sample asks for, and nothing forbidden.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from assistant import load_settings
from assistant.answering.scoring import (
    FEATURES,
    UNPROBED,
    Calibration,
    Fit,
    load_calibration,
    read_features,
)
from evals.opening import OpenSuite, open_suite
from evals.samples import Sample
from evals.scorers.correctness import accepts_some
from evals.selection import Data, drawn, failing_kindly, reduced, suites_of
from evals.suites import Source
from evals.suites.loading import read_lines

_REGULARISATION = 0.5
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Observation:
    """A statement that could be said to a sample, the scores of its checks, and the truth."""

    suite: str
    sample: str
    group: str
    statement: str
    scores: dict[str, float]
    right: bool


def main(
    suites: Annotated[list[str], typer.Argument(help="summit, briefings, rtqa-fit.")],
    *,
    limit: Annotated[int | None, typer.Option(help="At most so many questions a suite.")] = None,
    seed: Annotated[int, typer.Option(help="Fixes which questions are drawn.")] = 0,
    data: Data = None,
    keep: Annotated[
        Path | None, typer.Option(help="JSON Lines of what was observed; gone on with if there.")
    ] = None,
    ask: Annotated[
        bool, typer.Option(help="Ask; else fit on all that --keep holds of these suites.")
    ] = True,
) -> None:
    """Print a calibration.toml and, on standard error, how well it fits."""
    with failing_kindly():
        if ask:
            observed = list(observe(suites, Source(data), limit=limit, seed=seed, keep=keep))
        else:
            kept = chain.from_iterable(read_kept(keep).values())
            observed = [one for one in kept if one.suite in suites]
    y = np.asarray([one.right for one in observed])
    groups = [f"{one.suite}:{one.group}" for one in observed]
    read = [read_features(one.scores) for one in observed]
    fits = {}
    for name, features in (("probed", FEATURES), ("unprobed", UNPROBED)):
        x = np.asarray([[found[feature] for feature in features] for found in read])
        crossed = np.empty(len(y))
        for chosen, left_out in folds(y.tolist(), groups):
            crossed[left_out] = _predict(_fit(x[chosen], y[chosen]), x[left_out])
        intercept, *weights = (round(float(value), 4) for value in _fit(x, y))
        fits[name] = Fit(intercept, dict(zip(features, weights, strict=True)))
        for suite in ("", *suites):
            of = np.asarray([suite in ("", one.suite) for one in observed])
            described = _describe(suite or "all", y[of], crossed[of], groups)
            typer.echo(f"{name}, {described}", err=True)
    fitted = Calibration(
        f"{'-'.join(sorted(suites))}-dev-{len(y)}", load_calibration().supported_from, **fits
    )
    typer.echo(render(fitted), nl=False)


def observe(
    suites: Sequence[str], source: Source, *, limit: int | None, seed: int, keep: Path | None
) -> Iterator[Observation]:
    """Yield what could be said to the questions of the `dev` halves and passes the hard checks.

    Samples that `keep` holds are not asked again; others are added to it.
    """
    kept = read_kept(keep)
    for suite in suites_of(list(suites), None, None):
        loaded = reduced(suite.load(source), "dev", limit, seed)
        with open_suite(loaded, load_settings()) as opened:
            for sample in drawn(opened, "dev", limit, seed):
                if sample.id not in kept:
                    kept[sample.id] = _observe_sample(opened, sample)
                    if keep is not None:
                        with keep.open("a", encoding="utf-8") as file:
                            rows = [asdict(one) for one in kept[sample.id]]
                            line = {"sample": sample.id, "observed": rows}
                            file.write(json.dumps(line, ensure_ascii=False) + "\n")
                yield from kept[sample.id]


def read_kept(path: Path | None) -> dict[str, list[Observation]]:
    """Return what a file of observations holds, by sample; nothing where there is none."""
    rows = read_lines(path) if path is not None and path.exists() else ()
    return {row["sample"]: [Observation(**one) for one in row["observed"]] for row in rows}


def _observe_sample(opened: OpenSuite, sample: Sample) -> list[Observation]:
    said = opened.assistant.chain.candidates(sample.question, sample.turns, opened.where(sample))
    observed = []
    for statement in said:
        scores = {c.name: c.score for c in statement.support.checks if c.score is not None}
        if "model" in scores:  # A statement that failed a hard check was put to nobody.
            right = accepts_some(sample, statement.text)
            group = sample.group or sample.id
            observed.append(
                Observation(opened.name, sample.id, group, statement.text, scores, right)
            )
    return observed


def _describe(name: str, y: np.ndarray, crossed: np.ndarray, groups: Sequence[str]) -> str:
    area = f"{roc_auc_score(y, crossed):.2f}" if 0 < y.sum() < len(y) else "–"
    return (
        f"{name}: {len(y)} statements, {y.mean():.0%} right; by cross-validation over "
        f"{len(set(groups))} questions: Brier score {brier_score_loss(y, crossed):.3f}, area under "
        f"the ROC curve {area}, accuracy {((crossed > 0.5) == y).mean():.0%}"
    )


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
        f"supported_from = {fitted.supported_from}",
        *_render_fit("probed", fitted.probed),
        *_render_fit("unprobed", fitted.unprobed),
    ]
    return "\n".join(lines) + "\n"


def _render_fit(name: str, fit: Fit) -> list[str]:
    weights = ", ".join(f"{feature} = {weight:.4f}" for feature, weight in fit.weights.items())
    return ["", f"[{name}]", f"intercept = {fit.intercept:.4f}", f"weights = {{ {weights} }}"]


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


if __name__ == "__main__":
    typer.run(main)
