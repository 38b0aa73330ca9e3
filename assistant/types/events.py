"""What happens while a question is answered: a closed union."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types.answers import Answer, Citation, Evidence, Statement


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
