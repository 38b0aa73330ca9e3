"""The indexed articles as people look at them: lists, one article, its file, what to ask of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from assistant.corpus.examples import find_questions
from assistant.corpus.storage import StoredFile
from assistant.corpus.store import CorpusFolder
from assistant.errors import ArticleNotFoundError, CorpusStoreError, SourceError
from assistant.types import Article, ArticleEntry, ArticleReference, Original

if TYPE_CHECKING:
    from assistant.index import Index

_LOOKED_THROUGH = 200
"""Articles in which example questions are looked for."""

logger = logging.getLogger(__name__)


class ArticleList:
    """Reads what an index holds. `files` gives the files that the articles were read from.

    Its methods are those of `Assistant` of the same names, where the errors stand.
    """

    def __init__(
        self,
        corpus: CorpusFolder,
        index: Callable[[], Index],
        files: Callable[[], Mapping[str, StoredFile]],
    ) -> None:
        self._corpus = corpus
        self._index = index
        self._files = files
        self._examples: tuple[str, int, list[str]] = ("", 0, [])

    def articles(self) -> list[ArticleReference]:
        """List the articles, by title."""
        return sorted(self._index().articles(), key=lambda item: (item.title, item.article_id))

    def entries(self) -> list[ArticleEntry]:
        """List the articles with what a table of them shows, by title."""
        counts = self._index().passage_counts()
        files = self._files()
        return [
            ArticleEntry(
                item.article_id,
                item.title,
                item.source,
                item.published,
                counts.get(item.article_id, 0),
                _written(files.get(item.article_id)),
            )
            for item in self.articles()
        ]

    def article_id(self, prefix: str) -> str:
        """Complete an id of which the first digits are given."""
        found = [
            item.article_id
            for item in self._index().articles()
            if prefix and item.article_id.startswith(prefix)
        ]
        if len(found) == 1:
            return found[0]
        problem = "Several articles have ids that begin with" if found else "No article has the id"
        raise ArticleNotFoundError(
            f"{problem} {prefix!r}.", hint="See `assistant articles list` for the ids."
        )

    def article(self, article_id: str) -> Article:
        """Return one article."""
        return self._index().article(self.article_id(article_id))

    def original(self, article_id: str) -> Original:
        """Return the file that an article was read from."""
        whole = self.article_id(article_id)
        file = self._files().get(whole)
        if file is None:
            raise ArticleNotFoundError(
                f"The file of the article {whole} is not kept here.",
                hint="Look where articles are added: a replica has their text alone.",
            )
        try:
            return self._corpus.original(file)
        except SourceError as error:
            raise ArticleNotFoundError(
                f"The file of the article {whole} is gone: {error}",
                hint="Run `assistant ingest` to bring the index in step with the folder.",
            ) from error

    def example_questions(self, limit: int) -> list[str]:
        """Return questions that the articles answer; they are looked for once an index."""
        index = self._index()
        version = index.version()
        if self._examples[:2] != (version, limit):
            references = sorted(index.articles(), key=_newest_first)[:_LOOKED_THROUGH]
            brought = self._own_questions([item.article_id for item in references])
            sources = (
                (brought.get(item.article_id, ()), index.article(item.article_id).text)
                for item in references
            )
            self._examples = (version, limit, find_questions(sources, limit=limit))
        return self._examples[2]

    def _own_questions(self, article_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the questions that articles bring, by id; none where the corpus is away."""
        files = self._files()
        try:
            return self._corpus.questions({key: files[key] for key in article_ids if key in files})
        except CorpusStoreError as error:
            logger.warning("articles are shown without their own questions: %s", error)
            return {}


def _newest_first(item: ArticleReference) -> tuple[int, str]:
    return (-item.published.toordinal() if item.published else 0, item.article_id)


def _written(file: StoredFile | None) -> datetime | None:
    """Return when a file was written, as the clock here shows it."""
    return file.modified.astimezone() if file is not None and file.modified else None
