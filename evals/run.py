"""Run samples through pipelines; rows are kept as they come, so a killed run continues."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import Article, Assistant
from evals.pipelines import PIPELINES, Outcome
from evals.samples import Sample
from evals.scorers import Scores, score

ROWS = "rows.jsonl"
SETUP = "setup.json"
_PACKAGES = ("chromadb", "langchain-core", "sentence-transformers", "tantivy", "xllamacpp")


@dataclass(frozen=True, slots=True)
class Row:
    """One sample, one pipeline: what came out and what it is worth."""

    sample_id: str
    pipeline: str
    question: str
    answerable: bool
    kinds: tuple[str, ...]
    split: str
    outcome: Outcome
    scores: Scores


class RunMismatchError(Exception):
    """The folder holds a run with another set-up."""


def run_samples(
    assistant: Assistant,
    samples: Sequence[Sample],
    pipelines: Sequence[str],
    out: Path,
    *,
    done: Callable[[int, int], None],
) -> list[dict[str, Any]]:
    """Run what is not in `out` yet and return all rows, as plain values.

    Raises:
        RunMismatchError: `out` holds rows of another model, prompt or index.
    """
    out.mkdir(parents=True, exist_ok=True)
    _check_setup(out / SETUP, describe(assistant))
    rows = read_rows(out)
    have = {(row["sample_id"], row["pipeline"]) for row in rows}
    todo = [
        (name, sample) for name in pipelines for sample in samples if (sample.id, name) not in have
    ]
    articles: dict[str, Article] = {}

    def find(article_id: str) -> Article:
        if article_id not in articles:
            articles[article_id] = assistant.article(article_id)
        return articles[article_id]

    with (out / ROWS).open("a", encoding="utf-8") as file:
        for number, (name, sample) in enumerate(todo, start=1):
            outcome = PIPELINES[name](assistant, sample)
            row = Row(
                sample.id,
                name,
                sample.question,
                sample.answerable,
                sample.kinds,
                sample.split,
                outcome,
                score(sample, outcome, find),
            )
            plain = dataclasses.asdict(row)
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")
            file.flush()
            rows.append(plain)
            done(number, len(todo))
    wanted = {sample.id for sample in samples}
    return [row for row in rows if row["sample_id"] in wanted and row["pipeline"] in pipelines]


def read_rows(out: Path) -> list[dict[str, Any]]:
    """Read the rows of a run; a last line that was cut off is left out."""
    path = out / ROWS
    rows = []
    for line in path.read_text("utf-8").splitlines() if path.is_file() else []:
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def describe(assistant: Assistant) -> dict[str, Any]:
    """Return what a run depends on besides the code."""
    chain = assistant.chain
    return {
        "model": chain.chat.name,
        "embedding_model": assistant.embeddings.name,
        "prompt_version": chain.prompts.version,
        "index_digest": assistant.index.version(),
        "settings": {
            name: str(value)
            for name, value in assistant.settings.model_dump().items()
            if not name.endswith(("_dir", "_mirror"))
        },
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "python": platform.python_version(),
    }


def _check_setup(path: Path, setup: dict[str, Any]) -> None:
    if path.is_file():
        before = json.loads(path.read_text("utf-8"))
        if changed := sorted(key for key in setup if before.get(key) != setup[key]):
            raise RunMismatchError(
                f"{path.parent} holds a run with other {', '.join(changed)}. "
                "Give another --out, or delete it."
            )
    else:
        path.write_text(json.dumps(setup, indent=2) + "\n", "utf-8")


def failures(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that are not right."""
    return [row for row in rows if not row["scores"]["right"]]
