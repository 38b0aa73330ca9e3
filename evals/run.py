"""Run samples through solvers; rows are kept as they come, so a killed run continues."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from evals.opening import OpenSuite
from evals.outcomes import Outcome
from evals.rows import ROWS, Row, key_of, make_row, read_rows
from evals.samples import Sample
from evals.scorers import score
from evals.scorers.retrieval import text_of
from evals.setup import check_setup, describe
from evals.solvers import SOLVERS, Solver

if TYPE_CHECKING:
    from evals.scorers.judge import Judge

Done = Callable[[Row, int, int], None]
"""Called with a new row, how many rows are done, and how many there are to do."""


def run_samples(
    suite: OpenSuite,
    samples: Sequence[Sample],
    pipelines: Sequence[str],
    out: Path,
    *,
    done: Done,
    workers: int = 1,
    judge: Judge | None = None,
    solvers: dict[str, Solver] | None = None,
) -> list[Row]:
    """Run what is not in `out` yet and return the rows of these samples and pipelines.

    A sample that changed since its row was written is asked again.

    Raises:
        RunError: `out` holds rows of another model, prompt, corpus, judge, code or settings.
    """
    known = SOLVERS if solvers is None else solvers
    out.mkdir(parents=True, exist_ok=True)
    named = "" if judge is None else judge.name
    described = describe(
        suite.assistant,
        judge=named,
        whole_corpus=any(sample.articles is None for sample in samples),
    )
    check_setup(out, suite.name, described)
    digests = {sample.id: sample.digest for sample in samples}
    rows = {
        key_of(row): row
        for row in read_rows(out)
        if row["suite"] == suite.name and digests.get(row["sample_id"]) == row["sample_digest"]
    }
    todo = [
        (name, sample)
        for name in pipelines
        for sample in samples
        if (suite.name, name, sample.id) not in rows
    ]
    _end_line(out / ROWS)
    lock = threading.Lock()
    stopping = threading.Event()

    def ask(name: str, sample: Sample) -> Row:
        if stopping.is_set():
            raise CancelledError
        try:
            outcome = known[name](suite.assistant, sample, suite.where(sample))
            row = _score(suite, name, sample, outcome, judge)
        except BaseException:
            stopping.set()
            raise
        with lock, (out / ROWS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return row

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(ask, name, sample) for name, sample in todo]
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                row = future.result()
                rows[key_of(row)] = row
                done(row, number, len(todo))
        except BaseException:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [rows[suite.name, name, sample.id] for name in pipelines for sample in samples]


def _end_line(path: Path) -> None:
    """End a line that a kill cut off, so that the next row begins its own."""
    if path.is_file() and path.stat().st_size and path.read_bytes()[-1:] != b"\n":
        with path.open("a", encoding="utf-8") as file:
            file.write("\n")


def _score(
    suite: OpenSuite,
    pipeline: str,
    sample: Sample,
    outcome: Outcome,
    judge: Judge | None,
) -> Row:
    scores = score(sample, outcome, suite.article)
    if judge is not None:
        from evals.scorers.judge import judge as ask_judge

        verdict = ask_judge(judge.model, sample, outcome, suite.article)
        scores = dataclasses.replace(scores, judged=verdict)
    texts = [
        text_of(suite.article, span.article_id)[span.start : span.end] for span in outcome.evidence
    ]
    return make_row(suite.name, pipeline, sample, outcome, scores, texts)
