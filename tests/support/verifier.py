"""A verifier that needs no weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.models.cross_encoder import CrossEncoder


class ScriptedVerifier(CrossEncoder):
    """Gives each pair the probability that `script` says; 0.9 where none is given."""

    def __init__(self, script: Callable[[str, str], float] = lambda _question, _context: 0.9):
        self.name = "scripted"
        self.script = script
        self.read: list[tuple[str, str]] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.read += pairs
        return [self.script(question, context) for question, context in pairs]
