"""The domain's values. Frozen, comparable, and free of any library's types.

Offsets are half-open and count Unicode code points of `Article.text`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

Verdict = Literal["supported", "partly", "unsupported"]

RefusalCode = Literal[
    "nothing_close",
    "missing_terms",
    "not_stated",
    "unsupported",
    "empty_corpus",
    "nothing_selected",
    "not_a_question",
]


Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Ignore progress."""


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


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that is shown to the model, numbered from 1.

    `score` is the cosine of question and sentence; `relevance` the reranker's score of the
    sentence for the question, in [0, 1], 0 where it was not read. `row` is set where the
    sentence is a row of a table: the cells that concern the question, with their columns' names.
    """

    number: int
    article: ArticleReference
    start: int
    end: int
    text: str
    score: float
    relevance: float = 0.0
    row: str | None = None

    @property
    def reading(self) -> str:
        """The sentence as models and checks read it: a row with the names of its columns."""
        return self.text if self.row is None else self.row


@dataclass(frozen=True, slots=True)
class Citation:
    """A number as printed and the exact characters it points to."""

    number: int
    article_id: str
    title: str
    source: str | None
    published: date | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Check:
    """One test of a statement: `passed` is None where it did not apply."""

    name: str
    passed: bool | None
    detail: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Support:
    """What the software found about a statement. `score` is a probability in [0, 1]."""

    verdict: Verdict
    score: float
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with the numbers of its citations.

    One that `differs` is a sentence of the evidence that answers with another number or time
    than the statements before it: there the articles disagree, or speak of different things.
    """

    text: str
    citations: tuple[int, ...]
    support: Support
    differs: bool = False

    @property
    def told(self) -> str:
        """The text as a reader sees it: with a word of warning where it differs."""
        return f"Stated otherwise: {self.text}" if self.differs else self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, with the checks by their names."""
        checks = {check.name: to_plain(check) for check in self.support.checks}
        for check in checks.values():
            del check["name"]
        plain: dict[str, Any] = to_plain(self)
        plain["support"]["checks"] = checks
        return plain


_Dated = TypeVar("_Dated", ArticleReference, Citation)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer."""

    code: RefusalCode
    message: str
    missing_terms: tuple[str, ...] = ()
    nearest: tuple[ArticleReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the question arrived; None where the step did not happen."""

    retrieve_s: float
    first_token_s: float | None
    total_s: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens the chat model read (of which from its cache) and wrote, over all calls."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Add the tokens of two calls or of two questions."""
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and, where known, the text of its answer."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's outcome and everything needed to reproduce it.

    Either `statements` or `refusal` is filled, never both. `dropped` holds statements
    that failed verification: kept for inspection, never shown as an answer.
    """

    question: str
    rewritten: str | None
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    refusal: Refusal | None
    timings: Timings
    usage: Usage
    model: str
    embedding_model: str
    prompt_version: str
    index_digest: str
    verifier_model: str
    dropped: tuple[Statement, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The statements with their citation numbers, or the refusal's message."""
        if self.refusal:
            return self.refusal.message
        return " ".join(
            statement.told + "".join(f" [{number}]" for number in statement.citations)
            for statement in self.statements
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, whose names are a contract with callers."""
        plain: dict[str, Any] = to_plain(self)
        statements = [statement.to_dict() for statement in self.statements]
        dropped = [statement.to_dict() for statement in self.dropped]
        return plain | {"text": self.text, "statements": statements, "dropped": dropped}


def answer_from_dict(plain: Mapping[str, Any]) -> Answer:
    """Read an Answer from what `to_dict` gave, also after it went through JSON.

    Raises:
        KeyError, TypeError, ValueError: it is no such form.
    """
    refusal = plain["refusal"]
    fields = {field.name: plain[field.name] for field in dataclasses.fields(Answer)}
    return Answer(
        **fields
        | {
            "statements": tuple(_statement_from_plain(item) for item in plain["statements"]),
            "dropped": tuple(_statement_from_plain(item) for item in plain["dropped"]),
            "citations": tuple(_dated(Citation, item) for item in plain["citations"]),
            "refusal": None if refusal is None else _refusal_from_plain(refusal),
            "timings": Timings(**plain["timings"]),
            "usage": Usage(**plain["usage"]),
            "notes": tuple(plain["notes"]),
        }
    )


def _statement_from_plain(plain: Mapping[str, Any]) -> Statement:
    support = plain["support"]
    checks = tuple(Check(name, **check) for name, check in support["checks"].items())
    support = Support(support["verdict"], support["score"], checks)
    return Statement(plain["text"], tuple(plain["citations"]), support, plain.get("differs", False))


def _refusal_from_plain(plain: Mapping[str, Any]) -> Refusal:
    nearest = tuple(_dated(ArticleReference, item) for item in plain["nearest"])
    return Refusal(plain["code"], plain["message"], tuple(plain["missing_terms"]), nearest)


def _dated(kind: type[_Dated], plain: Mapping[str, Any]) -> _Dated:
    published = plain["published"]
    day = date.fromisoformat(published) if published else None
    return kind(**{**plain, "published": day})


def to_plain(value: Any) -> Any:
    """Turn domain values into what JSON knows: dates become ISO 8601, tuples lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    return value


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


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The evidence is known; the model has not begun to read it."""

    evidence: tuple[Evidence, ...]
    rewritten: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the draft, before verification."""

    text: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft is complete: its statements, in the order in which they are verified next.

    There are none where the draft says that nothing is stated, or reached its limit within the
    first. What an earlier draft had is not part of the answer: a second draft is read, or a
    sentence quoted, where nothing was supported.
    """

    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement with its verdict, and what its numbers cite.

    Unsupported ones cite nothing and are not part of the answer.
    """

    statement: Statement
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every stream."""

    answer: Answer


Event = Retrieved | Token | Drafted | Verified | Finished
