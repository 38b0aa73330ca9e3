"""What the chat knows of one question while it is being answered, and afterwards."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

from assistant.types import (
    ANYWHERE,
    Answer,
    Citation,
    Drafted,
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

    `drafted` are the statements of a complete draft, of which the first are `checked` and `cited`.
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
    drafted: tuple[str, ...] | None = None
    checked: tuple[Statement, ...] = ()
    cited: tuple[Citation, ...] = ()
    answer: Answer | None = None
    problem: str = ""
    rated: bool | None = None
    note: str = ""

    @property
    def is_live(self) -> bool:
        """Whether more is to come."""
        return self.stage in {"searching", "waiting", "reading", "writing"}

    @property
    def draft_failed(self) -> bool:
        """Whether all of a draft was checked, or there was nothing in it, and none is supported."""
        if self.drafted is None or len(self.checked) < len(self.drafted):
            return False
        return not any(statement.citations for statement in self.checked)


@dataclass(frozen=True, slots=True)
class Place:
    """A span of an article that a turn points to, with the number it is printed under.

    `key` tells evidence that was read from what is cited: both are numbered from 1.
    """

    key: str
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
                view, stage="reading", evidence=evidence, rewritten=rewritten
            )
        case Token(piece):
            if view.drafted is not None:  # a second draft takes the place of the first
                view = dataclasses.replace(_undrafted(view), draft="")
            return dataclasses.replace(view, stage="writing", draft=view.draft + piece)
        case Drafted(statements):
            return dataclasses.replace(_undrafted(view), stage="writing", drafted=statements)
        case Verified(statement, citations):
            known = {citation.number for citation in view.cited}
            added = tuple(item for item in citations if item.number not in known)
            return dataclasses.replace(
                view, checked=(*view.checked, statement), cited=(*view.cited, *added)
            )
        case Finished(answer):
            return dataclasses.replace(view, stage="done", answer=answer)


def _undrafted(view: TurnView) -> TurnView:
    return dataclasses.replace(view, drafted=None, checked=(), cited=())


def places_of(view: TurnView) -> tuple[Place, ...]:
    """List the spans a turn points to: its citations once it has any, the evidence before.

    A refusal cites nothing; what was read for it is still worth a look.
    """
    citations = view.cited if view.answer is None else view.answer.citations
    return tuple(_cited(citation) for citation in citations) or read_for(view)


def read_for(view: TurnView) -> tuple[Place, ...]:
    """List the spans that were read for a turn."""
    return tuple(_read(item) for item in view.evidence)


def places_with(view: TurnView, key: str) -> tuple[Place, ...]:
    """List the spans among which there is one of this key; none if there is none.

    An article that was opened from the evidence is still open when the answer cites anew.
    """
    for places in (places_of(view), read_for(view)):
        if any(place.key == key for place in places):
            return places
    return ()


def _cited(citation: Citation) -> Place:
    return Place(
        str(citation.number),
        citation.number,
        citation.article_id,
        citation.title,
        citation.start,
        citation.end,
        citation.quote,
    )


def _read(item: Evidence) -> Place:
    key = f"read-{item.number}"
    article = item.article
    return Place(
        key, item.number, article.article_id, article.title, item.start, item.end, item.text
    )
