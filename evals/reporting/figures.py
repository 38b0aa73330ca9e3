"""Plots as inline SVG that takes its colours from the page, so that light and dark both work."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.outcomes import STAGES
from evals.reporting.summary import PipelineSummary, SuiteSummary
from evals.scorers.retrieval import RECALL_AT
from evals.stats import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _GRID, _PAPER = "#010203", "#040506", "#070809"
_SERIES = ("#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04", "#0a0b05", "#0a0b06")
_THEME = {
    _INK: "var(--ink)",
    _GRID: "var(--grid)",
    _PAPER: "var(--paper)",
    **{colour: f"var(--series-{n})" for n, colour in enumerate(_SERIES, start=1)},
}
"""Placeholders that matplotlib draws with, and the page's variables that replace them."""

_SIZE = re.compile(r' (?:width|height)="[^"]+"')
_MAIN = (
    "answerable_right",
    "unanswerable_right",
    "attacked",
    "passage_recall@4",
    "evidence_recall",
    "citation_precision",
    "citation_recall",
    "grounded",
)
"""The measures of the first picture, where they apply."""

_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "DejaVu Sans"],
    "font.size": 9,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.6,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "legend.frameon": False,
}


def bars(summary: SuiteSummary, *, kinds: bool) -> str:
    """Draw the main measures, or the share right by kind, with intervals."""
    series = [(p.pipeline, p.kinds if kinds else _main(p)) for p in summary.pipelines]
    names = list(dict.fromkeys(name for _, estimates in series for name in estimates))
    if not names:
        return ""
    height = 0.6 + len(names) * (0.17 * len(series) + 0.14)
    with _drawing(f"{summary.suite}-bars-{kinds}", 6.4, height) as canvas:
        axes = canvas.axes
        step = 0.8 / len(series)
        for index, (label, estimates) in enumerate(series):
            places = [n + (index - (len(series) - 1) / 2) * step for n in range(len(names))]
            _interval_bars(axes, names, estimates, places, step * 0.86, _SERIES[index], label)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(_percent())
        axes.grid(visible=False, axis="y")
        _legend(axes, len(series))
    return canvas.svg


def _main(pipeline: PipelineSummary) -> dict[str, Estimate]:
    found = {measure.key: measure for measure in pipeline.measures}
    return {found[key].title: found[key].estimate for key in _MAIN if key in found}


def _interval_bars(
    axes: Axes,
    names: Sequence[str],
    estimates: dict[str, Estimate],
    places: Sequence[float],
    height: float,
    colour: str,
    label: str,
) -> None:
    first = True
    for name, place in zip(names, places, strict=True):
        found = estimates.get(name)
        if found is None or found.mean is None or found.low is None or found.high is None:
            continue
        axes.barh(
            place, found.mean, height, color=colour, alpha=0.85, label=label if first else None
        )
        axes.plot([found.low, found.high], [place, place], color=_INK, linewidth=1)
        first = False


def recall_curves(summary: SuiteSummary) -> str:
    """Draw recall@k of passages and of evidence sentences."""
    lines = [
        (f"{p.pipeline}, {word}", curve, _SERIES[index], style)
        for index, p in enumerate(summary.pipelines)
        for word, curve, style in (
            ("passages", p.passage_recall, "-"),
            ("evidence", p.evidence_recall, "--"),
        )
        if curve
    ]
    if not lines:
        return ""
    with _drawing(f"{summary.suite}-recall", 6.4, 3.9) as canvas:
        for label, curve, colour, style in lines:
            ks = [k for k, _ in curve]
            canvas.axes.plot(
                ks,
                [e.mean or 0.0 for _, e in curve],
                style,
                color=colour,
                marker="o",
                markersize=3,
                label=label,
            )
            if style == "-":
                lows = [e.low or 0.0 for _, e in curve]
                highs = [e.high or 0.0 for _, e in curve]
                canvas.axes.fill_between(ks, lows, highs, color=colour, alpha=0.15, linewidth=0)
        canvas.axes.set_xticks(RECALL_AT, [str(k) for k in RECALL_AT])
        canvas.axes.set_xlabel("k")
        canvas.axes.set_ylabel("recall@k")
        canvas.axes.set_ylim(0, 1.03)
        _legend(canvas.axes, 2)
    return canvas.svg


def reliability(suite: str, pipeline: PipelineSummary) -> str:
    """Draw the share right against the support score, with the counts beneath the points."""
    found = pipeline.calibration
    if found is None:
        return ""
    with _drawing(f"{suite}-reliability-{pipeline.pipeline}", 6.4, 3.9) as canvas:
        axes = canvas.axes
        axes.plot([0, 1], [0, 1], ":", color=_INK, linewidth=1)
        for group in found.bins:
            axes.bar((group.low + group.high) / 2, group.right, 0.09, color=_SERIES[0], alpha=0.35)
            axes.annotate(
                str(group.n), (group.score, group.right), xytext=(0, 5),
                textcoords="offset points", ha="center", fontsize=7,
            )  # fmt: skip
        axes.plot(
            [b.score for b in found.bins], [b.right for b in found.bins], "o-",
            color=_SERIES[0], markersize=4,
        )  # fmt: skip
        axes.set_xlabel("support score")
        axes.set_ylabel("share right")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.08)
    return canvas.svg


def risk_curves(summary: SuiteSummary) -> str:
    """Draw the share wrong against the share answered."""
    curves = [(p.pipeline, p.risk) for p in summary.pipelines]
    if not any(risk for _, risk in curves):
        return ""
    with _drawing(f"{summary.suite}-risk", 6.4, 3.9) as canvas:
        for index, (label, risk) in enumerate(curves):
            if risk is None:
                continue
            coverage = [0.0, *(point.coverage for point in risk.points)]
            shares = [risk.points[0].risk, *(point.risk for point in risk.points)]
            canvas.axes.plot(coverage, shares, color=_SERIES[index], label=label)
            canvas.axes.plot(coverage[-1:], shares[-1:], "o", color=_SERIES[index], markersize=4)
        canvas.axes.set_xlabel("coverage: share of questions answered")
        canvas.axes.set_ylabel("risk: share of answers wrong")
        canvas.axes.set_xlim(0, 1.02)
        canvas.axes.set_ylim(0, 1.02)
        _legend(canvas.axes, len(curves))
    return canvas.svg


def waterfall(summary: SuiteSummary) -> str:
    """Draw the median seconds of each stage, one after the other."""
    found = [p for p in summary.pipelines if p.stages]
    if not found:
        return ""
    with _drawing(f"{summary.suite}-stages", 6.4, 0.8 + 0.34 * len(found) * len(STAGES)) as canvas:
        axes = canvas.axes
        labels: list[str] = []
        for index, pipeline in enumerate(found):
            start = 0.0
            for stage in STAGES:
                took = pipeline.stages[stage]
                axes.barh(len(labels), took, 0.72, left=start, color=_SERIES[index], alpha=0.85)
                axes.annotate(
                    f"{took:.2f} s", (start + took, len(labels)), xytext=(4, 0),
                    textcoords="offset points", va="center", fontsize=8,
                )  # fmt: skip
                labels.append(f"{pipeline.pipeline}: {stage}")
                start += took
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.margins(x=0.12)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds since the question (medians where the model wrote)")
        axes.grid(visible=False, axis="y")
    return canvas.svg


@dataclass
class _Drawing:
    """Axes to draw on; `svg` holds the picture when the block is left."""

    axes: Axes
    svg: str = ""


@contextmanager
def _drawing(name: str, width: float, height: float) -> Iterator[_Drawing]:
    """Open axes in our style; `name` makes the ids inside the picture its own."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({**_RC, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        drawing = _Drawing(figure.add_subplot())
        yield drawing
        drawing.svg = _inline(figure)


def _inline(figure: Any) -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for colour, variable in _THEME.items():
        svg = svg.replace(colour, variable)
    # The page scales pictures by their view box.
    head, rest = svg.split(">", 1)
    return f"{_SIZE.sub('', head)}>{rest}"


def _legend(axes: Axes, columns: int) -> None:
    figure = axes.get_figure(root=True)
    if figure is not None:
        figure.legend(loc="outside lower left", ncols=min(columns, 3), fontsize=8)


def _percent() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)
