"""What the command line shows: answers, tables, errors and progress, as rich renderables.

Everything from articles, questions and models goes through `Text`, so that nothing in it is
taken for markup or for a terminal's control sequence.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from assistant.errors import AssistantError
from assistant.types import Answer, Citation, Evidence, Progress, SyncReport, no_progress, to_plain

VERDICT_MARKS = {
    "supported": ("✓", "green"),
    "partly": ("~", "yellow"),
    "unsupported": ("✗", "red"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str, style: str = "") -> Text:
    """Return text that can neither be markup nor move the cursor."""
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style)


def render_answer(answer: Answer, *, sources: bool = True, details: bool = False) -> RenderableType:
    """Render statements with their verdict marks, then the numbered quotes."""
    parts: list[RenderableType] = []
    if answer.rewritten:
        parts.append(Text("Asked as: ", style="dim") + plain(answer.rewritten, "dim"))
    if answer.refusal:
        parts.append(Text("— ", style="yellow") + plain(answer.refusal.message))
        if answer.refusal.code == "empty_corpus":
            parts.append(plain("Add some with `assistant ingest`.", "dim"))
        parts += [
            plain(f"  nearest: {article.title} ({article.article_id[:8]})", "dim")
            for article in answer.refusal.nearest
        ]
        return Group(*parts)
    for statement in answer.statements:
        mark, style = VERDICT_MARKS[statement.support.verdict]
        line = Text(f"{mark} ", style=style) + plain(statement.told)
        line.append("".join(f" [{number}]" for number in statement.citations), style="cyan")
        line.append(f"  {statement.support.verdict} {statement.support.score:.2f}", style="dim")
        parts.append(line)
        if details:
            for check in statement.support.checks:
                outcome = {True: "passed", False: "failed", None: "–"}[check.passed]
                detail = f"  {check.detail}" if check.detail else ""
                parts.append(plain(f"    {check.name}: {outcome}{detail}", "dim"))
        elif statement.support.verdict != "supported":
            parts += [
                plain(f"    {check.name}: {check.detail}", "dim")
                for check in statement.support.checks
                if check.passed is False and check.detail
            ]
    if sources:
        parts.append(Text(""))
        parts += [render_citation(citation) for citation in answer.citations]
    return Group(*parts)


def render_citation(citation: Citation) -> RenderableType:
    """Render a quote with its article, date and offsets."""
    published = f", {citation.published.isoformat()}" if citation.published else ""
    source = f", {citation.source}" if citation.source else ""
    where = f"{citation.title}{source}{published}"
    offsets = f"  {citation.article_id[:8]} [{citation.start}:{citation.end}]"
    return Group(
        Text(f"[{citation.number}] ", style="cyan") + plain(f"“{citation.quote}”"),
        Text("    ") + plain(where, "dim") + Text(offsets, style="dim"),
    )


def render_evidence(evidence: Sequence[Evidence]) -> RenderableType:
    """Render the sentences that were shown to the model."""
    return Group(*(plain(f"[{item.number}] {item.text}", "dim") for item in evidence))


def render_report(report: SyncReport) -> RenderableType:
    """Render what a sync changed, failures by name."""
    summary = (
        f"{len(report.added)} added, {len(report.removed)} removed, "
        f"{len(report.unchanged)} unchanged, {len(report.failed)} failed"
    )
    lines: list[RenderableType] = [Text(summary)]
    lines += [
        Text("✗ ", style="red") + plain(f"{failure.name}: {failure.reason}")
        for failure in report.failed
    ]
    return Group(*lines)


def render_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Render a table of plain texts; the last column takes what room there is."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    return table


def render_error(error: AssistantError) -> RenderableType:
    """Render what happened and what to do next."""
    text = Text("Error: ", style="bold red") + plain(error.message)
    return Group(text, plain(error.hint, "dim")) if error.hint else text


def print_json(console: Console, value: Any) -> None:
    """Write one line of JSON, unwrapped and in UTF-8."""
    console.file.write(json.dumps(to_plain(value), ensure_ascii=False) + "\n")
    console.file.flush()


@contextmanager
def show_progress(console: Console) -> Iterator[Progress]:
    """Give a progress function that draws bars, or one that draws nothing off a terminal."""
    from rich.progress import (
        BarColumn,
        SpinnerColumn,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bars,
    )

    if not console.is_terminal:
        yield no_progress
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield show


def error_console() -> Console:
    """Return a console on standard error, for everything that is not the result."""
    return _console(sys.stderr)


def output_console() -> Console:
    """Return a console on standard output, for results."""
    return _console(sys.stdout)


def _console(file: TextIO) -> Console:
    # Off a terminal lines are not wrapped: programs and pagers read them.
    return Console(file=file, highlight=False, soft_wrap=not file.isatty())
