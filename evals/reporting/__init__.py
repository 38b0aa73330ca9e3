"""A run's report: JSON for programs, Markdown for pull requests, one page for people."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from evals.reporting.markdown import render_markdown
from evals.reporting.summary import summarise
from evals.rows import read_run
from evals.setup import read_setups

__all__ = ["WrittenReport", "write_report"]


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The Markdown, and where the page lies."""

    markdown: str
    page: Path


def write_report(folder: Path) -> WrittenReport:
    """Write report.json, report.md and report.html into the folder of a run.

    Raises:
        RunError: the folder holds no run.
    """
    from evals.reporting.page import render_page

    rows = read_run(folder)
    setups = read_setups(folder)
    summaries = summarise(rows)
    markdown = render_markdown(summaries)
    bundle = {
        "setups": setups,
        "suites": [dataclasses.asdict(summary) for summary in summaries],
        "rows": rows,
    }
    (folder / "report.json").write_text(
        json.dumps(bundle, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    (folder / "report.md").write_text(markdown, "utf-8")
    page = folder / "report.html"
    page.write_text(render_page(folder.name, summaries, rows, setups), "utf-8")
    return WrittenReport(markdown, page)
