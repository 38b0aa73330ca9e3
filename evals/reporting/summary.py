"""The figures of a run, by suite and pipeline, as values that every report draws from."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evals.measures import (
    Measure,
    RefusalMatrix,
    by_kind,
    measures,
    medians,
    recall_curve,
    refusal_matrix,
    stage_medians,
    support_calibration,
    support_risk,
    unscored,
)
from evals.rows import Rows, names_of
from evals.stats import Estimate
from evals.support import Calibration, RiskCoverage

_REFERENCES = Path(__file__).parents[1] / "references.toml"


@dataclass(frozen=True, slots=True)
class PipelineSummary:
    """Everything that is known of one pipeline on one suite."""

    pipeline: str
    n: int
    measures: tuple[Measure, ...]
    kinds: dict[str, Estimate]
    matrix: RefusalMatrix
    medians: dict[str, float]
    stages: dict[str, float]
    passage_recall: tuple[tuple[int, Estimate], ...]
    evidence_recall: tuple[tuple[int, Estimate], ...]
    calibration: Calibration | None
    risk: RiskCoverage | None
    unscored: dict[str, int]

    def figure(self, measure: str) -> Estimate | float | None:
        """Return a figure by the name that references use."""
        if measure == "seconds":
            return self.medians.get("seconds, all questions")
        if measure.startswith("kind:"):
            return self.kinds.get(measure.removeprefix("kind:"))
        return next((m.estimate for m in self.measures if m.key == measure), None)


@dataclass(frozen=True, slots=True)
class Reference:
    """What others reached, and the target; empty where not known."""

    suite: str
    measure: str
    title: str
    others: str = ""
    plain: str = ""
    sentence: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class SuiteSummary:
    """One suite: its pipelines side by side, and what to hold them against."""

    suite: str
    pipelines: tuple[PipelineSummary, ...]
    references: tuple[Reference, ...]


def summarise(rows: Rows) -> list[SuiteSummary]:
    """Work out the figures of all rows."""
    found = []
    for suite in names_of(rows, "suite"):
        of_suite = [row for row in rows if row["suite"] == suite]
        found.append(
            SuiteSummary(
                suite,
                tuple(
                    _pipeline(name, [row for row in of_suite if row["pipeline"] == name])
                    for name in names_of(of_suite, "pipeline")
                ),
                tuple(item for item in load_references() if item.suite == suite),
            )
        )
    return found


def _pipeline(name: str, rows: Rows) -> PipelineSummary:
    return PipelineSummary(
        pipeline=name,
        n=len(rows),
        measures=tuple(measures(rows)),
        kinds=by_kind(rows),
        matrix=refusal_matrix(rows),
        medians=medians(rows),
        stages=stage_medians(rows),
        passage_recall=tuple(recall_curve(rows, "passages")),
        evidence_recall=tuple(recall_curve(rows, "evidence")),
        calibration=support_calibration(rows) if _has_scores(rows) else None,
        risk=support_risk(rows),
        unscored=unscored(rows),
    )


def _has_scores(rows: Rows) -> bool:
    """Tell whether statements carry a support score: the plain pipeline gives none."""
    verdicts = {s["verdict"] for row in rows for s in row["scores"]["statements"]}
    return bool(verdicts - {"unchecked"})


@lru_cache(maxsize=1)
def load_references() -> Sequence[Reference]:
    """Read the reference figures."""
    entries = tomllib.loads(_REFERENCES.read_text("utf-8"))["reference"]
    return tuple(Reference(**entry) for entry in entries)
