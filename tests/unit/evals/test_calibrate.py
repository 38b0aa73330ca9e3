"""Fitting the support score: what is counted as right, held together and printed."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
import typer

from assistant.answering.scoring import load_calibration
from evals.calibrate import folds, main, render


def test_what_is_printed_is_the_file_that_is_committed() -> None:
    committed = (
        resources.files("assistant.answering").joinpath("calibration.toml").read_text("utf-8")
    )
    assert tomllib.loads(render(load_calibration())) == tomllib.loads(committed)


def test_statements_of_one_question_are_on_one_side() -> None:
    groups = [f"question-{n}" for n in range(20) for _ in range(3)]
    labels = [n % 2 == 0 for n in range(20) for _ in range(3)]
    found = folds(labels, groups)
    assert sorted(index for _, left_out in found for index in left_out) == list(range(60))
    for chosen, left_out in found:
        assert not {groups[i] for i in chosen} & {groups[i] for i in left_out}


def test_too_little_to_fit_is_an_error() -> None:
    with pytest.raises(typer.BadParameter, match="too few statements"):
        folds([True, False] * 9, ["a", "b", "c"] * 6)
    with pytest.raises(typer.BadParameter, match="too few statements"):
        folds([], [])


def test_a_mistyped_suite_is_named() -> None:
    with pytest.raises(typer.BadParameter, match="no suite sumit"):
        main(["sumit"])
