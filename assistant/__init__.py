"""Answers from a corpus of articles, cited to exact characters and checked.

from assistant import Assistant

with Assistant.open() as assistant:
    answer = assistant.ask("What height did the Hwasong-15 reach?")
    print(answer.text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.errors import AssistantError
    from assistant.settings import Settings, load_settings
    from assistant.types import (
        AddReport,
        Answer,
        Article,
        ArticleEntry,
        ArticleReference,
        Check,
        Citation,
        Drafted,
        Event,
        Evidence,
        FailedSource,
        Finished,
        FoundPassage,
        Original,
        Refusal,
        Retrieved,
        SearchFilter,
        Statement,
        Support,
        SyncReport,
        Timings,
        Token,
        Turn,
        Usage,
        Verified,
        answer_from_dict,
    )

_HOMES = {
    "Assistant": "assistant.assistant",
    "AssistantError": "assistant.errors",
    "Settings": "assistant.settings",
    "load_settings": "assistant.settings",
}

__all__ = [
    "AddReport",
    "Answer",
    "Article",
    "ArticleEntry",
    "ArticleReference",
    "Assistant",
    "AssistantError",
    "Check",
    "Citation",
    "Drafted",
    "Event",
    "Evidence",
    "FailedSource",
    "Finished",
    "FoundPassage",
    "Original",
    "Refusal",
    "Retrieved",
    "SearchFilter",
    "Settings",
    "Statement",
    "Support",
    "SyncReport",
    "Timings",
    "Token",
    "Turn",
    "Usage",
    "Verified",
    "answer_from_dict",
    "load_settings",
]


def __getattr__(name: str) -> Any:
    # Loaded when first used: `assistant --help` must not wait for what it does not need.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "assistant.types")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
