"""A linear probe: what the chat model knows of a statement beyond the word that it says.

Before it says yes or no, the model has a logit for every token of its vocabulary. Those of a
thousand tokens are a linear image of its last hidden state, from which a logistic regression tells
right statements from wrong ones better than yes and no alone do (linear probes: Alain and Bengio,
arXiv 1610.01644; of truth in hidden states: Azaria and Mitchell, arXiv 2304.13734). How it was
fitted, and how good it is, stands in `evals/probe/README.md`. It holds for one chat model and one
wording of the question only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from assistant.bundled import read_table
from assistant.models.chat import LoadedChatModel
from assistant.models.cross_encoder import from_log_odds
from assistant.prompts import Prompt

TOKENS = range(256, 1280)
"""Tokens whose logits are read: pieces of one to three letters, whatever they mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """Weights of a logistic regression on logits; shape (len(TOKENS),).

    `words` are the tokens of yes and no, in both cases. `chat_model` and `prompt`, the version of
    the yes/no question, are what it was fitted with.
    """

    chat_model: str
    prompt: str
    words: tuple[int, ...]
    intercept: float
    weights: np.ndarray

    def probability(self, logits: np.ndarray) -> float:
        """Return the probability, in (0, 1), that the statement is right.

        `logits` are those of TOKENS about their mean; shape (len(TOKENS),).
        """
        return from_log_odds(self.intercept + float(self.weights @ logits))


def find_probe(chat: LoadedChatModel, prompt: Prompt) -> Probe | None:
    """Return the probe if it was fitted with this chat model and question, embedded here."""
    probe = load_probe()
    fits = chat.embedded and (probe.chat_model, probe.prompt) == (chat.name, prompt.version)
    return probe if fits else None


@lru_cache(maxsize=1)
def load_probe() -> Probe:
    """Read the fitted probe that travels with the package."""
    values = read_table("answering/probe.toml")
    return Probe(
        values["chat_model"],
        values["prompt"],
        tuple(values["words"]),
        values["intercept"],
        np.asarray(values["weights"]),
    )
