"""A run's figures as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from evals.comparing import show
from evals.reporting.summary import PipelineSummary, SuiteSummary
from evals.stats import NOTHING, Estimate

REFERENCE_NOTE = (
    "Plain and sentence were measured once before the project began (n = 25 unless said); "
    "figures of others come from summaries and were not checked against the papers."
)


def render_markdown(summaries: Sequence[SuiteSummary]) -> str:
    """Write the figures of all suites, pipelines side by side."""
    return "\n\n".join("\n\n".join(_suite(summary)) for summary in summaries) + "\n"


def _suite(summary: SuiteSummary) -> list[str]:
    parts = [f"## {summary.suite}", _measures(summary), _medians(summary), _support(summary)]
    if any(pipeline.kinds for pipeline in summary.pipelines):
        parts.append(_kinds(summary))
    if summary.references:
        parts += [_references(summary), REFERENCE_NOTE]
    for pipeline in summary.pipelines:
        matrix = pipeline.matrix
        parts.append(
            f"{pipeline.pipeline}: of {matrix.answerable_answered + matrix.answerable_refused} "
            f"answerable {matrix.answerable_answered} answered, {matrix.answerable_refused} "
            f"refused; of {matrix.unanswerable_answered + matrix.unanswerable_refused} not "
            f"answerable {matrix.unanswerable_answered} answered, {matrix.unanswerable_refused} "
            "refused."
        )
        for reason, count in pipeline.unscored.items():
            parts.append(f"{pipeline.pipeline}: {count} not scored – {reason}.")
    return [part for part in parts if part]


def _measures(summary: SuiteSummary) -> str:
    titles = dict.fromkeys(m.title for p in summary.pipelines for m in p.measures)
    found = [{m.title: m.estimate for m in p.measures} for p in summary.pipelines]
    rows = [[title, *(show(f.get(title, NOTHING)) for f in found)] for title in titles]
    return table(["measure", *(p.pipeline for p in summary.pipelines)], rows)


def _medians(summary: SuiteSummary) -> str:
    names = dict.fromkeys(name for p in summary.pipelines for name in p.medians)
    rows = [
        [name, *(f"{p.medians[name]:.2f}" if name in p.medians else "–" for p in summary.pipelines)]
        for name in names
    ]
    return table(["median", *(p.pipeline for p in summary.pipelines)], rows)


def _support(summary: SuiteSummary) -> str:
    rows: list[list[str]] = []
    found = summary.pipelines
    if any(p.calibration for p in found):
        rows.append(
            ["expected calibration error", *(_calibration(p, "ece") for p in found)],
        )
        rows.append(["Brier score", *(_calibration(p, "brier") for p in found)])
    if any(p.risk for p in found):
        rows.append(
            ["area under risk–coverage", *(f"{p.risk.area:.3f}" if p.risk else "–" for p in found)]
        )
    return table(["support score", *(p.pipeline for p in found)], rows) if rows else ""


def _calibration(pipeline: PipelineSummary, name: str) -> str:
    found = pipeline.calibration
    return f"{getattr(found, name):.3f} (n = {found.n} statements)" if found else "–"


def _kinds(summary: SuiteSummary) -> str:
    kinds = sorted({kind for p in summary.pipelines for kind in p.kinds})
    rows = [
        [kind, *(show(p.kinds.get(kind, NOTHING)) for p in summary.pipelines)] for kind in kinds
    ]
    return table(["right, by kind", *(p.pipeline for p in summary.pipelines)], rows)


def _references(summary: SuiteSummary) -> str:
    rows = [
        [
            reference.title,
            *(show_figure(p.figure(reference.measure)) for p in summary.pipelines),
            reference.others or "–",
            reference.plain or "–",
            reference.sentence or "–",
            reference.target or "–",
        ]
        for reference in summary.references
    ]
    names = [p.pipeline for p in summary.pipelines]
    return table(["against", *names, "others", "plain before", "sentence before", "target"], rows)


def show_figure(found: Estimate | float | None) -> str:
    """Write an estimate with its interval, or seconds."""
    if found is None:
        return "–"
    return show(found) if isinstance(found, Estimate) else f"{found:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
