"""The public names: a contract."""

from __future__ import annotations

import assistant


def test_the_public_names_are_these() -> None:
    assert sorted(assistant.__all__) == [
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


def test_every_public_name_is_there() -> None:
    for name in assistant.__all__:
        assert getattr(assistant, name) is not None
