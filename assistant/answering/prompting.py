"""The prompts of the chain."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.prompts import Prompt, load_prompt


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of the chain; `insist` is for a second draft where the first refused."""

    answer: Prompt
    insist: Prompt
    verify: Prompt
    rewrite: Prompt

    @classmethod
    def load(cls, *, worked_examples: bool = True) -> Prompts:
        """Read the prompts that travel with the package, with or without their examples."""
        found = [load_prompt(name) for name in ("answer", "insist", "verify", "rewrite")]
        if not worked_examples:
            found = [replace(prompt, examples=()) for prompt in found]
        return cls(*found)

    @property
    def all(self) -> tuple[Prompt, ...]:
        """Every prompt, in a fixed order."""
        return (self.answer, self.insist, self.verify, self.rewrite)

    @property
    def version(self) -> str:
        """One string that changes when any of them does."""
        return "-".join(prompt.version[:6] for prompt in self.all)
