"""Fitting the support score: what is counted as right, held together and printed."""

from __future__ import annotations

import json
import tomllib
from contextlib import nullcontext
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from assistant import Check, Statement, Support
from assistant.answering.scoring import load_calibration
from evals.calibrate import Observation, folds, main, observe, render
from evals.samples import Sample
from evals.suites import LoadedSuite, Source, Suite


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


def test_what_was_observed_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = Sample("a-question", "Who?", answerable=True, golds=(("Reiss",),))
    asked: list[str] = []

    def candidates(question: str, *_: object) -> list[Statement]:
        asked.append(question)
        checks = (Check("model", True, score=0.9), Check("answers", None, score=0.8))
        return [
            Statement("Reiss did.", (1,), Support("supported", 0.9, checks)),
            Statement("It failed a check.", (), Support("unsupported", 0.02)),
        ]

    opened = SimpleNamespace(
        name="mine",
        samples=[sample],
        assistant=SimpleNamespace(chain=SimpleNamespace(candidates=candidates)),
        where=lambda _: None,
    )
    suite = Suite("mine", "", lambda _: LoadedSuite("mine"))
    monkeypatch.setattr("evals.calibrate.suites_of", lambda *_: [suite])
    monkeypatch.setattr("evals.calibrate.open_suite", lambda *_: nullcontext(opened))
    monkeypatch.setattr("evals.calibrate.drawn", lambda *_: opened.samples)
    keep = tmp_path / "observed.jsonl"
    first, second = (
        list(observe(["mine"], Source(), limit=None, seed=0, keep=keep)) for _ in range(2)
    )
    assert asked == ["Who?"]
    assert first == second
    assert [(one.statement, one.right) for one in first] == [("Reiss did.", True)]
    assert first[0].scores == {"model": 0.9, "answers": 0.8}


def test_what_was_kept_is_fitted_with_and_without_the_probe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep = tmp_path / "observed.jsonl"
    rows = []
    for number in range(40):
        right = number % 2 == 0
        scores = {"model": 0.6, "probe": 0.9 if right else 0.2, "answers": 0.5}
        observed = [Observation("mine", str(number), str(number), "So.", scores, right)]
        observed.append(Observation("other", str(number), str(number), "So.", scores, not right))
        rows.append({"sample": str(number), "observed": [asdict(one) for one in observed]})
    keep.write_text("".join(json.dumps(row) + "\n" for row in rows))
    main(["mine"], keep=keep, ask=False)
    said = capsys.readouterr()
    fitted = tomllib.loads(said.out)
    assert fitted["version"] == "mine-dev-40"
    assert fitted["probed"]["weights"]["probe"] > 0.3
    assert "probe" not in fitted["unprobed"]["weights"]
    assert "probed, all: 40 statements" in said.err
