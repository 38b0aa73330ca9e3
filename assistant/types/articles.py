"""Articles, their passages, and which of them are searched."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime


def content_id(*fields: str | None) -> str:
    """Hash fields into 16 hexadecimal digits; `None` and the empty string differ."""
    canonical = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Article:
    """One whole text with its metadata. `id` is a content hash over all other fields."""

    title: str
    text: str
    source: str | None = None
    url: str | None = None
    author: str | None = None
    published: date | None = None

    @property
    def id(self) -> str:
        """Content hash over all fields."""
        published = self.published.isoformat() if self.published else None
        return content_id(self.title, self.text, self.source, self.url, self.author, published)


@dataclass(frozen=True, slots=True)
class ArticleReference:
    """Enough to name an article to a person."""

    article_id: str
    title: str
    source: str | None = None
    published: date | None = None
    author: str | None = None

    @property
    def origin(self) -> str:
        """Source and date, as far as known: "Harrow Courier, 17 September 2031"."""
        date = f"{self.published.day} {self.published:%B %Y}" if self.published else ""
        return ", ".join(part for part in (self.source, date) if part)


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """An article of the corpus as a list shows it; `added` is when its file was written."""

    article_id: str
    title: str
    source: str | None
    published: date | None
    passages: int
    added: datetime | None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of an article's text, with the text it covers."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article that is embedded and found, with its sentences in order.

    `article.text[start:end] == text`, and the same holds for each sentence.
    """

    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...] = ()

    @property
    def id(self) -> str:
        """Content hash over the article, the range and its text."""
        return content_id(self.article_id, str(self.start), str(self.end), self.text)


@dataclass(frozen=True, slots=True)
class Original:
    """The file that an article was read from, under a name to keep it by."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that a search found. `score` is its fused rank score: higher is better.

    `similarity` is its cosine with the question, None where only its words were found.
    """

    article: ArticleReference
    start: int
    end: int
    text: str
    score: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which articles may be searched; empty fields do not restrict.

    `published_from` and `published_to` are inclusive; an article without a date passes
    neither.
    """

    sources: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None
    article_ids: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sources or self.published_from or self.published_to or self.article_ids)

    def admits(self, article: ArticleReference) -> bool:
        """Tell whether an article may be searched."""
        published = article.published
        return (
            (not self.sources or article.source in self.sources)
            and (not self.article_ids or article.article_id in self.article_ids)
            and (not self.published_from or (published or date.min) >= self.published_from)
            and (not self.published_to or (published or date.max) <= self.published_to)
        )


ANYWHERE = SearchFilter()
