"""`python -m evals`: run question sets, compare runs, hold them against baselines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals.comparing import compare as compare_runs
from evals.comparing import render_comparison
from evals.feedback import add
from evals.opening import open_suite
from evals.progress import RunProgress
from evals.rows import Row, failures, read_run
from evals.run import run_samples
from evals.selection import (
    Corpus,
    Data,
    Hub,
    Limit,
    Model,
    Out,
    Questions,
    Seed,
    Split,
    Workers,
    drawn,
    failing_kindly,
    reduced,
    settings_of,
    suites_of,
)
from evals.solvers import SOLVERS
from evals.suites import SUITES, Source
from evals.upkeep import ablate, gate

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Measure how good the answers are."
)

_RUNS = Path("runs")
_FAILURES = 20
"""So many are printed; the page has all."""


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
    questions: Questions = None,
    corpus: Corpus = None,
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
    loaded_judge = None
    if judge is not None:
        from evals.scorers.judge import load_judge

        try:
            loaded_judge = load_judge(judge, judge_url)
        except (ImportError, ValueError) as error:
            raise typer.BadParameter(f"the judge {judge} cannot be set up: {error}") from error
    rows: list[Row] = []
    with failing_kindly():
        # All data is read before any model: what is missing shows at once.
        loaded = [suite.load(Source(data, hub, seed)) for suite in chosen]
        for suite in (reduced(suite, split, limit, seed) for suite in loaded):
            with (
                RunProgress(suite.name) as bar,
                open_suite(suite, settings_of(model)) as opened,
            ):
                rows += run_samples(
                    opened,
                    drawn(opened, split, limit, seed),
                    names,
                    home,
                    done=bar.advance,
                    workers=workers,
                    judge=loaded_judge,
                )
    _write(home)
    wrong = [row for row in failures(rows) if row["pipeline"] == names[0]]
    for row in wrong[:_FAILURES]:
        shown = row["outcome"]["text"] or "(refused)"
        typer.echo(f"✗ {row['sample_id']}: {row['question']} → {shown}")
    if len(wrong) > _FAILURES:
        typer.echo(f"… and {len(wrong) - _FAILURES} more: see the page.")


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


for _command in (gate, add, ablate):
    app.command()(_command)
