"""What people say about answers, kept with whole Answers that can become eval samples."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.web.conversations import ConversationMissingError, Conversations
from assistant.web.storage import Storage

_COMMENT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb and a comment on an answer; `answer` is what `Answer.to_dict` gave."""

    turn_id: str
    up: bool
    comment: str
    answer: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the plain values that `python -m evals add` reads."""
        return {
            "id": self.turn_id,
            "up": self.up,
            "comment": self.comment,
            "answer": self.answer,
        }


def rate(
    conversations: Conversations, owner: str, turn_id: str, *, up: bool, comment: str | None = None
) -> None:
    """Keep a thumb and a comment together with the whole Answer.

    Where `comment` is absent, an earlier one with the same thumb stays.

    Raises:
        ConversationMissingError: this person got no such answer.
    """
    view = conversations.turn(owner, turn_id)
    if view.answer is None:
        raise ConversationMissingError("There is no answer to rate.")
    if comment is None:
        comment = view.note if view.rated is up else ""
    answer = json.dumps(view.answer.to_dict(), ensure_ascii=False)
    with conversations.storage.writing() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?, ?, ?)",
            (turn_id, owner, up, comment[:_COMMENT_CHARS], answer, time.time()),
        )


def read_feedback(path: Path) -> Iterator[Feedback]:
    """Yield what everybody said about answers, oldest first; nothing if there is no such file."""
    if not path.is_file():
        return
    query = "SELECT turn_id, up, comment, answer FROM feedback ORDER BY created, turn_id"
    with closing(Storage(path)) as storage:
        for turn_id, up, comment, answer in storage.rows(query):
            yield Feedback(turn_id, bool(up), comment, json.loads(answer))
