"""Fine-tune the embedding model into the verifier: `python -m evals.verifier.train --data DIR`.

A cross-encoder over (question [and answer], context), initialised from all-MiniLM-L6-v2
(Apache-2.0), trained with binary cross-entropy. On two cores an epoch takes some ten minutes.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from sklearn.metrics import roc_auc_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from assistant import load_settings
from assistant.models.pull import ensure_model
from evals.verifier.pairs import Pair, build_pairs

_TOKENS = 160
_BATCH = 32
_LEARNING_RATE = 8e-5
_WARM_UP = 0.1


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public data sets.")],
    out: Annotated[Path, typer.Option(help="Folder for the trained model.")],
    *,
    epochs: int = 3,
    seed: int = 7,
    limit: int | None = None,
) -> None:
    """Train, evaluate on articles left out of training, and save."""
    torch.manual_seed(seed)
    base = str(ensure_model("all-MiniLM-L6-v2", load_settings()))
    tokenizer: Any = AutoTokenizer.from_pretrained(base, local_files_only=True)
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=1, local_files_only=True
    )
    pairs = build_pairs(data, seed=seed)[:limit]
    held_out = build_pairs(data, seed=seed, held_out=True)[:limit]
    out.mkdir(parents=True, exist_ok=True)
    steps = math.ceil(len(pairs) / _BATCH) * epochs
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1]
    plain = [p for name, p in model.named_parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=_LEARNING_RATE,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(
            (step + 1) / (_WARM_UP * steps), (steps - step) / (steps * (1 - _WARM_UP))
        ),
    )
    began = time.monotonic()
    step = 0
    for epoch in range(epochs):
        model.train()
        for batch in _batches(pairs, seed=seed + epoch):
            optimiser.zero_grad()
            logits = model(**_encode(tokenizer, batch)).logits[:, 0]
            labels = torch.tensor([pair.label for pair in batch])
            loss: Any = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            if step % 50 == 0:
                rate = step * _BATCH / (time.monotonic() - began)
                typer.echo(f"step {step} of {steps}: loss {loss.item():.3f}, {rate:.1f} pairs/s")
        figures = evaluate(model, tokenizer, held_out)
        typer.echo(f"epoch {epoch + 1}: {json.dumps(figures)}")
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    (out / "evaluation.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def evaluate(model: Any, tokenizer: Any, pairs: Sequence[Pair]) -> dict[str, float]:
    """Return areas under the ROC curve: questions alone, with answers, and by negative."""
    scores = predict(model, tokenizer, pairs)
    figures: dict[str, float] = {}
    positives = {"squad2": "squad2", "squad2+answer": "squad2+answer"}
    groups = {
        "question": ({"squad2"}, 1.0),
        "question+answer": ({"squad2+answer"}, 1.0),
    }
    for title, (sources, _) in groups.items():
        chosen = [i for i, pair in enumerate(pairs) if pair.source in sources]
        figures[f"auc {title}"] = _auc([pairs[i].label for i in chosen], scores[chosen])
    good = [i for i, pair in enumerate(pairs) if pair.source in positives and pair.label]
    for source in ("squad2+other", "squad2+exchanged", "squad2+wrong"):
        bad = [i for i, pair in enumerate(pairs) if pair.source == source]
        labels = [1.0] * len(good) + [0.0] * len(bad)
        figures[f"auc against {source}"] = _auc(labels, scores[good + bad])
    return figures


def predict(model: Any, tokenizer: Any, pairs: Sequence[Pair]) -> np.ndarray:
    """Return the logit of each pair; shape (len(pairs),)."""
    model.eval()
    found: list[float] = []
    with torch.inference_mode():
        for start in range(0, len(pairs), 64):
            logits = model(**_encode(tokenizer, pairs[start : start + 64])).logits[:, 0]
            found += logits.tolist()
    return np.asarray(found)


def _auc(labels: Sequence[float], scores: np.ndarray) -> float:
    return round(float(roc_auc_score(labels, scores)), 4)


def _encode(tokenizer: Any, pairs: Sequence[Pair]) -> Any:
    return tokenizer(
        [pair.question for pair in pairs],
        [pair.context for pair in pairs],
        truncation="longest_first",
        max_length=_TOKENS,
        padding=True,
        return_tensors="pt",
    )


def _batches(pairs: Sequence[Pair], *, seed: int) -> list[list[Pair]]:
    """Group pairs of like length, so that little is padding; batches in random order."""
    chooser = random.Random(seed)
    order = sorted(pairs, key=lambda p: len(p.question) + len(p.context) + chooser.random() * 60)
    batches = [list(order[i : i + _BATCH]) for i in range(0, len(order), _BATCH)]
    chooser.shuffle(batches)
    return batches


if __name__ == "__main__":
    typer.run(main)
