"""What the chat knows of one question while it is being answered, and afterwards."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from assistant.types import (
    ANYWHERE,
    Answer,
    Citation,
    Event,
    Evidence,
    Finished,
    Retrieved,
    SearchFilter,
    Statement,
    Token,
    Verified,
)

Stage = Literal["searching", "waiting", "reading", "writing", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class TurnView:
    """A question and all that is known of its answer. `place` counts from 1 while waiting.

    `rated` is the thumb that was given, `note` the comment with it.
    """

    turn_id: str
    question: str
    stage: Stage = "searching"
    where: SearchFilter = ANYWHERE
    place: int = 0
    rewritten: str | None = None
    evidence: tuple[Evidence, ...] = ()
    draft: str = ""
    drafts: int = 0
    checked: tuple[Statement, ...] = ()
    answer: Answer | None = None
    problem: str = ""
    rated: bool | None = None
    note: str = ""

    @property
    def is_live(self) -> bool:
        """Whether more is to come."""
        return self.stage in {"searching", "waiting", "reading", "writing"}


@dataclass(frozen=True, slots=True)
class Place:
    """A span of an article that a turn points to, with the number it is printed under."""

    number: int
    article_id: str
    title: str
    start: int
    end: int
    quote: str


def advance(view: TurnView, event: Event) -> TurnView:
    """Return what is known after one more event of the stream."""
    match event:
        case Retrieved(evidence, rewritten):
            return dataclasses.replace(
                view,
                stage="reading",
                evidence=evidence,
                rewritten=rewritten,
                draft="",
                drafts=view.drafts + 1,
                checked=(),
            )
        case Token(piece):
            return dataclasses.replace(view, stage="writing", draft=view.draft + piece)
        case Verified(statement):
            return dataclasses.replace(view, checked=(*view.checked, statement))
        case Finished(answer):
            return dataclasses.replace(view, stage="done", answer=answer)


def places_of(view: TurnView) -> tuple[Place, ...]:
    """List the spans a turn points to: its citations once it has any, the evidence before.

    A refusal cites nothing; what was read for it is still worth a look.
    """
    if view.answer is not None and view.answer.citations:
        return tuple(_cited(citation) for citation in view.answer.citations)
    return tuple(_read(item) for item in view.evidence)


def _cited(citation: Citation) -> Place:
    return Place(
        citation.number,
        citation.article_id,
        citation.title,
        citation.start,
        citation.end,
        citation.quote,
    )


def _read(item: Evidence) -> Place:
    return Place(
        item.number, item.article.article_id, item.article.title, item.start, item.end, item.text
    )
