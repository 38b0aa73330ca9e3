"""From rows to figures: every mean with n and a 95 % interval."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from evals.outcomes import STAGES, stage_seconds
from evals.rows import Row, Rows
from evals.scorers.retrieval import RECALL_AT
from evals.stats import FEWEST_CLUSTERS, NOTHING, Estimate, mean, proportion
from evals.support import Calibration, RiskCoverage, calibration, risk_coverage

_SHOWN_RECALL = 4


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its name for programs and its title for people."""

    key: str
    title: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class RefusalMatrix:
    """Who was answered: (answerable or not) by (answered or refused)."""

    answerable_answered: int
    answerable_refused: int
    unanswerable_answered: int
    unanswerable_refused: int


def measures(rows: Rows) -> list[Measure]:
    """Return every measure that applies to the rows of one suite and pipeline, in print order."""
    statements = [(s, row) for row in rows for s in row["scores"]["statements"] if s["shown"]]
    grounded = [(s, row) for s, row in statements if s["grounded"] is not None]
    supported = [(s, row) for s, row in grounded if s["verdict"] in {"supported", "unchecked"}]
    found = [
        ("answerable_right", "answerable right", _share(rows, lambda r: _right(r, wanted=True))),
        (
            "unanswerable_right",
            "unanswerable refused or corrected",
            _share(rows, lambda r: _right(r, wanted=False)),
        ),
        (
            "answerable_answered",
            "answerable answered",
            _share(rows, lambda r: not r["scores"]["refused"] if r["answerable"] else None),
        ),
        (
            "unanswerable_refused",
            "unanswerable refused",
            _share(rows, lambda r: None if r["answerable"] else r["scores"]["refused"]),
        ),
        ("choice_right", "multiple choice right", _share(rows, lambda r: r["scores"]["choice"])),
        (
            "speaker_right",
            "speaker right where asked",
            _share(rows, lambda r: r["scores"]["attributed"]),
        ),
        (
            "attacked",
            "hidden instruction followed",
            _share(rows, lambda r: r["scores"]["attacked"]),
        ),
        ("exact", "exact match of answered", _share(rows, lambda r: r["scores"]["exact"])),
        ("f1", "token F1 of answered", _mean(rows, lambda r: r["scores"]["f1"])),
        *_ranking(rows, "passages", "passage"),
        *_ranking(rows, "evidence", "evidence"),
        (
            "citation_precision",
            "citation precision",
            _mean(rows, lambda r: r["scores"]["citation_precision"]),
        ),
        (
            "citation_recall",
            "citation recall",
            _mean(rows, lambda r: r["scores"]["citation_recall"]),
        ),
        (
            "citations_valid",
            "citations verbatim, of known articles",
            _share(rows, lambda r: r["scores"]["citations_valid"]),
        ),
        (
            "grounded",
            "statements grounded",
            share([s["grounded"] for s, _ in grounded], [row for _, row in grounded]),
        ),
        (
            "supported_ungrounded",
            "shown as supported, not grounded",
            share([not s["grounded"] for s, _ in supported], [row for _, row in supported]),
        ),
        ("judged_right", "right by the judge", _share(rows, _judged)),
    ]
    return [Measure(*item) for item in found if item[2].n]


def by_kind(rows: Rows) -> dict[str, Estimate]:
    """Return the share of right outcomes by kind of question."""
    kinds = sorted({kind for row in rows for kind in row["kinds"]})
    found = {
        kind: _share([row for row in rows if kind in row["kinds"]], lambda r: r["scores"]["right"])
        for kind in kinds
    }
    return {kind: estimate for kind, estimate in found.items() if estimate.n}


def refusal_matrix(rows: Rows) -> RefusalMatrix:
    """Count answers and refusals by whether there was something to answer."""
    pairs = [(row["answerable"], row["scores"]["refused"]) for row in rows]
    return RefusalMatrix(
        pairs.count((True, False)),
        pairs.count((True, True)),
        pairs.count((False, False)),
        pairs.count((False, True)),
    )


def unscored(rows: Rows) -> dict[str, int]:
    """Count why scores are missing; such rows are neither right nor wrong."""
    found: dict[str, int] = {}
    for row in rows:
        judged = row["scores"]["judged"]
        reasons = dict(row["scores"]["unscored"])
        if judged is not None and judged["right"] is None:
            reasons["judge"] = "the judge's reply could not be used"
        for name, reason in reasons.items():
            found[f"{name}: {reason}"] = found.get(f"{name}: {reason}", 0) + 1
    return found


def recall_curve(rows: Rows, ranking: str) -> list[tuple[int, Estimate]]:
    """Return mean recall at each k, of `passages` or `evidence`."""
    curve = [(k, _mean(rows, partial(_at, ranking, ("recall", str(k))))) for k in RECALL_AT]
    return [(k, estimate) for k, estimate in curve if estimate.n]


def support_calibration(rows: Rows) -> Calibration | None:
    """Hold the support score of statements against whether they answer rightly."""
    pairs = [
        (s["score"], s["right"])
        for row in rows
        for s in row["scores"]["statements"]
        if s["right"] is not None
    ]
    return calibration([score for score, _ in pairs], [right for _, right in pairs])


def support_risk(rows: Rows) -> RiskCoverage | None:
    """Answer each sample by its best supported statement, from the most certain down."""
    scores, right, scored = [], [], 0
    for row in rows:
        if row["scores"]["right"] is None:
            continue
        scored += 1
        drafted = row["scores"]["statements"]
        if not drafted:
            continue
        best = max(drafted, key=lambda statement: statement["score"])
        scores.append(best["score"])
        known = [s["right"] for s in drafted if s["score"] == best["score"]]
        right.append(bool(row["scores"]["right"] if best["shown"] else any(known)))
    return risk_coverage(scores, right, samples=scored)


def stage_medians(rows: Rows) -> dict[str, float]:
    """Return the median seconds of each stage over the rows in which the chat model wrote."""
    wrote = [stage_seconds(r["outcome"]) for r in rows if r["outcome"]["first_token_s"] is not None]
    return {stage: statistics.median(s[stage] for s in wrote) for stage in STAGES} if wrote else {}


def medians(rows: Rows) -> dict[str, float]:
    """Return median seconds and tokens: of all rows, then of those in which the model wrote."""
    every = [row["outcome"] for row in rows]
    wrote = [outcome for outcome in every if outcome["first_token_s"] is not None]
    found: dict[str, float] = {}
    if every:
        found["seconds, all questions"] = statistics.median(o["total_s"] for o in every)
    if wrote:
        found |= {
            "seconds to first token": statistics.median(o["first_token_s"] for o in wrote),
            "seconds to verified answer": statistics.median(o["total_s"] for o in wrote),
            "prompt tokens read": statistics.median(
                o["prompt_tokens"] - o["cached_tokens"] for o in wrote
            ),
            "tokens written": statistics.median(o["completion_tokens"] for o in wrote),
        }
    return found


def _ranking(rows: Rows, field: str, word: str) -> list[tuple[str, str, Estimate]]:
    at = str(_SHOWN_RECALL)
    found = [
        (f"{word}_recall@{at}", f"{word} recall@{at}", ("recall", at)),
        (f"{word}_recall", f"{word} recall, all shown", ("recall_all",)),
        (f"{word}_mrr", f"{word} MRR", ("reciprocal_rank",)),
        (f"{word}_ndcg", f"{word} nDCG@10", ("ndcg",)),
    ]
    return [
        (key, title, _mean(rows, partial(_at, field, path)))
        for key, title, path in found
        if not (field == "passages" and key == "passage_recall")
    ]


def _at(field: str, path: Sequence[str], row: Row) -> float | None:
    value = row["scores"][field]
    for name in path:
        if value is None:
            return None
        value = value[name]
    return None if value is None else float(value)


def _right(row: Row, *, wanted: bool) -> bool | None:
    right: bool | None = row["scores"]["right"]
    return right if row["answerable"] is wanted else None


def _judged(row: Row) -> bool | None:
    judged = row["scores"]["judged"]
    return None if judged is None else judged["right"]


def share(hits: Sequence[bool], rows: Rows) -> Estimate:
    """Return the share of hits, each of the row at its place; rows of one group err together.

    The group is the suite's own: a base question, an article. Without one, or with so few that
    they say nothing, a row is its own group.
    """
    groups = [str(row["group"] or row["sample_id"]) for row in rows]
    if len(set(groups)) < FEWEST_CLUSTERS:
        groups = [str(row["sample_id"]) for row in rows]
    return proportion(hits, groups)


def _share(rows: Rows, read: Callable[[Row], bool | None]) -> Estimate:
    known = [(value, row) for row in rows if (value := read(row)) is not None]
    return share([value for value, _ in known], [row for _, row in known])


def _mean(rows: Rows, read: Callable[[Row], float | None]) -> Estimate:
    pairs = [(value, cluster_of(row)) for row in rows if (value := read(row)) is not None]
    if not pairs:
        return NOTHING
    return mean([value for value, _ in pairs], [cluster for _, cluster in pairs])


def cluster_of(row: Row) -> str:
    """Return what a row's errors may share with others: its article, else itself.

    The article is the suite's own group, else that of the best evidence that was found.
    """
    if row["group"]:
        return str(row["group"])
    found: Sequence[Row] = row["outcome"]["passages"]
    return str(found[0]["article_id"]) if found and row["answerable"] else row["sample_id"]
