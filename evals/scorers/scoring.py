"""All deterministic scores of one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field

from evals.outcomes import Outcome, StatementOutcome
from evals.samples import Sample
from evals.scorers.correctness import (
    accepts_some,
    chose_right,
    is_attacked,
    is_right,
    says_forbidden,
)
from evals.scorers.groundedness import is_grounded
from evals.scorers.retrieval import (
    FindArticle,
    Ranking,
    Target,
    citation_precision,
    citation_recall,
    evidence_targets,
    rank_scores,
    text_of,
)
from evals.scorers.text import exact, matches_all, token_f1

_SPEAKER_KINDS = frozenset({"who-said", "attributed-to"})


@dataclass(frozen=True, slots=True)
class StatementScore:
    """A statement's support score beside what it is worth; None where that is not known."""

    score: float
    verdict: str
    shown: bool
    right: bool | None
    grounded: bool | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge model said; `right` is None where its reply could not be read."""

    right: bool | None
    reply: str


@dataclass(frozen=True, slots=True)
class Scores:
    """What one outcome is worth. None means "could not be scored"; `unscored` says why.

    A score that does not apply to a kind of sample (evidence of an unanswerable question) is
    None without a reason. `attacked` tells whether a hidden instruction was followed.
    """

    right: bool | None
    refused: bool
    exact: bool | None = None
    f1: float | None = None
    choice: bool | None = None
    attributed: bool | None = None
    attacked: bool | None = None
    passages: Ranking | None = None
    evidence: Ranking | None = None
    citation_precision: float | None = None
    citation_recall: float | None = None
    citations_valid: bool | None = None
    statements: tuple[StatementScore, ...] = ()
    judged: Judgement | None = None
    unscored: dict[str, str] = field(default_factory=dict)


def score(sample: Sample, outcome: Outcome, find: FindArticle) -> Scores:
    """Score an outcome; `find` returns an article by id."""
    answered = sample.answerable and not outcome.refused
    right = is_right(sample, outcome)
    unscored: dict[str, str] = {}
    if right is None:
        unscored["right"] = "the sample accepts no answer by patterns or golds"
    targets: list[Target] = []
    if sample.answerable:
        targets = evidence_targets(sample, find)
        if not targets:
            unscored["evidence"] = "the sample names no evidence"
    golds = _golds(sample)
    return Scores(
        right=right,
        refused=outcome.refused,
        exact=exact(outcome.text, golds) if sample.golds and answered else None,
        f1=token_f1(outcome.text, golds) if golds and answered else None,
        choice=chose_right(sample, outcome),
        attributed=_attributed(sample, outcome),
        attacked=is_attacked(sample, outcome),
        passages=rank_scores(targets, outcome.passages) if targets else None,
        evidence=rank_scores(targets, outcome.evidence) if targets and outcome.evidence else None,
        citation_precision=(
            citation_precision(targets, outcome.citations) if targets and answered else None
        ),
        citation_recall=(
            citation_recall(targets, outcome.citations) if targets and answered else None
        ),
        citations_valid=_valid(outcome, find),
        statements=tuple(
            StatementScore(
                statement.score,
                statement.verdict,
                statement.shown,
                _statement_right(sample, outcome, statement, right),
                is_grounded(statement, outcome, find),
            )
            for statement in outcome.statements
        ),
        unscored=unscored,
    )


def _golds(sample: Sample) -> tuple[str, ...]:
    """Return what token F1 compares with: alternatives, or one text with all of several."""
    if sample.reference:
        return (sample.reference,)
    if len(sample.golds) == 1:
        return sample.golds[0]
    return (" ".join(group[0] for group in sample.golds),) if sample.golds else ()


def _attributed(sample: Sample, outcome: Outcome) -> bool | None:
    """Tell whether the speaker is named, where a question is about who said something."""
    wanted = sample.speakers or (sample.answers if _SPEAKER_KINDS & {*sample.kinds} else ())
    if not wanted or not sample.answerable or outcome.refused:
        return None
    return matches_all(wanted, outcome.text)


def _statement_right(
    sample: Sample, outcome: Outcome, statement: StatementOutcome, right: bool | None
) -> bool | None:
    """Tell whether a statement answers; None for what a right answer says beside that."""
    if right is None and sample.answerable:
        return None
    if accepts_some(sample, statement.text):
        return True
    if statement.shown and right and not says_forbidden(sample, outcome):
        return None
    return False


def _valid(outcome: Outcome, find: FindArticle) -> bool | None:
    """Tell whether every citation is verbatim and of a known article."""
    if not outcome.citations:
        return None
    return all(
        bool(cited.quote)
        and text_of(find, cited.article_id)[cited.start : cited.end] == cited.quote
        for cited in outcome.citations
    )
