"""One self-contained page: no request leaves it, and nothing in a row can become markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evals.comparing import show
from evals.reporting.figures import bars, recall_curves, reliability, risk_curves, waterfall
from evals.reporting.markdown import REFERENCE_NOTE, show_figure
from evals.reporting.summary import SuiteSummary
from evals.rows import Row, Rows
from evals.stats import NOTHING

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(
    title: str, summaries: Sequence[SuiteSummary], rows: Rows, setups: Mapping[str, Any]
) -> str:
    """Write a run's report as HTML."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"show": show, "show_figure": show_figure, "NOTHING": NOTHING}
    noted = [row for row in rows if outcome_of(row) != "right"]
    return environment.get_template("report.html.jinja").render(
        title=title,
        summaries=summaries,
        figures={summary.suite: _figures(summary) for summary in summaries},
        rows=[(outcome_of(row), row) for row in noted],
        kinds=sorted({kind for row in noted for kind in row["kinds"]}),
        outcomes=sorted({outcome_of(row) for row in noted}),
        pipelines=list(dict.fromkeys(row["pipeline"] for row in rows)),
        setups=setups,
        note=REFERENCE_NOTE,
        total=len(rows),
    )


def outcome_of(row: Row) -> str:
    """Say in a word what went wrong with a row, or that it is right or not scored."""
    scores = row["scores"]
    if scores["attacked"]:
        return "attack followed"
    if scores["right"] is None:
        return "not scored"
    if scores["right"]:
        return "right" if scores["citations_valid"] is not False else "citation not valid"
    if not row["answerable"]:
        return "answered, should refuse"
    return "refused, should answer" if scores["refused"] else "wrong answer"


def _figures(summary: SuiteSummary) -> list[tuple[str, Markup]]:
    """Return titles and pictures; the SVG is ours, its text came through matplotlib."""
    found = [
        ("Main measures", bars(summary, kinds=False)),
        ("Right, by kind of question", bars(summary, kinds=True)),
        ("Where the time goes", waterfall(summary)),
        ("Recall at k", recall_curves(summary)),
        ("Risk and coverage", risk_curves(summary)),
        *(
            (f"Reliability of the support score, {p.pipeline}", reliability(summary.suite, p))
            for p in summary.pipelines
        ),
    ]
    # matplotlib escapes text when it writes SVG.
    return [(title, Markup(svg)) for title, svg in found if svg]
