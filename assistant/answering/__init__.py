"""From evidence to statements that the software has checked."""

from assistant.answering.chain import AnswerChain

__all__ = ["AnswerChain"]
