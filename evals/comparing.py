"""What changed between two runs, paired by sample."""

from __future__ import annotations

from dataclasses import dataclass

from evals.measures import cluster_of, share
from evals.rows import Row, Rows, key_of
from evals.stats import Difference, Estimate, mcnemar, paired


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of one suite and pipeline over the samples that both have.

    `differences` pairs measures that are no proportion, by a bootstrap over articles.
    """

    suite: str
    pipeline: str
    n: int
    before: Estimate
    after: Estimate
    p: float
    differences: dict[str, Difference]
    lost: tuple[Row, ...]
    gained: tuple[Row, ...]


_PAIRED = {
    "token F1": ("f1",),
    "citation precision": ("citation_precision",),
    "citation recall": ("citation_recall",),
    "evidence recall": ("evidence", "recall_all"),
    "passage nDCG@10": ("passages", "ndcg"),
}


def compare(before: Rows, after: Rows) -> list[Comparison]:
    """Compare by suite and pipeline; rows whose sample changed in between are left out."""
    old = {key_of(row): row for row in before}
    pairs: dict[tuple[str, str], list[tuple[Row, Row]]] = {}
    for row in after:
        was = old.get(key_of(row))
        if was is not None and was["sample_digest"] == row["sample_digest"]:
            pairs.setdefault((row["suite"], row["pipeline"]), []).append((was, row))
    return [_compare(suite, pipeline, both) for (suite, pipeline), both in pairs.items()]


def _compare(suite: str, pipeline: str, pairs: list[tuple[Row, Row]]) -> Comparison:
    scored = [
        (was, now)
        for was, now in pairs
        if was["scores"]["right"] is not None and now["scores"]["right"] is not None
    ]
    first = [bool(was["scores"]["right"]) for was, _ in scored]
    second = [bool(now["scores"]["right"]) for _, now in scored]
    return Comparison(
        suite,
        pipeline,
        len(pairs),
        share(first, [now for _, now in scored]),
        share(second, [now for _, now in scored]),
        mcnemar(first, second),
        {
            name: found
            for name, path in _PAIRED.items()
            if (found := _difference(pairs, path)) is not None
        },
        tuple(now for (_, now), a, b in zip(scored, first, second, strict=True) if a and not b),
        tuple(now for (_, now), a, b in zip(scored, first, second, strict=True) if b and not a),
    )


def _difference(pairs: list[tuple[Row, Row]], path: tuple[str, ...]) -> Difference | None:
    values = [(_read(was, path), _read(now, path), cluster_of(now)) for was, now in pairs]
    known = [(a, b, c) for a, b, c in values if a is not None and b is not None]
    if not known:
        return None
    return paired([a for a, _, _ in known], [b for _, b, _ in known], [c for _, _, c in known])


def _read(row: Row, path: tuple[str, ...]) -> float | None:
    value = row["scores"]
    for name in path:
        value = None if value is None else value[name]
    return None if value is None else float(value)


def render_comparison(found: Comparison) -> str:
    """Write a comparison as Markdown."""
    lines = [
        f"### {found.suite}, {found.pipeline}",
        "",
        f"{found.n} samples in both. Right: {show(found.before)} before, {show(found.after)} "
        f"after; McNemar p = {found.p:.3f}.",
        "",
    ]
    lines += [
        f"- {name}: {change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}] "
        f"(n = {change.n}, p = {change.p:.3f})"
        for name, change in found.differences.items()
    ]
    for title, rows in (("lost", found.lost), ("gained", found.gained)):
        lines += [f"- {title}: `{row['sample_id']}` {row['question']}" for row in rows]
    return "\n".join(lines)


def show(found: Estimate) -> str:
    """Write an estimate as percent with its interval and n."""
    if found.mean is None or found.low is None or found.high is None:
        return "–"
    return f"{found.mean:.1%} [{found.low:.0%}, {found.high:.0%}] n={found.n}"
