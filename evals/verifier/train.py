"""Fine-tune the verifier: `python -m evals.verifier.train --data DIR --out DIR`.

A cross-encoder over (question [and answer], context) with binary cross-entropy, in two stages:
public pairs once, then the invented ones with a share of the public ones, so that those are not
forgotten. The base was trained to rank passages for search
queries (MS MARCO); its embeddings and lowest layers stay as they are. On two cores the first stage
takes some 15 minutes, the second 10.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from sklearn.metrics import roc_auc_score
from transformers import BertTokenizerFast  # type: ignore[attr-defined]

from assistant import load_settings
from assistant.models.pull import ensure_model
from evals.verifier.network import read_network, write_network
from evals.verifier.pairs import Pair, build_pairs, invented_pairs

BASE = "ms-marco-minilm-l12-int8"
_TOKENS = 128
_BATCH = 32
_LEARNING_RATE = 4e-5
_WARM_UP = 0.1
_FROZEN_LAYERS = 3
_SOFTENED = 3.0
"""The base's logits reach ±11; divided by this they leave the sigmoid room to learn."""

_EASY_SHARE = 0.4
"""Share of the pairs with another sentence of the paragraph that is kept: they are easy."""

_REPLAYED_SHARE = 0.25
_HELD_OUT_PAIRS = 1200


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public data sets.")],
    out: Annotated[Path, typer.Option(help="Folder for the trained model.")],
    *,
    seed: int = 7,
    epochs: Annotated[int, typer.Option(help="Over the invented pairs.")] = 1,
    first: Annotated[Path | None, typer.Option(help="Weights of a finished first stage.")] = None,
) -> None:
    """Train, evaluate on what was left out of training, and save."""
    torch.manual_seed(seed)
    chooser = random.Random(seed)
    base = ensure_model(BASE, load_settings())
    options: dict[str, Any] = {"tokenizer_file": str(base / "tokenizer.json"), "pad_token": "[PAD]"}
    tokenizer: Any = BertTokenizerFast(**options)
    model = read_network(base / "model.onnx")
    with torch.no_grad():
        model.classifier.weight.div_(_SOFTENED)
        model.classifier.bias.div_(_SOFTENED)
    for module in (model.bert.embeddings, *model.bert.encoder.layer[:_FROZEN_LAYERS]):
        module.requires_grad_(False)
    public = [
        pair
        for pair in build_pairs(data, seed=seed)
        if not pair.source.endswith("other") or chooser.random() < _EASY_SHARE
    ]
    held_out = build_pairs(data, seed=seed, held_out=True)[:_HELD_OUT_PAIRS]
    invented = invented_pairs(seed=seed)
    held_out_invented = invented_pairs(seed=seed, held_out=True)[:_HELD_OUT_PAIRS]
    out.mkdir(parents=True, exist_ok=True)
    if first is not None:
        model.load_state_dict(torch.load(first, weights_only=True))
    else:
        fit(model, tokenizer, public, seed=seed)
        torch.save(model.state_dict(), out / "first.pt")
    for epoch in range(epochs):
        replayed = chooser.sample(public, int(len(public) * _REPLAYED_SHARE))
        fit(model, tokenizer, [*invented, *replayed], seed=seed + epoch)
    torch.save(model.state_dict(), out / "second.pt")
    figures = evaluate(model, tokenizer, held_out) | {
        "auc invented": _auc(
            [pair.label for pair in held_out_invented],
            predict(model, tokenizer, held_out_invented),
        )
    }
    typer.echo(json.dumps(figures))
    write_network(model, base / "model.onnx", out / "model.onnx")
    shutil.copy(base / "tokenizer.json", out / "tokenizer.json")
    (out / "evaluation.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def fit(model: Any, tokenizer: Any, pairs: Sequence[Pair], *, seed: int) -> None:
    """Go over the pairs once, with a learning rate that rises and falls."""
    parameters = [item for item in model.parameters() if item.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=_LEARNING_RATE, weight_decay=0.01)
    batches = _batches(pairs, seed=seed)
    steps = len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(
            (step + 1) / math.ceil(_WARM_UP * steps), (steps - step) / (steps * (1 - _WARM_UP))
        ),
    )
    began = time.monotonic()
    model.train()
    for step, batch in enumerate(batches, start=1):
        optimiser.zero_grad()
        logits = model(**_encode(tokenizer, batch)).logits[:, 0]
        labels = torch.tensor([pair.label for pair in batch])
        loss: Any = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        if step % 25 == 0:
            rate = step * _BATCH / (time.monotonic() - began)
            typer.echo(f"step {step} of {steps}: loss {loss.item():.3f}, {rate:.1f} pairs/s")


def evaluate(model: Any, tokenizer: Any, pairs: Sequence[Pair]) -> dict[str, float]:
    """Return areas under the ROC curve: questions alone, with answers, and by negative."""
    scores = predict(model, tokenizer, pairs)
    figures: dict[str, float] = {}
    for title, source in (("question", "squad2"), ("question and answer", "squad2+answer")):
        chosen = [i for i, pair in enumerate(pairs) if pair.source == source]
        figures[f"auc {title}"] = _auc([pairs[i].label for i in chosen], scores[chosen])
    right = [
        i
        for i, pair in enumerate(pairs)
        if pair.source in {"squad2", "squad2+answer"} and pair.label
    ]
    for source in ("squad2+other", "squad2+exchanged", "squad2+wrong"):
        wrong = [i for i, pair in enumerate(pairs) if pair.source == source]
        labels = [1.0] * len(right) + [0.0] * len(wrong)
        figures[f"auc against {source}"] = _auc(labels, scores[right + wrong])
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
