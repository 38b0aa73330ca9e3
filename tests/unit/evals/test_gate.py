from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.cli import app
from evals.gate import Baseline, hold, read_baselines, write_baseline
from evals.outcomes import CitedSpan, Outcome
from evals.rows import ROWS, Row, RunError
from tests.support.evals import ARTICLE, answered, refused, row, sample, unanswerable

LONG = "It is 503 metres long, said Mayor Anna Berg."
RIGHT = answered("It is 503 metres long.", LONG)
SETUP = {"model": "m", "prompt_version": "p", "settings": {"a": "b"}}


def rows(lost: int) -> list[Row]:
    found = [row(sample(id=f"a{n}"), refused() if n < lost else RIGHT) for n in range(10)]
    return [*found, *(row(unanswerable(id=f"u{n}"), refused()) for n in range(10))]


@pytest.fixture
def baseline(tmp_path: Path) -> Baseline:
    write_baseline(tmp_path / "base", "own", rows(0), SETUP)
    return read_baselines(tmp_path / "base")[0]


def test_equal_outcomes_pass(baseline: Baseline) -> None:
    assert baseline.setup == {"model": "m", "prompt_version": "p"}
    assert hold(baseline, rows(0), SETUP).problems == ()


def test_another_set_up_is_said_and_is_no_failure(baseline: Baseline) -> None:
    found = hold(baseline, rows(0), SETUP | {"model": "other"})
    assert found.problems == ()
    assert found.lines[0] == "not as the baseline was made: model other instead of m"
    assert "not as" not in hold(baseline, rows(0), SETUP).lines[0]


def test_a_few_losses_are_chance_and_many_are_not(baseline: Baseline) -> None:
    few = hold(baseline, rows(3), SETUP)
    assert few.problems == ()
    assert sum(line.startswith("lost: ") for line in few.lines) == 3
    many = hold(baseline, rows(6), SETUP)
    assert [problem.split(":")[0] for problem in many.problems] == ["all", "answerable"]


def test_a_gain_of_one_half_does_not_hide_the_loss_of_the_other(tmp_path: Path) -> None:
    wrong = answered("There are 12 boats.", LONG)
    before = rows(0)[:10] + [row(unanswerable(id=f"u{n}"), wrong) for n in range(10)]
    write_baseline(tmp_path, "own", before, SETUP)
    # Refusing everything: ten answers lost, ten refusals gained.
    found = hold(read_baselines(tmp_path)[0], rows(10), SETUP)
    assert [problem.split(":")[0] for problem in found.problems] == ["answerable"]


def test_a_citation_that_is_not_verbatim_fails(baseline: Baseline) -> None:
    bad = Outcome(text="503", refused=False, citations=(CitedSpan(ARTICLE.id, 0, 3, "xyz"),))
    found = hold(baseline, [*rows(0)[1:], row(sample(id="a0"), bad)], SETUP)
    assert found.problems == ("a0 has a citation that is not verbatim",)


def test_a_stale_baseline_says_so(baseline: Baseline) -> None:
    changed = [row(sample(id=f"a{n}", note="new"), RIGHT) for n in range(10)]
    (problem,) = hold(baseline, [*changed, *rows(0)[10:18]], SETUP).problems
    assert "12 of 20 samples are missing or were changed" in problem


def test_malformed_and_missing_baselines_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no baselines"):
        read_baselines(tmp_path)
    (tmp_path / "own.json").write_text("{}")
    with pytest.raises(RunError, match="is no baseline"):
        read_baselines(tmp_path)


@pytest.mark.parametrize(("lost", "code"), [(0, 0), (8, 1)])
def test_the_command_holds_a_run_against_its_baselines(
    tmp_path: Path, lost: int, code: int
) -> None:
    write_baseline(tmp_path / "base", "own", rows(0), SETUP)
    run = tmp_path / "run"
    run.mkdir()
    (run / ROWS).write_text("\n".join(map(json.dumps, rows(lost))), "utf-8")
    (run / "setup.json").write_text(json.dumps({"own": SETUP | {"prompt_version": "q"}}))
    arguments = ["gate", "--run", str(run), "--baselines", str(tmp_path / "base")]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == code, found.output
    assert ("FAIL own" if code else "pass own") in found.output
    assert "prompt_version q instead of p" in found.output


def test_the_command_writes_baselines_of_a_run(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / ROWS).write_text("\n".join(map(json.dumps, rows(1))), "utf-8")
    (run / "setup.json").write_text(json.dumps({"own": SETUP}))
    arguments = ["gate", "--update", "--run", str(run), "--baselines", str(tmp_path / "base")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (found,) = read_baselines(tmp_path / "base")
    assert found.samples["a0"]["right"] is False
    assert len(found.samples) == 20
