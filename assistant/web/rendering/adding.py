"""How far an adding of articles is, and what becomes of each source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.web.rendering.markup import text

Fate = Literal["waiting", "reading", "read", "added", "unchanged", "failed"]

_SIGNS: dict[Fate, tuple[str, str]] = {
    "waiting": ("·", "waiting"),
    "reading": ("…", "being read"),
    "read": ("✓", "read"),
    "added": ("✓", "added"),
    "unchanged": ("=", "already there"),
    "failed": ("✕", "failed"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source so far, and why."""

    name: str
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Adding:
    """How far an adding is: `share` of the whole in [0, 1], `spent_s` in what is done now."""

    doing: str
    share: float
    outcomes: tuple[Outcome, ...] = ()
    spent_s: int = 0
    finished: bool = False


def render_adding(adding: Adding) -> str:
    """Show how far an adding is and what became of each source."""
    items = "".join(_outcome(item) for item in adding.outcomes)
    outcomes = f'<ul class="outcomes" aria-label="Sources">{items}</ul>' if items else ""
    doing = f'<p role="status">{text(adding.doing)}</p>'
    if adding.finished:
        return f'<div class="adding">{doing}{outcomes}</div>'
    spent = f" · {adding.spent_s} s" if adding.spent_s else ""
    return (
        f'<div class="adding">{doing}<progress value="{adding.share:.3f}" max="1" '
        f'aria-label="Progress"></progress><p class="label" aria-hidden="true">'
        f"{adding.share:.0%}{spent}</p>{outcomes}</div>"
    )


def _outcome(item: Outcome) -> str:
    shape, word = _SIGNS[item.fate]
    reason = f" — {text(item.reason)}" if item.reason else ""
    return (
        f'<li class="{item.fate}"><span class="shape" aria-hidden="true">{shape}</span> '
        f"{text(item.name)} <em>{word}</em>{reason}</li>"
    )
