"""`python -m evals`: run question sets, compare runs, hold them against baselines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant import Assistant, AssistantError, Settings, load_settings
from evals.comparing import compare as compare_runs
from evals.comparing import render_comparison
from evals.opening import OpenSuite
from evals.opening import open_suite as open_loaded
from evals.progress import RunProgress
from evals.rows import Row, RunError, failures, read_run
from evals.run import run_samples
from evals.samples import Sample, SampleError, choose
from evals.solvers import SOLVERS
from evals.suites import SUITES, DataError, Source, Suite, own_suite

__all__ = ["SUITES", "app", "open_suite"]

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Measure how good the answers are."
)

_RUNS = Path("runs")
_SPLITS = ("all", "dev", "test")
_LOCK_WAIT_S = 60.0

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


@contextmanager
def open_suite(
    suite: str, source: Source | None = None, settings: Settings | None = None
) -> Iterator[tuple[Assistant, list[Sample]]]:
    """Open a suite by name: an assistant over its corpus, and its samples."""
    loaded = SUITES[suite].load(source if source is not None else Source())
    with open_loaded(loaded, settings if settings is not None else settings_of(None)) as opened:
        yield opened.assistant, opened.samples


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


def drawn(opened: OpenSuite, split: str, limit: int | None, seed: int) -> list[Sample]:
    """Return the samples of a split, as many as wanted.

    Raises:
        typer.BadParameter: there is no such split.
    """
    if split not in _SPLITS:
        raise typer.BadParameter(f"splits are {', '.join(_SPLITS)}")
    chosen = [sample for sample in opened.samples if split in {"all", sample.split}]
    return choose(chosen, limit=limit, seed=seed)


@app.command("list")
def list_suites() -> None:
    """List the suites and pipelines."""
    for suite in SUITES.values():
        typer.echo(f"{suite.name:10} {suite.summary}")
    typer.echo(f"pipelines: {', '.join(SOLVERS)}")


@app.command()
def run(
    suites: Annotated[list[str] | None, typer.Argument(help="Suites of `list`.")] = None,
    *,
    questions: Annotated[Path | None, typer.Option(help="Your own file of questions.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder of your own articles.")] = None,
    out: Out = None,
    limit: Limit = None,
    seed: Seed = 0,
    split: Split = "all",
    data: Data = None,
    hub: Hub = False,
    model: Model = None,
    pipeline: Annotated[
        list[str] | None, typer.Option(help="assistant, plain; both where absent.")
    ] = None,
    workers: Workers = 1,
    judge: Annotated[
        str | None, typer.Option(help="Let a chat model judge as well: provider:model.")
    ] = None,
    judge_url: Annotated[str | None, typer.Option(help="Where the judge's server listens.")] = None,
) -> None:
    """Ask the questions of suites, print how good the answers are, write a report.

    The same command continues a run that was ended.
    """
    chosen = suites_of(suites or [], questions, corpus)
    names = pipeline or list(SOLVERS)
    if unknown := sorted(set(names) - set(SOLVERS)):
        raise typer.BadParameter(f"no pipeline {', '.join(unknown)}")
    home = out if out is not None else _RUNS / "-".join(suite.name for suite in chosen)
    judge_model = None
    if judge is not None:
        from evals.scorers.judge import load_judge

        try:
            judge_model = load_judge(judge, judge_url)
        except (ImportError, ValueError) as error:
            raise typer.BadParameter(f"the judge {judge} cannot be set up: {error}") from error
    rows: list[Row] = []
    with failing_kindly():
        # All data is read before any model: what is missing shows at once.
        loaded = [suite.load(Source(data, hub, seed)) for suite in chosen]
        for suite in loaded:
            with (
                RunProgress(suite.name) as bar,
                open_loaded(suite, settings_of(model)) as opened,
            ):
                rows += run_samples(
                    opened,
                    drawn(opened, split, limit, seed),
                    names,
                    home,
                    done=bar.advance,
                    workers=workers,
                    judge_model=judge_model,
                )
    _write(home)
    for row in failures(rows):
        if row["pipeline"] == names[0]:
            shown = row["outcome"]["text"] or "(refused)"
            typer.echo(f"✗ {row['sample_id']}: {row['question']} → {shown}")


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="Folder of a run.")]) -> None:
    """Write report.json, report.md and report.html of a run; print the Markdown."""
    with failing_kindly():
        _write(folder)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Folder of a run.")],
    after: Annotated[Path, typer.Argument(help="Folder of another.")],
) -> None:
    """Say what changed between two runs, sample by sample."""
    with failing_kindly():
        found = compare_runs(read_run(before), read_run(after))
    if not found:
        typer.echo("The runs share no sample.")
        raise typer.Exit(2)
    typer.echo("\n\n".join(render_comparison(comparison) for comparison in found))


def _write(folder: Path) -> None:
    from evals.reporting import write_report

    written = write_report(folder)
    console = Console()
    if sys.stdout.isatty():
        from rich.markdown import Markdown

        console.print(Markdown(written.markdown))
    else:
        typer.echo(written.markdown)
    typer.echo(f"{written.page}", err=True)
