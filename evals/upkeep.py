"""Commands that keep the evals honest over time: gate, add, ablate."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assistant import Assistant
from evals.ablation import VARIANTS, render_ablation
from evals.adding import Given, append_sample, read_answer, sample_of
from evals.gate import PIPELINE, SMOKE, hold, read_baselines, write_baseline
from evals.opening import open_suite
from evals.progress import RunProgress
from evals.rows import Row, RunError, names_of, read_run
from evals.run import run_samples
from evals.samples import Sample, choose
from evals.selection import (
    Corpus,
    Data,
    Limit,
    Model,
    Out,
    Questions,
    Seed,
    Split,
    drawn,
    failing_kindly,
    settings_of,
    suites_of,
)
from evals.setup import read_setups
from evals.solvers import SOLVERS
from evals.suites import Source, Suite

_SLICE = 20


def gate(
    suites: Annotated[
        list[str] | None, typer.Argument(help="Suites; those of the baselines where absent.")
    ] = None,
    *,
    questions: Questions = None,
    corpus: Corpus = None,
    baselines: Annotated[Path, typer.Option(help="Folder of the committed outcomes.")] = SMOKE,
    run: Annotated[Path | None, typer.Option(help="A run to hold against them; else ask.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the outcomes anew.")] = False,
    limit: Limit = None,
    seed: Seed = 0,
    data: Data = None,
    model: Model = None,
) -> None:
    """Fail (exit 1) if answers got worse than the committed outcomes, beyond chance.

    Without --run, the samples of the baselines are asked. --update writes baselines: of a run,
    of the suites named (20 questions each, or --limit), or of the same samples as before.
    """
    with failing_kindly(), tempfile.TemporaryDirectory() as folder:
        home = run
        if home is None:
            home = Path(folder)
            named = bool(suites) or questions is not None
            names = suites or []
            if not named:
                names = [baseline.suite for baseline in read_baselines(baselines)]
            for suite in suites_of(names, questions, corpus):
                fixed = None
                if not (update and named):
                    of_suite = [b for b in read_baselines(baselines) if b.suite == suite.name]
                    if not of_suite:
                        raise RunError(f"{baselines} holds no baseline of {suite.name}.")
                    fixed = list(of_suite[0].samples)
                _ask(suite, Source(data, seed=seed), model, home, fixed, limit or _SLICE, seed)
        rows = read_run(home)
        if update:
            for name in names_of(rows, "suite"):
                typer.echo(write_baseline(baselines, name, rows, read_setups(home)[name]))
            return
        present = names_of(rows, "suite")
        verdicts = [hold(b, rows) for b in read_baselines(baselines) if b.suite in present]
        if not verdicts:
            raise RunError(f"{baselines} holds no baseline of {', '.join(present)}.")
    for verdict in verdicts:
        typer.echo(f"{'FAIL' if verdict.problems else 'pass'} {verdict.suite}")
        for line in (*verdict.problems, *verdict.lines):
            typer.echo(f"  {line}")
    if any(verdict.problems for verdict in verdicts):
        raise typer.Exit(1)


def _ask(
    suite: Suite,
    source: Source,
    model: str | None,
    out: Path,
    fixed: Sequence[str] | None,
    limit: int,
    seed: int,
) -> None:
    """Ask the samples that a baseline fixes, or draw some."""
    with (
        RunProgress(suite.name) as bar,
        open_suite(suite.load(source), settings_of(model)) as opened,
    ):
        chosen: list[Sample]
        if fixed is None:
            chosen = choose(opened.samples, limit=limit, seed=seed)
        else:
            wanted = set(fixed)
            chosen = [sample for sample in opened.samples if sample.id in wanted]
        run_samples(opened, chosen, [PIPELINE], out, done=bar.advance)


def add(
    answer: Annotated[
        str, typer.Argument(help="File with what `assistant ask --json` printed; - for stdin.")
    ],
    questions: Annotated[Path, typer.Argument(help="Question file to append to.")],
    *,
    up: Annotated[bool, typer.Option("--up/--down", help="Thumbs up, or down.")] = True,
    accept: Annotated[
        list[str] | None, typer.Option(help="A pattern that the answer must match; repeatable.")
    ] = None,
    answerable: Annotated[
        bool | None,
        typer.Option("--answerable/--unanswerable", help="Whether the articles answer it."),
    ] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(help="A verbatim quote; repeatable.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="A tag; repeatable.")] = None,
    sample_id: Annotated[str | None, typer.Option("--id", help="Made of the question.")] = None,
    note: Annotated[str, typer.Option(help="A remark for readers.")] = "",
    corpus: Annotated[
        Path | None, typer.Option(help="Folder of articles to hold quotes against.")
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask for what is missing.")
    ] = True,
) -> None:
    """Turn a stored answer into a sample, asking for what is missing."""
    with failing_kindly():
        try:
            text = sys.stdin.read() if answer == "-" else Path(answer).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{answer} cannot be read: {error}.") from error
        given = Given(
            up=up,
            answerable=answerable,
            accepted=tuple(accept) if accept else None,
            evidence=tuple(evidence) if evidence else None,
            kinds=tuple(kind) if kind else None,
            sample_id=sample_id,
            note=note,
        )
        entry = sample_of(read_answer(text), given, _prompt if interactive else None)
        texts = None if corpus is None else _texts(corpus)
        sample = append_sample(questions, entry, texts)
    typer.echo(f"{sample.id} → {questions}")


def _prompt(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default))


def _texts(corpus: Path) -> list[str]:
    """Return the texts of a folder's articles, as they are indexed."""
    settings = settings_of(None)
    reading = Assistant(settings.model_copy(update={"corpus_dir": corpus})).corpus.read(
        source_bytes=settings.source_bytes
    )
    return [article.text for article in reading.articles]


def ablate(
    suite: Annotated[str | None, typer.Argument(help="A suite of `list`.")] = None,
    *,
    questions: Questions = None,
    corpus: Corpus = None,
    out: Out = None,
    limit: Limit = None,
    seed: Seed = 0,
    split: Split = "dev",
    data: Data = None,
    model: Model = None,
) -> None:
    """Run the pipeline with parts taken out and print the table; continues like `run`."""
    chosen = suites_of([] if suite is None else [suite], questions, corpus)[0]
    home = out if out is not None else Path("runs") / f"ablation-{chosen.name}"
    skipped = {variant.name: variant.missing for variant in VARIANTS if variant.missing}
    rows: dict[str, list[Row]] = {}
    with failing_kindly():
        loaded = chosen.load(Source(data, seed=seed))
        for variant in VARIANTS:
            if variant.missing:
                continue
            settings = settings_of(model).model_copy(update=dict(variant.settings))
            with (
                RunProgress(f"{chosen.name}, {variant.name}") as bar,
                open_suite(loaded, settings) as opened,
            ):
                rows[variant.name] = run_samples(
                    opened,
                    drawn(opened, split, limit, seed),
                    [variant.solver],
                    home / variant.name.replace(" ", "-"),
                    done=bar.advance,
                    solvers=SOLVERS,
                )
    table = render_ablation(rows, skipped)
    home.mkdir(parents=True, exist_ok=True)
    (home / "ablation.md").write_text(f"{table}\n", "utf-8")
    typer.echo(table)
