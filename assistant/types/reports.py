"""What adding and syncing did, and how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A file or URL that could not become an article, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """Ids of the articles that were stored or already there, and the sources that failed."""

    added: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[FailedSource, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed: ids of articles, in the order of the corpus."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[FailedSource, ...] = ()
