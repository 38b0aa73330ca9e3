"""The domain's values. Frozen, comparable, and free of any library's types.

Offsets are half-open and count Unicode code points of `Article.text`.
"""

from assistant.types.answers import (
    Answer,
    Check,
    Citation,
    Evidence,
    Refusal,
    RefusalCode,
    Statement,
    Support,
    Timings,
    Turn,
    Usage,
    Verdict,
    answer_from_dict,
)
from assistant.types.articles import (
    ANYWHERE,
    Article,
    ArticleEntry,
    ArticleReference,
    FoundPassage,
    Original,
    Passage,
    SearchFilter,
    Span,
    content_id,
)
from assistant.types.events import Drafted, Event, Finished, Retrieved, Token, Verified
from assistant.types.plain import to_plain
from assistant.types.reports import AddReport, FailedSource, Progress, SyncReport, no_progress

__all__ = [
    "ANYWHERE",
    "AddReport",
    "Answer",
    "Article",
    "ArticleEntry",
    "ArticleReference",
    "Check",
    "Citation",
    "Drafted",
    "Event",
    "Evidence",
    "FailedSource",
    "Finished",
    "FoundPassage",
    "Original",
    "Passage",
    "Progress",
    "Refusal",
    "RefusalCode",
    "Retrieved",
    "SearchFilter",
    "Span",
    "Statement",
    "Support",
    "SyncReport",
    "Timings",
    "Token",
    "Turn",
    "Usage",
    "Verdict",
    "Verified",
    "answer_from_dict",
    "content_id",
    "no_progress",
    "to_plain",
]
