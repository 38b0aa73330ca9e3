"""Scores of an outcome against its sample: deterministic, and by a judge where asked."""

from evals.scorers.scoring import Judgement, Scores, StatementScore, score

__all__ = ["Judgement", "Scores", "StatementScore", "score"]
