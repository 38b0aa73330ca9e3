"""What is sent to a page: new values of its parts, and letters to the page itself."""

from __future__ import annotations

import json
import secrets
from typing import Any

Update = dict[str, Any]
"""New values by the names of the page's parts; parts that are not named stay as they are."""


def letter(**said: Any) -> Update:
    """Address the page itself: say, save, focus, conversation.

    The address of the page names the conversation; the browser's Back leads to the one before,
    unless `replace` says that there is none to go back to.
    """
    return {"courier": json.dumps(said | {"nonce": secrets.token_hex(4)}, ensure_ascii=False)}


def say(words: str) -> Update:
    """Show a short notice."""
    return letter(say=words)
