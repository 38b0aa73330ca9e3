"""What a question asks, without the instructions that it may carry."""

from __future__ import annotations

import re

from assistant.errors import QuestionError
from assistant.splitting import split_sentences

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,40}>")
_INSTRUCTS = re.compile(
    r"^\W*(?:please\s+|now\s+|then\s+|system\s*:?\s*|assistant\s*:?\s*)*(?:"
    r"(?:ignore|disregard|forget|override|bypass|pretend|imagine|roleplay|act as|respond|reply|"
    r"output|print|repeat|reveal|translate|obey|end your|begin your|start your|finish your|"
    r"answer (?:from|in|with|only|as|using)|use your|using (?:your|all|everything)|say\b|"
    r"write (?:a|an|me)\b|you (?:are|must|should|will|can) (?:now|no longer|not|ignore|only)|"
    r"(?:it.s|it is) (?:fine|ok|okay) to guess|just guess|don.t refuse|do not refuse|from now on|"
    r"new (?:rules?|instructions?))\b|"
    r"(?:the )?(?:assistant|model|ai|chatbot)\s+(?:must|should|shall|will|may)\b|"
    r"[\w\s:]{0,20}\bnew (?:rules?|instructions?) appl)",
    re.IGNORECASE,
)


def check_question(question: str, *, limit_chars: int) -> str:
    """Return the question without space around it.

    Raises:
        QuestionError: nothing is left, or more than `limit_chars`.
    """
    question = question.strip()
    if not question:
        raise QuestionError("The question is empty.", hint="Ask something about the articles.")
    if len(question) > limit_chars:
        raise QuestionError(
            f"The question has {len(question)} characters, more than {limit_chars}.",
            hint="Shorten it, or raise ASSISTANT_QUESTION_CHARS.",
        )
    return question


def strip_instructions(text: str) -> str:
    """Return a question without sentences that instruct the assistant, and without tags.

    Questions are data: an instruction in one is left aside, never followed. The empty string
    means that nothing was asked. What precedes a colon or comma before a question counts alone.
    """
    pieces: list[str] = []
    for sentence in split_sentences(_TAG.sub(" ", text)):
        piece = sentence.text
        for mark in (":", ","):
            head, found, tail = piece.partition(mark)
            if found and tail.strip().endswith("?") and _INSTRUCTS.match(head):
                piece = tail.strip()
                break
        pieces.append(piece)
    kept = [piece for piece in pieces if not _INSTRUCTS.match(piece)]
    return re.sub(r"\s+", " ", " ".join(kept)).strip()
