"""The JSON of the API, as OpenAPI describes it. Requests are checked here, once."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.server.api import examples
from assistant.server.api.examples import shown
from assistant.types import RefusalCode, SearchFilter, Turn, Verdict


class _Sent(BaseModel):
    """A request: an unknown field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid")


class _Given(BaseModel):
    """A response, exactly."""

    model_config = ConfigDict(extra="forbid")


class FilterBody(_Sent):
    """Which articles may be searched; absent fields do not restrict."""

    sources: list[str] = Field([], max_length=100, examples=[["Gazette"]])
    published_from: date | None = Field(None, examples=["2018-01-01"])
    published_to: date | None = Field(None, examples=["2019-12-31"])
    article_ids: list[str] = Field([], max_length=1000, examples=[[examples.ARTICLE_ID]])

    def to_filter(self) -> SearchFilter:
        """Return the domain's value."""
        return SearchFilter(
            tuple(self.sources),
            self.published_from,
            self.published_to,
            tuple(self.article_ids),
        )


class TurnBody(_Sent):
    """An earlier question and, where known, the text of its answer."""

    question: str
    answer: str = ""

    def to_turn(self) -> Turn:
        """Return the domain's value."""
        return Turn(self.question, self.answer)


class AnswerRequest(_Sent):
    """A question, perhaps with earlier turns and a choice of articles."""

    model_config = ConfigDict(
        json_schema_extra=shown(
            {"question": examples.QUESTION},
            {
                "question": "How high did it go?",
                "turns": [{"question": "What is the Hwasong-15?"}],
                "where": {"sources": ["Gazette"]},
                "stream": True,
            },
        )
    )

    question: str
    turns: list[TurnBody] = Field([], max_length=50)
    where: FilterBody | None = None
    stream: bool = Field(
        False,
        description="Send events while the answer comes; so does `Accept: text/event-stream`.",
    )


class SearchRequest(_Sent):
    """What passages are looked for."""

    model_config = ConfigDict(json_schema_extra=shown({"question": examples.QUESTION, "k": 3}))

    question: str
    k: int = Field(10, ge=1, le=100, description="Most passages that come back.")
    where: FilterBody | None = None


class ReferenceBody(_Given):
    """Enough to name an article."""

    model_config = ConfigDict(json_schema_extra=shown(examples.REFERENCE))

    article_id: str
    title: str
    source: str | None
    published: date | None
    author: str | None


class CheckBody(_Given):
    """One test of a statement; `passed` is null where it did not apply."""

    passed: bool | None
    detail: str
    score: float | None


class SupportBody(_Given):
    """What the software found about a statement."""

    verdict: Verdict
    score: Annotated[float, Field(ge=0, le=1)]
    checks: dict[str, CheckBody]


class StatementBody(_Given):
    """One sentence of an answer with the numbers of its citations."""

    text: str
    citations: list[int]
    support: SupportBody
    differs: bool


class CitationBody(_Given):
    """The exact characters of an article that a statement rests on."""

    model_config = ConfigDict(json_schema_extra=shown(examples.CITATION))

    number: int
    article_id: str
    title: str
    source: str | None
    published: date | None
    start: int
    end: int
    quote: str


class RefusalBody(_Given):
    """Why there is no answer."""

    code: RefusalCode
    message: str
    missing_terms: list[str]
    nearest: list[ReferenceBody]


class TimingsBody(_Given):
    """Seconds since the question's turn began."""

    retrieve_s: float
    first_token_s: float | None
    total_s: float


class UsageBody(_Given):
    """Tokens of all calls of the chat model."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


class AnswerBody(_Given):
    """An answer or a refusal, with all that is needed to reproduce it."""

    model_config = ConfigDict(json_schema_extra=shown(examples.ANSWER))

    question: str
    rewritten: str | None
    text: str
    statements: list[StatementBody]
    citations: list[CitationBody]
    refusal: RefusalBody | None
    timings: TimingsBody
    usage: UsageBody
    model: str
    embedding_model: str
    prompt_version: str
    index_digest: str
    verifier_model: str
    dropped: list[StatementBody]
    notes: list[str]


class PassageBody(_Given):
    """A passage that was found; `score` ranks, `similarity` is a cosine."""

    model_config = ConfigDict(json_schema_extra=shown(examples.PASSAGE))

    article: ReferenceBody
    start: int
    end: int
    text: str
    score: float
    similarity: float | None


class SearchBody(_Given):
    """The passages that fit best, best first."""

    model_config = ConfigDict(
        json_schema_extra=shown({"question": examples.QUESTION, "passages": [examples.PASSAGE]})
    )

    question: str
    passages: list[PassageBody]


class ArticlesBody(_Given):
    """A part of the list of articles, by title."""

    model_config = ConfigDict(
        json_schema_extra=shown({"total": 1, "articles": [examples.REFERENCE]})
    )

    total: int
    articles: list[ReferenceBody]


class ArticleBody(_Given):
    """One whole article. Offsets count the characters of its text."""

    model_config = ConfigDict(json_schema_extra=shown(examples.ARTICLE))

    article_id: str
    title: str
    text: str
    source: str | None
    url: str | None
    author: str | None
    published: date | None


class FailedBody(_Given):
    """A source that could not become an article, and why."""

    name: str
    reason: str


class AddedBody(_Given):
    """What became of the sources: ids of new articles, of known ones, and what failed."""

    model_config = ConfigDict(
        json_schema_extra=shown({"added": [examples.ARTICLE_ID], "unchanged": [], "failed": []})
    )

    added: list[str]
    unchanged: list[str]
    failed: list[FailedBody]


class RemovedBody(_Given):
    """The article that is gone."""

    model_config = ConfigDict(json_schema_extra=shown({"removed": examples.ARTICLE_ID}))

    removed: str


class ErrorFields(_Given):
    """What happened, and what to do."""

    type: str
    code: str
    message: str
    hint: str
    param: str | None
    request_id: str | None


class ErrorBody(_Given):
    """An error, in the shape that OpenAI's clients read."""

    model_config = ConfigDict(json_schema_extra=shown(examples.ERROR))

    error: ErrorFields


class HealthBody(_Given):
    """How the server is."""

    model_config = ConfigDict(json_schema_extra=shown({"status": "ok"}))

    status: str
    detail: str = ""


def error_responses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a route; any may fail unforeseen."""
    meanings = {
        400: "The request cannot be served as it is.",
        401: "A key is needed.",
        403: "The key lacks the scope, or the request comes from a page of another site.",
        404: "There is no such thing.",
        409: "Another process is changing the index (`Retry-After` says when to try again), this "
        "server only follows it, or its corpus reads as empty while its index is not.",
        413: "The request is too large.",
        422: "The request is malformed, or a source cannot be read.",
        429: "The queue is full; `Retry-After` says when to ask again.",
        500: "The server failed in a way that it did not foresee.",
        502: "The chat model's server failed.",
        503: "Not ready, or shutting down.",
        507: "The disk of the index is full, or cannot be written.",
    }
    return {code: {"model": ErrorBody, "description": meanings[code]} for code in (*codes, 500)}
