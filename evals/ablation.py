"""The pipeline with parts taken out, so that each part earns its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from assistant import Settings
from evals.comparing import show
from evals.measures import measures, medians
from evals.reporting.markdown import table
from evals.rows import Row, Rows
from evals.stats import NOTHING, mcnemar

FULL = "whole"
_COLUMNS = (
    "answerable_right",
    "unanswerable_right",
    "evidence_recall",
    "citation_precision",
    "supported_ungrounded",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A pipeline with settings that take a part out; `solver` names who asks."""

    name: str
    settings: Mapping[str, Any]
    solver: str = "assistant"

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings of this variant that the assistant does not have."""
        return tuple(name for name in self.settings if name not in Settings.model_fields)


def _without(name: str, **settings: Any) -> Variant:
    return Variant(name, MappingProxyType(settings))


VARIANTS = (
    _without(FULL),
    _without("dense only", retrieval="dense"),
    _without("BM25 only", retrieval="lexical"),
    _without("no evidence selection", evidence_selection=False),
    _without("no worked examples", worked_examples=False),
    _without("no reranker", reranker_model=""),
    _without("no verifier", verifier=False),
    _without("no verification", verification=False),
    Variant("plain", MappingProxyType({}), solver="plain"),
)


def render_ablation(rows: Mapping[str, Rows], skipped: Mapping[str, tuple[str, ...]]) -> str:
    """Write the table: a line a variant, with McNemar's p against the whole pipeline."""
    titles = {m.key: m.title for of_name in rows.values() for m in measures(of_name)}
    shown = [key for key in _COLUMNS if key in titles]
    lines = []
    for name, of_name in rows.items():
        estimates = {m.key: m.estimate for m in measures(of_name)}
        seconds = medians(of_name).get("seconds, all questions")
        lines.append(
            [
                name,
                *(show(estimates.get(key, NOTHING)) for key in shown),
                "–" if seconds is None else f"{seconds:.2f}",
                "–" if name == FULL or FULL not in rows else f"{_p(rows[FULL], of_name):.3f}",
            ]
        )
    head = ["pipeline", *(titles[key] for key in shown), "median seconds", "p against whole"]
    notes = [
        f"{name} was left out: the assistant has no setting {', '.join(missing)}."
        for name, missing in skipped.items()
    ]
    return "\n\n".join([table(head, lines), *notes])


def _p(whole: Rows, variant: Rows) -> float:
    old: dict[str, Row] = {row["sample_id"]: row for row in whole}
    pairs = [
        (old[row["sample_id"]]["scores"]["right"], row["scores"]["right"])
        for row in variant
        if row["sample_id"] in old
    ]
    known = [(bool(a), bool(b)) for a, b in pairs if a is not None and b is not None]
    return mcnemar([a for a, _ in known], [b for _, b in known])
