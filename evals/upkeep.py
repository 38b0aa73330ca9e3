"""Commands that keep the evals honest over time: gate, ablate."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evals.ablation import VARIANTS, render_ablation
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
        setups = read_setups(home)
        verdicts = [
            hold(b, rows, setups.get(b.suite, {}))
            for b in read_baselines(baselines)
            if b.suite in present
        ]
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
