"""What is sent to a page: new values of its parts, and letters to the page itself."""

from __future__ import annotations

import json
import secrets
from typing import Any

Update = dict[str, Any]
"""New values by the names of the page's parts; parts that are not named stay as they are."""


def letter(**said: Any) -> Update:
    """Address the page itself: say, save, focus, begun, conversation.

    `begun` is the conversation that an empty page has become, `conversation` the one it shows
    instead of the one that it asked for: the page's address then names it.
    """
    return {"courier": json.dumps(said | {"nonce": secrets.token_hex(4)}, ensure_ascii=False)}


def say(words: str) -> Update:
    """Show a short notice."""
    return letter(say=words)
