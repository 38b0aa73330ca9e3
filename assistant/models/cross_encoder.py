"""Small cross-encoders: they read a question together with a text and score the pair.

One ranks the sentences that the chat model may read (`reranker.py`), another judges whether a text
answers the question (`verifier.py`). Both take milliseconds a pair.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean

import numpy as np

_BATCH = 4
"""Pairs that are read together: of twelve in one batch, padding cost a quarter of the time."""

_AT_ONCE = 3
"""Batches that are read at the same time, where there are threads: a batch on one thread needs no
other to go on. On two cores three batches take 0.8 of the time of one after the other on both, and
under load, when threads wait for one another, 0.6."""

_TOKENS = 192
"""Longest pair that is read; of a longer one the end of the longer part is left out."""


class CrossEncoder:
    """Scores (question, context) pairs. Safe to use from several threads.

    `folder` holds model.onnx and tokenizer.json; `name` says which weights these are and is part
    of what makes an answer reproducible. Logits are divided by `temperature`, which changes no
    order but keeps those of a model trained to rank apart from 0 and 1.
    """

    def __init__(self, folder: Path, *, name: str, threads: int, temperature: float = 1.0) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        at_once = min(threads, _AT_ONCE)
        options.intra_op_num_threads = threads // at_once
        # Threads that spin while they wait take the cores from all else that happens meanwhile.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(at_once, thread_name_prefix="cross-encoder")
        self._temperature = temperature
        self.name = name

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return for each (question, context) the probability that the context answers it.

        Shape (len(pairs),), in (0, 1).
        """
        found = np.empty(len(pairs), dtype=np.float64)
        # Pairs of like length share a batch, so that little is padding.
        order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
        batches = [order[begin : begin + _BATCH] for begin in range(0, len(order), _BATCH)]
        batches.reverse()  # the longest first, so that none is left over at the end
        texts = [[pairs[index] for index in chosen] for chosen in batches]
        for chosen, logits in zip(batches, self._readers.map(self._logits, texts), strict=True):
            found[chosen] = logits
        chances: list[float] = (1.0 / (1.0 + np.exp(-found))).tolist()
        return chances

    def pooled(self, question: str, contexts: Sequence[Sequence[str]]) -> list[float]:
        """Return the probability that each context answers the question, in [0, 1].

        A context has one or more readings, such as a sentence alone and after its predecessor;
        their mean log-odds count.
        """
        chances = iter(self.probabilities([(question, text) for read in contexts for text in read]))
        means = [fmean(log_odds(next(chances)) for _ in readings) for readings in contexts]
        return [from_log_odds(mean) for mean in means]

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
        return logits[:, 0] / self._temperature


class AbsentCrossEncoder(CrossEncoder):
    """Has no opinion: every probability is 0.5. It serves to measure what one is worth."""

    def __init__(self) -> None:
        self.name = "none"

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return 0.5 for each pair."""
        return [0.5] * len(pairs)


def log_odds(chance: float, *, clip: float = 1e-4) -> float:
    """Return ln(p / (1 - p)) of a probability clipped to [clip, 1 - clip]."""
    clipped = min(max(chance, clip), 1 - clip)
    return math.log(clipped / (1 - clipped))


def from_log_odds(value: float) -> float:
    """Return the probability of log-odds; the inverse of `log_odds`."""
    return 1.0 / (1.0 + math.exp(-value))


def read_context(title: str, lead: str, sentence: str) -> str:
    """Join a sentence, what leads up to it and its title as the verifier was trained to read."""
    return ". ".join(part for part in (title, lead, sentence) if part)
