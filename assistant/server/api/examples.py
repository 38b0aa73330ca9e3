"""Examples of the API's documentation: what the starter article gives, shortened."""

from __future__ import annotations

from typing import Any

QUESTION = "What height did the Hwasong-15 reach?"
ARTICLE_ID = "e12fcbde8802f747"

QUOTE = (
    "The Hwasong-15 missile reached an unprecedented height of almost 4,500 kilometres "
    "(2,800 miles)."
)
STATED = "The Hwasong-15 reached an unprecedented height of almost 4,500 kilometres (2,800 miles)."
_NAMED: dict[str, Any] = {
    "article_id": ARTICLE_ID,
    "title": "White House confirms plans for Second Trump-Kim summit",
    "source": None,
    "published": None,
}
REFERENCE: dict[str, Any] = {**_NAMED, "author": None}
CITATION = {"number": 1, **_NAMED, "start": 771, "end": 867, "quote": QUOTE}
PASSAGE = {
    "article": REFERENCE,
    "start": 771,
    "end": 867,
    "text": QUOTE,
    "score": 0.0328,
    "similarity": 0.3591,
}
ARTICLE = {
    **REFERENCE,
    "text": "Washington has confirmed that talks are underway with North Korea …",
    "url": None,
}
ANSWER = {
    "question": QUESTION,
    "rewritten": None,
    "text": f"{STATED} [1]",
    "statements": [
        {
            "text": STATED,
            "citations": [1],
            "support": {
                "verdict": "supported",
                "score": 0.9714,
                "checks": {
                    "numbers": {"passed": True, "detail": "", "score": None},
                    "grounded": {"passed": True, "detail": "", "score": 1.0},
                },
            },
            "differs": False,
        }
    ],
    "citations": [CITATION],
    "refusal": None,
    "timings": {"retrieve_s": 0.04, "first_token_s": 1.9, "total_s": 4.0},
    "usage": {"prompt_tokens": 1567, "cached_tokens": 1359, "completion_tokens": 33},
    "model": "qwen2.5-coder-1.5b-instruct",
    "embedding_model": "all-MiniLM-L6-v2",
    "prompt_version": "7f0f80-c9d0ab-ba1129-5d4b94",
    "index_digest": "ddc1d8245b725bee",
    "verifier_model": "verifier-minilm-l12-3",
    "dropped": [],
    "notes": [],
}
ERROR = {
    "error": {
        "type": "busy_error",
        "code": "busy_error",
        "message": "The assistant is busy, and its queue is full.",
        "hint": "Ask again in 12 seconds.",
        "param": None,
        "request_id": "5f0c6f0e4b6b4b7e9a55d0f5f5a4c7d1",
    }
}


def shown(*examples: dict[str, Any]) -> dict[str, Any]:
    """Return the `json_schema_extra` of a body with these examples."""
    return {"examples": list(examples)}
