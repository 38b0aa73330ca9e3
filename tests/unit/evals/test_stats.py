from __future__ import annotations

import numpy as np
import pytest

from evals.stats import NOTHING, loss_p, mcnemar, mean, paired, proportion
from evals.support import calibration, risk_coverage


def test_wilson_interval_of_a_textbook_case() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263.
    found = proportion([True] * 81 + [False] * 182)
    assert (found.low, found.high) == (
        pytest.approx(0.2553, abs=5e-4),
        pytest.approx(0.3662, abs=5e-4),
    )
    assert proportion([True] * 10).low == pytest.approx(0.7225, abs=5e-4)
    assert proportion([]) == NOTHING


def test_statements_of_one_answer_count_little_more_than_one() -> None:
    hits = [n % 2 == 0 for n in range(20) for _ in range(4)]
    answers = [f"answer-{n}" for n in range(20) for _ in range(4)]
    alone, together = proportion(hits[::4]), proportion(hits, answers)
    assert (together.n, together.mean) == (80, 0.5)
    assert together.low == pytest.approx(alone.low, abs=0.01)
    # Nothing shared within the answers: as good as independent.
    mixed = proportion([n % 2 == 0 for n in range(80)], answers)
    assert mixed == proportion([n % 2 == 0 for n in range(80)])


def test_equal_values_have_the_interval_of_their_clusters() -> None:
    twelve, four = [f"{n}" for n in range(12)], ["a", "b", "c", "d"]
    assert proportion([True] * 36, twelve * 3).low == proportion([True] * 12).low
    assert proportion([True, False] * 6, four * 3).low == proportion([True, False] * 2).low
    assert mean([1.0, 1.0, 1.0]).low == proportion([True] * 3).low
    assert mean([1.0] * 36, twelve * 3).low == proportion([True] * 12).low
    half = mean([0.5] * 4)
    assert half.low == proportion([True, False] * 2).low


def test_mcnemar_exact() -> None:
    before = [True] * 6 + [False]
    after = [False] * 6 + [True]
    assert mcnemar(before, after) == pytest.approx(2 * 8 / 128)
    assert loss_p(before, after) == pytest.approx(8 / 128)
    assert loss_p(after, before) == pytest.approx(127 / 128)
    assert mcnemar([True], [True]) == loss_p([True], [True]) == 1.0


def test_the_bootstrap_interval_is_near_the_normal_one() -> None:
    data = np.random.default_rng(7).normal(0.5, 0.1, 400).tolist()
    found = mean(data)
    half = 1.96 * np.std(data) / 20
    assert found.mean == pytest.approx(np.mean(data))
    assert found.high is not None
    assert found.high - np.mean(data) == pytest.approx(half, rel=0.15)


def test_samples_of_one_article_count_little_more_than_one() -> None:
    values = [float(n % 2) for n in range(10) for _ in range(40)]
    clusters = [f"article-{n}" for n in range(10) for _ in range(40)]
    alone, together = mean(values), mean(values, clusters)
    assert together.mean == alone.mean == 0.5
    assert together.high is not None
    assert alone.high is not None
    assert together.high - 0.5 > 4 * (alone.high - 0.5)


def test_few_clusters_fall_back_to_samples() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0]
    assert mean(values, ["a", "a", "b", "b", "b"]) == mean(values)


def test_a_paired_difference() -> None:
    found = paired([0.1, 0.2, 0.3, 0.4] * 10, [0.2, 0.3, 0.4, 0.5] * 10)
    assert found.mean == pytest.approx(0.1)
    assert found.p < 0.01
    same = paired([0.5] * 10, [0.5] * 10)
    assert (same.mean, same.p) == (0.0, 1.0)
    with pytest.raises(ValueError, match="nothing"):
        paired([], [])


def test_calibration_by_hand() -> None:
    found = calibration([0.95, 0.95, 0.15, 1.0], [True, False, False, True])
    assert found is not None
    assert found.brier == pytest.approx((0.05**2 + 0.95**2 + 0.15**2 + 0) / 4)
    # Bins: 0.9–1 holds three of mean score 0.9667 and share 2/3; 0.1–0.2 one of 0.15 and 0.
    assert found.ece == pytest.approx((3 * (2.9 / 3 - 2 / 3) + 0.15) / 4)
    assert [group.n for group in found.bins] == [1, 3]
    assert calibration([], []) is None


def test_risk_coverage_by_hand() -> None:
    found = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False], samples=5)
    assert found is not None
    assert [point.coverage for point in found.points] == [0.2, 0.4, 0.6, 0.8]
    assert [point.risk for point in found.points] == [0, 0.5, pytest.approx(1 / 3), 0.5]
    assert found.area == pytest.approx((0 + 0.5 + 1 / 3 + 0.5) / 4)


def test_equal_scores_are_answered_together() -> None:
    found = risk_coverage([1.0, 1.0], [False, True], samples=2)
    assert found is not None
    assert len(found.points) == 1
    assert found.area == 0.5
    assert risk_coverage([], [], samples=3) is None
