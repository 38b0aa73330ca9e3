"""What a page sends, read with care: anybody can send anything."""

from __future__ import annotations

from typing import Any

_DIGITS = 9


def count_of(value: Any, *, default: int = 0) -> int:
    """Read a count of at most nine digits; what is none is the default."""
    said = str(value)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _DIGITS else default
