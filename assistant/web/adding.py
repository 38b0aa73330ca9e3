"""Adding articles: each source is read, then the index follows; how far it is can be watched."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from assistant.errors import AssistantError
from assistant.web.rendering.adding import Adding, Outcome

if TYPE_CHECKING:
    from assistant.assistant import Assistant

logger = logging.getLogger(__name__)

_READING = 0.3
"""Share of the bar that reading takes, whatever is read."""

_INDEXING = {
    "Splitting articles": (0.3, 0.05),
    "Embedding": (0.35, 0.6),
    "Indexing vectors": (0.95, 0.05),
}
"""Where the steps of a sync begin on the bar, and how much of it they take."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file or an address to be added; `refused` says why it is not even tried."""

    name: str
    source: str
    refused: str = ""


def sources_of(files: Sequence[str], urls: str, suffixes: Sequence[str]) -> list[Source]:
    """List uploaded files and the words of the address field."""
    return [
        *(_file(file, suffixes) for file in files),
        *(_address(url) for url in dict.fromkeys(urls.split())),
    ]


class Addition:
    """Adds sources in a thread, whatever becomes of the page that asked for it."""

    def __init__(self, assistant: Assistant, sources: Sequence[Source]) -> None:
        self._assistant = assistant
        self._sources = sources
        self._outcomes = [
            Outcome(item.name, "failed", item.refused)
            if item.refused
            else Outcome(item.name, "waiting")
            for item in sources
        ]
        self._doing, self._share, self._since = "Reading", 0.0, time.monotonic()
        self._finished = False

    def seen(self) -> Adding:
        """Tell how far it is. Any thread may ask."""
        spent_s = int(time.monotonic() - self._since)
        return Adding(self._doing, self._share, tuple(self._outcomes), spent_s, self._finished)

    def run(self) -> None:
        """Read one source after the other, then bring the index in step. Never fails."""
        todo = [index for index, item in enumerate(self._sources) if not item.refused]
        for done, index in enumerate(todo):
            item = self._sources[index]
            doing = f"Reading {done + 1} of {len(todo)}: {item.name}"
            self._now(doing, _READING * done / len(todo))
            self._outcomes[index] = Outcome(item.name, "reading")
            self._outcomes[index] = self._read(item)
        self._now("Indexing", _READING)
        problem = self._index() if any(item.fate == "read" for item in self._outcomes) else ""
        for index, outcome in enumerate(self._outcomes):
            if outcome.fate == "read" and not problem:
                self._outcomes[index] = dataclasses.replace(outcome, fate="added")
        self._doing, self._share = _summary(self._outcomes, problem), 1.0
        self._finished = True

    def _read(self, item: Source) -> Outcome:
        try:
            report = self._assistant.add(item.source)
        except AssistantError as error:
            return Outcome(item.name, "failed", str(error))
        except Exception:
            logger.exception("an article could not be added")
            return Outcome(item.name, "failed", "The log of the server says why.")
        if report.failed:
            return Outcome(item.name, "failed", report.failed[0].reason)
        return Outcome(item.name, "read" if report.added else "unchanged")

    def _index(self) -> str:
        """Bring the index in step; returns what went wrong, if something did."""
        try:
            self._assistant.sync(progress=self._note)
        except AssistantError as error:
            return str(error)
        except Exception:
            logger.exception("the index could not follow the articles")
            return "The log of the server says why."
        return ""

    def _note(self, what: str, done: int, total: int) -> None:
        start, width = _INDEXING.get(what, (self._share, 0.0))
        share = start + (width * done / total if total else 0.0)
        self._now(f"{what}: {done:,} of {total:,}" if total else what, max(share, self._share))

    def _now(self, doing: str, share: float) -> None:
        self._doing, self._share, self._since = doing, share, time.monotonic()


def _file(file: str, suffixes: Sequence[str]) -> Source:
    path = Path(file)
    is_read = path.suffix.lower() in suffixes
    return Source(path.name, file, "" if is_read else f"Only {', '.join(suffixes)} files are read.")


def _address(url: str) -> Source:
    """Take an address; a path written there would be read from the server's own disk."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme.lower() in {"http", "https"} and parts.netloc:
        return Source(url, url)
    return Source(url, url, "Write a whole address that begins with http:// or https://.")


def _summary(outcomes: Sequence[Outcome], problem: str) -> str:
    fates = [item.fate for item in outcomes]
    added, failed = fates.count("added"), fates.count("failed")
    words = f"{added} added, {fates.count('unchanged')} already there, {failed} failed"
    if problem:
        words += f". {fates.count('read')} are stored, but the index could not follow: {problem}"
    return words
