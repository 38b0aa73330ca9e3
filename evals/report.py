"""A run's figures, as a table for people."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from evals.stats import Estimate, mcnemar, mean, proportion

Rows = Sequence[dict[str, Any]]


def measures(rows: Rows) -> dict[str, Estimate]:
    """Return every measure of the rows of one pipeline."""
    scores = [row["scores"] for row in rows]
    supported = [row for row in rows if not row["scores"]["refused"]]
    return {
        "answerable right": proportion([_right(row) for row in rows if row["answerable"]]),
        "unanswerable refused or corrected": proportion(
            [_right(row) for row in rows if not row["answerable"]]
        ),
        "citation precision": mean(_given(scores, "citation_precision")),
        "citation recall": mean(_given(scores, "citation_recall")),
        "quotes verbatim": proportion([bool(v) for v in _given(scores, "verbatim")]),
        "answers without unfounded facts": proportion(
            [not row["scores"]["unfounded"] for row in supported]
        ),
    }


def kinds(rows: Rows) -> dict[str, Estimate]:
    """Return the share of right outcomes by kind of question."""
    found: dict[str, list[bool]] = {}
    for row in rows:
        for kind in row["kinds"]:
            found.setdefault(kind, []).append(_right(row))
    return {kind: proportion(hits) for kind, hits in sorted(found.items())}


def medians(rows: Rows) -> dict[str, float | None]:
    """Return median seconds and tokens of the rows in which the chat model wrote."""
    wrote = [row["outcome"] for row in rows if row["outcome"]["first_token_s"] is not None]

    def median(read: Callable[[dict[str, Any]], float]) -> float | None:
        return statistics.median(map(read, wrote)) if wrote else None

    return {
        "seconds to evidence": median(lambda o: o["retrieved_s"]),
        "seconds to first token": median(lambda o: o["first_token_s"]),
        "seconds to verified answer": median(lambda o: o["total_s"]),
        "prompt tokens read, not cached": median(lambda o: o["prompt_tokens"] - o["cached_tokens"]),
        "tokens written": median(lambda o: o["completion_tokens"]),
    }


def render(rows: Rows) -> str:
    """Write the figures of all pipelines side by side as Markdown."""
    names = list(dict.fromkeys(row["pipeline"] for row in rows))
    of = {name: [row for row in rows if row["pipeline"] == name] for name in names}
    lines = [_line(["measure", *names]), _line(["---"] * (len(names) + 1))]
    lines += [
        _line([title, *(show(measures(of[name])[title]) for name in names)])
        for title in measures(rows)
    ]
    for title in medians(rows):
        cells = (medians(of[name])[title] for name in names)
        lines.append(_line([title, *("–" if cell is None else f"{cell:.2f}" for cell in cells)]))
    lines += ["", _line(["right, by kind", *names]), _line(["---"] * (len(names) + 1))]
    for kind in kinds(rows):
        cells_of = [kinds(of[name]).get(kind, Estimate(0, None, None, None)) for name in names]
        lines.append(_line([kind, *map(show, cells_of)]))
    return "\n".join(lines)


def compare(before: Rows, after: Rows) -> str:
    """Say what two runs of one pipeline differ in, paired by sample."""
    old = {row["sample_id"]: row for row in before}
    new = {row["sample_id"]: row for row in after}
    both = [sample_id for sample_id in old if sample_id in new]
    if not both:
        return "The runs share no sample."
    first = [_right(old[i]) for i in both]
    second = [_right(new[i]) for i in both]
    lines = [
        f"{len(both)} samples in both: right {show(proportion(first))} before, "
        f"{show(proportion(second))} after, McNemar p = {mcnemar(first, second):.3f}"
    ]
    for title, wanted in (("gained", True), ("lost", False)):
        flipped = [i for i in both if _right(new[i]) is wanted and _right(old[i]) is not wanted]
        lines += [f"{title}: {i}: {new[i]['question']}" for i in flipped]
    return "\n".join(lines)


def show(found: Estimate) -> str:
    """Write an estimate as percent with its interval and n."""
    if found.mean is None or found.low is None or found.high is None:
        return "–"
    return f"{found.mean:.1%} [{found.low:.0%}, {found.high:.0%}] n={found.n}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _right(row: dict[str, Any]) -> bool:
    return bool(row["scores"]["right"])


def _given(scores: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [score[name] for score in scores if score[name] is not None]
