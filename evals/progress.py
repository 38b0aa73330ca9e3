"""A progress bar with running figures."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from evals.rows import Row


class RunProgress:
    """Shows how far a suite is, and how many were right and refused so far, by pipeline."""

    def __init__(self, suite: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(suite, total=None, figures="opening")
        self._rows: dict[str, list[Row]] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance(self, row: Row, done: int, total: int) -> None:
        """Count one more row."""
        self._rows.setdefault(row["pipeline"], []).append(row)
        self._bar.update(
            self._task, completed=done, total=total, figures=running_figures(self._rows)
        )


def running_figures(rows: dict[str, list[Row]]) -> str:
    """Say by pipeline how many were right so far, of those scored, and how many refused."""
    parts = []
    for name, of_name in rows.items():
        scored = [row for row in of_name if row["scores"]["right"] is not None]
        right = sum(row["scores"]["right"] for row in scored)
        refused = sum(row["scores"]["refused"] for row in of_name)
        parts.append(f"{name}: right {right}/{len(scored)}, refused {refused}")
    return "; ".join(parts)
