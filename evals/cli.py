"""`python -m evals`: run question sets, compare runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress

from assistant import Assistant, AssistantError, load_settings
from evals.pipelines import PIPELINES
from evals.report import compare as compare_rows
from evals.report import render
from evals.run import RunMismatchError, failures, read_rows, run_samples
from evals.samples import DATASETS, Sample, SampleError, load_samples

app = typer.Typer(no_args_is_help=True, add_completion=False)

SUITES = {"summit": ("second-trump-kim-summit.jsonl", "second-trump-kim-summit.md")}
_ARTICLES = Path(__file__).parent.parent / "corpus"
_RUNS = Path("runs")


@contextmanager
def open_suite(suite: str) -> Iterator[tuple[Assistant, list[Sample]]]:
    """Open an assistant over a suite's own corpus, with the samples of the suite.

    Raises:
        SampleError: the question file does not fit the article.
    """
    questions, article = SUITES[suite]
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder), corpus_dir=Path(folder) / "corpus")
        settings.corpus_path.mkdir()
        (settings.corpus_path / article).write_bytes((_ARTICLES / article).read_bytes())
        with Assistant.open(settings) as assistant:
            texts = [assistant.article(found.article_id).text for found in assistant.articles()]
            yield assistant, load_samples(DATASETS / questions, texts)


@app.command("list")
def list_suites() -> None:
    """List the suites that come with the project."""
    for name, (questions, _) in SUITES.items():
        typer.echo(f"{name}: {DATASETS / questions}")


@app.command()
def run(
    suite: Annotated[str, typer.Argument(help="A suite of `list`.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; runs/SUITE if absent.")
    ] = None,
    split: Annotated[str, typer.Option(help="all, dev (for tuning) or test.")] = "all",
    pipeline: Annotated[
        list[str] | None, typer.Option(help="assistant, plain; both where absent.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many questions.", min=1)] = None,
) -> None:
    """Ask the questions of a suite and print how good the answers are."""
    console = Console()
    if suite not in SUITES or split not in {"all", "dev", "test"}:
        raise typer.BadParameter("see `python -m evals list`; splits are all, dev and test")
    names = pipeline or list(PIPELINES)
    if unknown := set(names) - set(PIPELINES):
        raise typer.BadParameter(f"no pipeline {', '.join(sorted(unknown))}")
    try:
        with (
            open_suite(suite) as (assistant, samples),
            Progress(console=Console(stderr=True)) as bar,
        ):
            chosen = [sample for sample in samples if split in {"all", sample.split}]
            task = bar.add_task(suite, total=None)
            rows = run_samples(
                assistant,
                chosen[:limit],
                names,
                out if out is not None else _RUNS / suite,
                done=lambda n, total: bar.update(task, completed=n, total=total),
            )
    except (AssistantError, SampleError, RunMismatchError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
    console.print(Markdown(render(rows)) if console.is_terminal else render(rows), soft_wrap=True)
    for row in failures(rows):
        if row["pipeline"] == names[0]:
            shown = row["outcome"]["text"] or "(refused)"
            console.print(f"✗ {row['sample_id']}: {row['question']} → {shown}", soft_wrap=True)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Folder of a run.")],
    after: Annotated[Path, typer.Argument(help="Folder of another.")],
    *,
    pipeline: Annotated[str, typer.Option(help="Whose rows.")] = "assistant",
) -> None:
    """Say what changed between two runs, sample by sample."""
    old, new = (
        [row for row in read_rows(folder) if row["pipeline"] == pipeline]
        for folder in (before, after)
    )
    typer.echo(compare_rows(old, new))
