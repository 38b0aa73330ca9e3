"""Bulk ingestion on Ray against this process: `python -m evals.bench.ingest_engines`.

The articles are invented, the embedding model is the real one. All engines run one after the other
in the same run on the same cores; compare the ratios, not the seconds. A stage lasts from the end
of the one before to its own last report, so the start of workers counts in the stage that they do.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant import Assistant, load_settings

_WORDS = "harbour bridge council ferry letter mayor storm market election river".split()
_SENTENCES = 20
_ENGINES: dict[str, dict[str, Any]] = {
    "local": {"ingest_engine": "local"},
    "ray, 1 worker": {"ingest_engine": "ray", "ingest_workers": 1},
    "ray, 2 workers": {"ingest_engine": "ray", "ingest_workers": 2},
}


@dataclass
class Stages:
    """When each stage reported first and last, in seconds of one clock, and how much it did."""

    began: float = field(default_factory=time.monotonic)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    start: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    def report(self, what: str, done: int, _total: int) -> None:
        """Take one report of progress."""
        now = time.monotonic()
        self.first.setdefault(what, now)
        self.start.setdefault(what, done)
        self.last[what], self.done[what] = now, done

    def rate(self, what: str) -> float:
        """Return how many a second were done after the first report: without the start."""
        seconds = self.last[what] - self.first[what]
        return (self.done[what] - self.start[what]) / seconds if seconds else 0.0


def main(
    articles: Annotated[int, typer.Option(help="Articles to ingest.")] = 300,
    threads: Annotated[int, typer.Option(help="Cores, shared by all workers.")] = 2,
) -> None:
    """Ingest the same folder with each engine; print seconds by stage, rates and ratios."""
    seconds: dict[str, float] = {}
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number in range(articles):
            (corpus / f"{number}.txt").write_text(_article(number))
        for name, values in _ENGINES.items():
            settings = load_settings(
                corpus_dir=corpus, data_dir=Path(folder, name), threads=threads, **values
            )
            with Assistant.open(settings, sync=False) as assistant:
                _ = assistant.embeddings
            stages = Stages()
            with Assistant.open(settings, sync=False, progress=stages.report) as assistant:
                _ = assistant.index
                stages.began = time.monotonic()
                assistant.ingest()
                seconds[name] = time.monotonic() - stages.began
            rates[name] = stages.rate("Embedding")
            before = stages.began
            for stage, end in sorted(stages.last.items(), key=lambda item: item[1]):
                typer.echo(f"{name:15} {stage:20} {end - before:8.1f} s")
                before = end
            typer.echo(
                f"{name:15} {'check and publish':20} {stages.began + seconds[name] - before:8.1f} s"
            )
    for name, value in seconds.items():
        whole, steady = seconds["local"] / value, rates[name] / rates["local"]
        typer.echo(
            f"{name:15} {value:8.1f} s, {whole:.2f} of local; embedding {rates[name]:.0f} texts "
            f"a second, {steady:.2f} of local"
        )


def _article(number: int) -> str:
    body = " ".join(
        f"The {_WORDS[(number + i) % 10]} of town {number} was told in report {i} about the "
        f"{_WORDS[(number * 3 + i) % 10]}."
        for i in range(_SENTENCES)
    )
    return f"Town {number}\n\n{body}\n"


if __name__ == "__main__":
    typer.run(main)
