"""The verifier: a small cross-encoder that tells whether a text states an answer.

It reads a question, or a question followed by an answer, together with a sentence of an article
in its context, in milliseconds, and is no judge of its own writing as a chat model is. How it was
trained, and how good it is, stands in `evals/verifier/README.md`; its weights travel with the
package and are loaded only if their SHA-256 is the pinned one.
"""

from __future__ import annotations

import math
import threading
import tomllib
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from assistant.errors import ModelDigestError
from assistant.models.pull import digest_file
from assistant.settings import Settings

WEIGHTS = Path(__file__).parent / "verifier_weights"
"""The trained weights, their tokenizer, and the card that pins both."""

_BATCH = 16
_TOKENS = 192
"""Longest pair that is read; of a longer one the end of the longer part is left out."""


class Verifier:
    """Scores (question, context) pairs. Safe to use from several threads.

    `name` says which weights these are and is part of what makes an answer reproducible.
    """

    def __init__(self, folder: Path, *, name: str, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self._lock = threading.Lock()
        self.name = name

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return for each (question, context) the probability that the context answers it.

        A question may be followed by an answer: then it is the probability that the context
        states this answer to this question. Shape (len(pairs),), in (0, 1).
        """
        found = np.empty(len(pairs), dtype=np.float64)
        # Pairs of like length share a batch, so that little is padding.
        order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
        for begin in range(0, len(order), _BATCH):
            chosen = order[begin : begin + _BATCH]
            found[chosen] = self._logits([pairs[index] for index in chosen])
        chances: list[float] = (1.0 / (1.0 + np.exp(-found))).tolist()
        return chances

    def pooled(self, question: str, contexts: Sequence[Sequence[str]]) -> list[float]:
        """Return the probability that each context answers the question, in [0, 1].

        A context has one or more readings, such as a sentence alone and after its predecessor;
        their mean log-odds count. Among five sentences that finds the answers to 85 % of the
        questions of `briefings` (dev), where either reading alone finds 79 and 84 %.
        """
        chances = iter(self.probabilities([(question, text) for read in contexts for text in read]))
        means = [fmean(log_odds(next(chances)) for _ in readings) for readings in contexts]
        return [1.0 / (1.0 + math.exp(-mean)) for mean in means]

    def _logits(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        with self._lock:
            encoded = self._tokenizer.encode_batch(pairs)
        logits: np.ndarray = self._session.run(
            ["logits"],
            {
                "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
                "attention_mask": np.array([i.attention_mask for i in encoded], dtype=np.int64),
                "token_type_ids": np.array([item.type_ids for item in encoded], dtype=np.int64),
            },
        )[0]
        return logits[:, 0]


class AbsentVerifier(Verifier):
    """Has no opinion: every probability is 0.5. It serves to measure what the verifier is worth."""

    def __init__(self) -> None:
        self.name = "none"

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return 0.5 for each pair."""
        return [0.5] * len(pairs)


def log_odds(chance: float, *, clip: float = 1e-4) -> float:
    """Return ln(p / (1 - p)) of a probability clipped to [clip, 1 - clip]."""
    clipped = min(max(chance, clip), 1 - clip)
    return math.log(clipped / (1 - clipped))


def read_context(title: str, lead: str, sentence: str) -> str:
    """Join a sentence, what leads up to it and its title as the verifier was trained to read."""
    return ". ".join(part for part in (title, lead, sentence) if part)


def with_answer(question: str, answer: str) -> str:
    """Join a question and an answer to it as the verifier was trained to read."""
    return f"{question} {answer}"


def load_verifier(settings: Settings, *, folder: Path = WEIGHTS) -> Verifier:
    """Load the weights that travel with the package, or those of another folder.

    Where the settings leave the verifier out, it is one without opinions.

    Raises:
        ModelDigestError: a file is not the one that the folder's card pins.
    """
    if not settings.verifier:
        return AbsentVerifier()
    card = tomllib.loads((folder / "card.toml").read_text("utf-8"))
    for name, digest in card["sha256"].items():
        if digest_file(folder / name) != digest:
            raise ModelDigestError(
                f"{folder / name} is not the pinned file of {card['name']}: its SHA-256 differs. "
                "It is not loaded.",
                hint="Install the package again.",
            )
    return Verifier(folder, name=card["name"], threads=settings.threads)
