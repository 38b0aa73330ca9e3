"""What is to be added to a corpus: files, folders and web pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.corpus.readers import read_file
from assistant.corpus.storage import LocalStorage
from assistant.corpus.web import read_url
from assistant.errors import CorpusStoreError, SourceError
from assistant.settings import Settings
from assistant.types import Article

_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """An article with the content that it was read from; a page has no path."""

    article: Article
    content: bytes
    suffix: str
    path: Path | None


def expand_source(
    source: str | Path, settings: Settings
) -> Iterator[tuple[str, Callable[[], Source]]]:
    """Yield a name and a reading function for each thing that a source stands for.

    The function raises SourceError where it cannot become an article.
    """
    if isinstance(source, str) and _URL.match(source):
        yield source, partial(_read_page, source, settings)
        return
    path = Path(source).expanduser()
    if not path.is_dir():
        yield str(path), partial(_read_path, path, settings)
        return
    try:
        for file in LocalStorage(path).files():
            inside = path / file.name
            yield str(inside), partial(_read_path, inside, settings)
    except CorpusStoreError as error:
        yield str(path), partial(_refuse, SourceError(error.message))


def _read_path(path: Path, settings: Settings) -> Source:
    article = read_file(path, source_bytes=settings.source_bytes)
    try:
        return Source(article, path.read_bytes(), path.suffix.lower(), path)
    except OSError as error:
        raise SourceError(
            f"{path.name} cannot be read: {error}.",
            hint="Check who may read it, and add it again.",
        ) from error


def _read_page(url: str, settings: Settings) -> Source:
    page = read_url(
        url,
        source_bytes=settings.source_bytes,
        timeout_s=settings.url_timeout_s,
        allow_private=settings.allow_private_urls,
    )
    return Source(page.article, page.content, page.suffix, None)


def _refuse(error: SourceError) -> Source:
    raise error
