"""Which questions a command is about: options and settings that commands share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assistant import AssistantError, Settings, load_settings
from evals.opening import OpenSuite
from evals.rows import RunError
from evals.samples import Sample, SampleError, choose
from evals.suites import SUITES, DataError, LoadedSuite, Suite, own_suite

_SPLITS = ("all", "dev", "test")
_LOCK_WAIT_S = 60.0

Questions = Annotated[Path | None, typer.Option(help="Your own file of questions.")]
Corpus = Annotated[Path | None, typer.Option(help="Folder of your own articles.")]
Out = Annotated[Path | None, typer.Option(help="Folder of the run.")]
Limit = Annotated[int | None, typer.Option(help="At most so many questions a suite.", min=1)]
Seed = Annotated[int, typer.Option(help="Fixes which questions are drawn.")]
Data = Annotated[Path | None, typer.Option(help="Folder of the public sets; else EVALS_DATA.")]
Hub = Annotated[bool, typer.Option("--hub", help="Load public sets from the model hub.")]
Model = Annotated[str | None, typer.Option(help="Chat model, as ASSISTANT_CHAT_MODEL.")]
Split = Annotated[str, typer.Option(help="all, dev (for tuning) or test (for reporting).")]
Workers = Annotated[int, typer.Option(help="Questions asked at once.", min=1)]


@contextmanager
def failing_kindly() -> Iterator[None]:
    """Turn what a user can mend into one line and exit code 2."""
    try:
        yield
    except (AssistantError, SampleError, RunError, DataError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error


def settings_of(model: str | None) -> Settings:
    """Return the user's settings, with the options of a command over them."""
    chosen = {} if model is None else {"chat_model": model}
    return load_settings(lock_wait_s=_LOCK_WAIT_S, **chosen)


def suites_of(names: list[str], questions: Path | None, corpus: Path | None) -> list[Suite]:
    """Return the suites that a command names, or the user's own.

    Raises:
        typer.BadParameter: a name is unknown, or options do not go together.
    """
    if (questions is None) != (corpus is None):
        raise typer.BadParameter("--questions and --corpus belong together")
    if questions is not None and corpus is not None:
        if names:
            raise typer.BadParameter("name suites, or give --questions and --corpus")
        return [own_suite(questions.stem, questions.resolve(), corpus.resolve())]
    if not names:
        raise typer.BadParameter("name a suite of `python -m evals list`")
    if unknown := sorted(set(names) - set(SUITES)):
        raise typer.BadParameter(f"no suite {', '.join(unknown)}; see `python -m evals list`")
    return [SUITES[name] for name in names]


def reduced(suite: LoadedSuite, split: str, limit: int | None, seed: int) -> LoadedSuite:
    """Return a suite with the articles that its drawn samples are asked of, and no others.

    Where questions are asked of the whole corpus, all of it stays.
    """
    samples = _draw(suite.samples, split, limit, seed)
    if not samples or any(sample.articles is None for sample in samples):
        return suite
    keys = {key for sample in samples for key in sample.articles or ()}
    articles = tuple(article for article in suite.articles if article.key in keys)
    return dataclasses.replace(suite, samples=tuple(samples), articles=articles)


def drawn(opened: OpenSuite, split: str, limit: int | None, seed: int) -> list[Sample]:
    """Return the samples of a split, as many as wanted.

    Raises:
        typer.BadParameter: there is no such split.
    """
    return _draw(opened.samples, split, limit, seed)


def _draw(samples: Sequence[Sample], split: str, limit: int | None, seed: int) -> list[Sample]:
    if split not in _SPLITS:
        raise typer.BadParameter(f"splits are {', '.join(_SPLITS)}")
    chosen = [sample for sample in samples if split in {"all", sample.split}]
    return choose(chosen, limit=limit, seed=seed)
