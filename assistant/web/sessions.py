"""What the server knows of each open page, and who is behind it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import UserError
from assistant.types import ANYWHERE, SearchFilter
from assistant.web.rendering.corpus import TableView
from assistant.web.turns import TurnView

_PAGES = 1000
_PAGES_OF_ONE = 50


class NotAllowedError(UserError):
    """This person may not do that, or did it too often."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `may_edit` tells whether this person may change the corpus."""

    name: str
    may_edit: bool


Identify = Callable[[str], Visitor | None]
"""Finds the visitor of a name that the server has let in."""


@dataclass
class Session:
    """One open page of one visitor."""

    conversation_id: str = ""
    where: SearchFilter = ANYWHERE
    filter_words: str = ""
    """What the list of articles among the filters is searched for."""

    filter_serial: int = 0
    """The number of the newest form of filters that arrived: they may overtake each other."""

    words: str = ""
    """What the list of conversations is searched for."""

    table: TableView = field(default_factory=TableView)
    """What of the table of articles is shown."""

    live: TurnView | None = None
    past: list[TurnView] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    page_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while an update of an answer, or another conversation, is put on the page.

    Else what comes late of an answer that was left would be drawn over what is shown instead.
    """

    reads_article: bool = False
    """Whether the pane shows an article, which news of an answer must not push away."""

    drawings: int = 0
    """How often the earlier turns were sent to the page."""

    opening: int = field(default_factory=lambda: int(time.time()))
    """Number of what was opened last, a conversation or an empty one. It rises with each, over a
    restart of the server as well, since it begins at the clock."""

    listed: dict[str, str] = field(default_factory=dict)
    """The list of conversations and the title, as the page shows them."""

    def turn(self, turn_id: str) -> TurnView | None:
        """Return the turn of this id if the page shows it."""
        shown = [*self.past, *([self.live] if self.live else [])]
        return next((view for view in shown if view.turn_id == turn_id), None)


class Sessions:
    """The open pages by visitor and page; another's page cannot be reached by its hash."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify
        self._open: OrderedDict[tuple[str, str], Session] = OrderedDict()

    def visitor(self, request: Any) -> Visitor:
        """Tell who sent a Gradio request.

        Functions of invisible components can be called by anybody who reaches the server, so
        every function that reads or changes something calls this.

        Raises:
            NotAllowedError: the server let nobody in with this request.
        """
        name = getattr(request, "username", None)
        visitor = self._identify(name) if name else None
        if visitor is None:
            raise NotAllowedError("You are not logged in.", hint="Load the page again.")
        return visitor

    def editor(self, request: Any) -> Visitor:
        """Tell who sent a request that changes the corpus.

        Raises:
            NotAllowedError: this person may not.
        """
        visitor = self.visitor(request)
        if not visitor.may_edit:
            raise NotAllowedError("You may read and ask, but not change the corpus.")
        return visitor

    def of(self, request: Any) -> tuple[Visitor, Session]:
        """Return the visitor and the page that sent a request; a new page is made."""
        visitor = self.visitor(request)
        key = (visitor.name, str(request.session_hash))
        if key not in self._open:
            self._open[key] = Session()
            own = [other for other in self._open if other[0] == visitor.name]
            self._forget(own[:-_PAGES_OF_ONE])
            self._forget(list(self._open)[:-_PAGES])
        self._open.move_to_end(key)
        return visitor, self._open[key]

    def close(self, request: Any) -> None:
        """End what a page was waiting for that was closed, or that was not heard of for long.

        It is kept: a machine that slept goes on where it was.
        """
        name = getattr(request, "username", None)
        session = self._open.get((str(name), str(request.session_hash)))
        if session is not None:
            session.stop.set()

    def _forget(self, keys: Sequence[tuple[str, str]]) -> None:
        for key in keys:
            self._open.pop(key).stop.set()
