"""Fit the probe: `python -m evals.probe.fit --data DIR --keep FILE > probe.toml`.

The default chat model is asked about each triple as it is asked about a statement; its logits are
kept, so that a run that was ended goes on. A second for each triple on two cores.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from assistant import load_settings
from assistant.answering.probe import TOKENS
from assistant.answering.prompting import Prompts
from assistant.answering.witness import ask_witness, logits_model, read_logits, render_yes_no
from assistant.models.chat import load_chat_model
from evals.probe.triples import Triple, invented_triples, squad_triples
from evals.suites.loading import read_lines

_STRENGTH = 1e-3
"""Inverse strength of the L2 regularisation, over standardised logits. Left-out triples of the same
sources like ten times this; statements of other corpora do not (README.md)."""

_WORDS = (9693, 9454, 2152, 2753)
"""yes, Yes, no, No as tokens of Qwen 2.5."""

Reading = tuple[np.ndarray, float]
"""Logits of the tokens, shape (len(TOKENS),), and the probability of yes."""


def main(
    data: Annotated[Path, typer.Option(help="Folder of the public data sets.")],
    keep: Annotated[Path, typer.Option(help="JSON Lines of what the model gave; gone on with.")],
    *,
    ask: Annotated[bool, typer.Option(help="Ask what was not asked yet.")] = True,
) -> None:
    """Print a probe.toml and, on standard error, how well it tells right from wrong."""
    triples = _interleaved(invented_triples(), squad_triples(data))
    if ask:
        ask_about(triples, keep)
    read = _kept(keep)
    triples = [one for one in triples if one.id in read]
    fitted_on = [one for one in triples if not one.held_out]
    pipeline = fit(fitted_on, read)
    for source in ("invented", "squad2"):
        for held_out in (False, True):
            chosen = [one for one in triples if one.held_out is held_out and _kind(one) == source]
            typer.echo(_describe(source, chosen, read, pipeline, held_out=held_out), err=True)
    typer.echo(_render(pipeline, len(fitted_on)), nl=False)


def ask_about(triples: Sequence[Triple], keep: Path) -> None:
    """Put each triple to the chat model and keep what it gives, as it comes."""
    prompt = Prompts.load().verify
    kept = _kept(keep)
    waiting = [one for one in triples if one.id not in kept]
    with load_chat_model(load_settings()) as chat, keep.open("a", encoding="utf-8") as file:
        model = logits_model(chat, TOKENS, _WORDS)
        for one in track(waiting, "Asking"):
            messages = render_yes_no(
                prompt, evidence=one.evidence, question=one.question, statement=one.statement
            )
            yes, reply = ask_witness(model, messages)
            logits = read_logits(reply, TOKENS)
            if logits is None:
                raise typer.BadParameter("this engine gives no logits")
            row = {"id": one.id, "yes": yes, "logits": logits.round(3).tolist()}
            file.write(json.dumps(row) + "\n")
            file.flush()


def fit(triples: Sequence[Triple], read: dict[str, Reading]) -> Pipeline:
    """Fit on all triples; logits are standardised first."""
    x = np.asarray([read[one.id][0] for one in triples])
    y = np.asarray([one.right for one in triples])
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=2000))
    return pipeline.fit(x, y)


def _interleaved(*lists: Sequence[Triple]) -> list[Triple]:
    """Put those first that come first in their list, so that a part is a fair part."""
    ranked = [(index / len(each), one) for each in lists for index, one in enumerate(each)]
    return [one for _, one in sorted(ranked, key=lambda item: item[0])]


def _kept(path: Path) -> dict[str, Reading]:
    if not path.exists():
        return {}
    return {row["id"]: (np.asarray(row["logits"]), row["yes"]) for row in read_lines(path)}


def _kind(triple: Triple) -> str:
    return "squad2" if triple.source.startswith("squad2") else "invented"


def _describe(
    title: str,
    triples: Sequence[Triple],
    read: dict[str, Reading],
    pipeline: Pipeline,
    *,
    held_out: bool,
) -> str:
    side = "held out" if held_out else "fitted on"
    if len({one.right for one in triples}) < 2:
        return f"{title}, {side}: too few"
    y = [one.right for one in triples]
    probe = pipeline.decision_function(np.asarray([read[one.id][0] for one in triples]))
    said = [read[one.id][1] for one in triples]
    return (
        f"{title}, {side}: {len(y)} triples, {np.mean(y):.0%} right; area under the ROC curve of "
        f"the model's yes {roc_auc_score(y, said):.3f}, of the probe {roc_auc_score(y, probe):.3f}"
    )


def _render(pipeline: Pipeline, count: int) -> str:
    """Write a probe.toml as it is committed; the standardisation is part of its weights."""
    scaler, regression = pipeline[0], pipeline[1]
    weights = regression.coef_[0] / scaler.scale_
    intercept = float(regression.intercept_[0] - weights @ scaler.mean_)
    lines = [
        "# A linear probe on logits of the chat model; evals/probe/README.md is its model card.",
        f'name = "probe-{count}"',
        f'chat_model = "{load_settings().chat_model}"',
        f'prompt = "{Prompts.load().verify.version}"',
        f"words = {list(_WORDS)}",
        f"intercept = {intercept:.4f}",
        "weights = [",
        *(
            "    " + " ".join(f"{weight:.5f}," for weight in weights[start : start + 8])
            for start in range(0, len(weights), 8)
        ),
        "]",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    typer.run(main)
