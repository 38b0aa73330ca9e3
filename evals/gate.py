"""Hold a run against committed outcomes, and fail on a loss that chance does not explain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.comparing import show
from evals.measures import share
from evals.rows import Row, Rows, RunError
from evals.stats import loss_p

BASELINES = Path(__file__).parent / "baselines"
SMOKE = BASELINES / "smoke"
PIPELINE = "assistant"
_ALPHA = 0.05
_PARTS = ("all", "answerable", "unanswerable")
_MOST_CHANGED = 0.5
"""Of a baseline of which more samples changed, nothing can be said any more."""
_SETUP = ("model", "embedding_model", "prompt_version", "corpus_digest", "code")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The outcomes that were committed: for each sample its digest and whether it was right."""

    suite: str
    setup: Mapping[str, str]
    samples: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one suite; `problems` is empty where it passes."""

    suite: str
    lines: tuple[str, ...]
    problems: tuple[str, ...]


def read_baselines(folder: Path) -> list[Baseline]:
    """Read every baseline of a folder.

    Raises:
        RunError: there is none, or one is malformed.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            entry = json.loads(path.read_text("utf-8"))
            found.append(Baseline(entry["suite"], entry["setup"], entry["samples"]))
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} is no baseline: {error}.") from error
    if not found:
        raise RunError(f"{folder} holds no baselines: make them with `gate --update SUITE`.")
    return found


def write_baseline(folder: Path, suite: str, rows: Rows, setup: Mapping[str, Any]) -> Path:
    """Write the outcomes of a suite's rows as its baseline; one line a sample, for diffs."""
    chosen = [row for row in rows if row["suite"] == suite and row["pipeline"] == PIPELINE]
    if not chosen:
        raise RunError(f"The run has no rows of {suite} by the pipeline {PIPELINE}.")
    lines = ",\n".join(
        f"  {json.dumps(row['sample_id'])}: {json.dumps(_outcome(row))}"
        for row in sorted(chosen, key=lambda row: str(row["sample_id"]))
    )
    kept = {name: str(setup[name]) for name in _SETUP if name in setup}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{suite}.json"
    path.write_text(
        f'{{"suite": {json.dumps(suite)},\n "setup": {json.dumps(kept)},\n'
        f' "samples": {{\n{lines}\n }}}}\n',
        "utf-8",
    )
    return path


def hold(baseline: Baseline, rows: Rows, setup: Mapping[str, Any]) -> Verdict:
    """Hold rows, made under a set-up, against a baseline.

    Where the set-up differs, a line says in what; that alone fails nothing.

    Losses are tested by McNemar's exact one-sided test over all samples, over the answerable
    and over the unanswerable ones, at 0.05 divided by three (Bonferroni): a better half must
    not hide a worse one. A citation that is not verbatim fails whatever the baseline says.
    """
    now = {
        row["sample_id"]: row
        for row in rows
        if row["suite"] == baseline.suite and row["pipeline"] == PIPELINE
    }
    pairs: list[tuple[bool, Row]] = []
    changed: list[str] = []
    for sample_id, was in baseline.samples.items():
        row = now.get(sample_id)
        if row is None or row["sample_digest"] != was["digest"]:
            changed.append(sample_id)
        elif was["right"] is not None and row["scores"]["right"] is not None:
            pairs.append((bool(was["right"]), row))
    lines: list[str] = []
    problems: list[str] = []
    other = [
        f"{name} {setup[name]} instead of {was}"
        for name, was in baseline.setup.items()
        if name in setup and str(setup[name]) != was
    ]
    if other:
        lines.append(f"not as the baseline was made: {', '.join(other)}")
    if len(changed) > _MOST_CHANGED * len(baseline.samples):
        problems.append(
            f"{len(changed)} of {len(baseline.samples)} samples are missing or were changed: "
            "the baseline is stale, make it anew with --update"
        )
    elif changed:
        lines.append(f"not compared, missing or changed: {', '.join(changed)}")
    for part in _PARTS:
        chosen = [
            pair for pair in pairs if part == "all" or pair[1]["answerable"] is (part == _PARTS[1])
        ]
        if chosen:
            _test(part, chosen, lines, problems)
    problems += [
        f"{row['sample_id']} has a citation that is not verbatim"
        for row in now.values()
        if row["scores"]["citations_valid"] is False
    ]
    lines += [
        f"lost: {row['sample_id']}: {row['question']}" for was, row in pairs if _lost(was, row)
    ]
    return Verdict(baseline.suite, tuple(lines), tuple(problems))


def _test(
    part: str, pairs: Sequence[tuple[bool, Row]], lines: list[str], problems: list[str]
) -> None:
    before = [was for was, _ in pairs]
    after = [bool(row["scores"]["right"]) for _, row in pairs]
    p = loss_p(before, after)
    rows = [row for _, row in pairs]
    lines.append(
        f"{part}: right {show(share(before, rows))} before, {show(share(after, rows))} now, "
        f"p of such a loss {p:.3f}"
    )
    if p < _ALPHA / len(_PARTS):
        problems.append(f"{part}: {sum(_lost(was, row) for was, row in pairs)} samples were lost")


def _lost(was: bool, row: Row) -> bool:
    return was and not row["scores"]["right"]


def _outcome(row: Row) -> dict[str, Any]:
    return {
        "digest": row["sample_digest"],
        "right": row["scores"]["right"],
        "refused": row["scores"]["refused"],
    }
