"""Checks that need no model; the cases are in tests/cases/checks.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from assistant.answering.checks import GATES, check_statement
from assistant.types import Article, Check
from tests.support.articles import make_contexts

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "cases" / "checks.toml").read_text("utf-8")
)["case"]
COUNT = {*GATES, "attribution", "counted", "question_numbers"}


def run(case: dict[str, Any]) -> dict[str, Check]:
    title = case.get("title", "A title")
    known = {key: case.get(key) for key in ("source", "published")}
    contexts = make_contexts(Article(title, case["evidence"], **known))
    cited = [c for c in contexts if c.evidence.number in case.get("cited", [c.evidence.number])]
    checks = check_statement(case["statement"], case["question"], cited)
    return {check.name: check for check in checks}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    checks = run(case)
    failed = {name for name, check in checks.items() if check.passed is False}
    assert failed >= set(case["fails"])
    if case.get("caught_by"):
        assert failed & set(case["caught_by"])
    elif not case["fails"]:
        assert not failed & COUNT, [checks[name] for name in failed]
    for name in case.get("passes", ()):
        assert checks[name].passed is True


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["fails"]], ids=lambda case: case["name"]
)
def test_a_failed_check_says_what_is_wrong(case: dict[str, Any]) -> None:
    assert all(check.detail for check in run(case).values() if check.passed is False)


def test_names_of_cases_are_unique() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)


def test_a_statement_without_evidence_fails_at_once() -> None:
    (check,) = check_statement("It is so.", "Is it so?", ())
    assert (check.name, check.passed) == ("cited", False)


def test_a_check_that_does_not_apply_has_no_result() -> None:
    contexts = make_contexts(Article("A title", "The bridge is old."))
    checks = {c.name: c for c in check_statement("The bridge is old.", "Is it old?", contexts)}
    assert checks["numbers"].passed is None
    assert checks["quotes"].passed is None


def test_scores_of_checks_are_shares() -> None:
    for case in CASES:
        for check in run(case).values():
            assert check.score is None or -1 <= check.score <= 1
