"""Answers: statements with citations and support, or a refusal."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from assistant.types.articles import ArticleReference
from assistant.types.plain import to_plain

_LIST_MARK = re.compile(r"^[-*•‣–]\s+")

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
        """The sentence as models and checks read it.

        That is a row with the names of its columns, an item of a list without its mark.
        """
        return _LIST_MARK.sub("", self.text) if self.row is None else self.row


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


_Dated = TypeVar("_Dated", ArticleReference, Citation)


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
