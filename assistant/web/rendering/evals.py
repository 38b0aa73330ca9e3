"""The newest eval report: each measure with its interval, and the whole report below."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.web.rendering.markup import attributes, day, plural, text

REPORT = "report.json"
PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of one pipeline on one suite; `low` and `high` bound its interval."""

    suite: str
    pipeline: str
    questions: int
    title: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run of the evals."""

    folder: Path
    written: float
    measures: tuple[Measure, ...]


def newest_report(runs: Path) -> Report | None:
    """Read the report that was written last; None if there is none that can be read."""
    found = []
    for path in [*runs.glob(REPORT), *runs.glob(f"*/{REPORT}")]:
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:
            continue
    for written, path in sorted(found, reverse=True):
        try:
            measures = _measures(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        return Report(path.parent, written, measures)
    return None


def _measures(report: Mapping[str, Any]) -> tuple[Measure, ...]:
    found = []
    for suite in report["suites"]:
        for pipeline in suite["pipelines"]:
            for measure in pipeline["measures"]:
                estimate = measure["estimate"]
                if not estimate or estimate.get("mean") is None:
                    continue
                found.append(
                    Measure(
                        str(suite["suite"]),
                        str(pipeline["pipeline"]),
                        int(pipeline["n"]),
                        str(measure["title"]),
                        float(estimate["mean"]),
                        float(estimate["low"]),
                        float(estimate["high"]),
                        int(estimate["n"]),
                    )
                )
    return tuple(found)


def render_evals(report: Report | None) -> str:
    """Draw a report's figures with their intervals."""
    if report is None:
        return (
            '<section class="page-text"><h2>How good are the answers?</h2><p>No eval has been run '
            "here yet. <code>python -m evals run</code> asks a set of questions with known answers "
            "and writes a report that this page then shows.</p></section>"
        )
    written = datetime.fromtimestamp(report.written, UTC).astimezone()
    groups: dict[tuple[str, str], list[Measure]] = {}
    for measure in report.measures:
        groups.setdefault((measure.suite, measure.pipeline), []).append(measure)
    tables = "".join(_table(*named, group) for named, group in groups.items())
    frame = ""
    if (report.folder / PAGE).is_file():
        marks = attributes(
            title="Whole report of the evals, with plots",
            sandbox="allow-scripts",
            loading="lazy",
        )
        frame = f"<h3>The whole report</h3><iframe{marks}></iframe>"
    return (
        f'<section class="page-text wide"><h2>How good are the answers?</h2><p>The newest run, '
        f"{text(report.folder.name)}, written {day(written.date())}, {written:%H:%M}. A bar spans "
        f"the interval, its mark is the value.</p>{tables}{frame}</section>"
    )


def _table(suite: str, pipeline: str, measures: Sequence[Measure]) -> str:
    rows = "".join(_row(measure) for measure in measures)
    return (
        f"<h3>{text(suite)} <span class='from'>{text(pipeline)}, "
        f"{plural(measures[0].questions, 'question')}</span></h3><table class='measures'><thead>"
        "<tr><th>Measure</th><th class='num'>Value</th><th>95 % interval</th>"
        f"<th class='num'>n</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(measure: Measure) -> str:
    inside = 0 <= measure.low <= measure.high <= 1
    bar = ""
    if inside:
        low, high, value = (100 * part for part in (measure.low, measure.high, measure.value))
        bar = (
            '<svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none" '
            'aria-hidden="true">'
            f'<line x1="0" x2="100" y1="5" y2="5"/><rect x="{low:.1f}" y="3" '
            f'width="{max(high - low, 0.6):.1f}" height="4"/>'
            f'<rect class="value" x="{max(value - 0.5, 0):.1f}" y="0" width="1" height="10"/></svg>'
        )
    show = _percent if inside else _plain
    return (
        f"<tr><td>{text(measure.title)}</td><td class='num'>{show(measure.value)}</td>"
        f"<td>{bar}<span class='range'>{show(measure.low)} – {show(measure.high)}</span></td>"
        f"<td class='num'>{measure.n}</td></tr>"
    )


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _plain(value: float) -> str:
    return f"{value:.2f}"
