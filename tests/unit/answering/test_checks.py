"""Checks that need no model; the cases are in tests/cases/checks.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from assistant.answering.checks import GATES, check_statement
from assistant.types import Article
from tests.support.articles import make_contexts

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "cases" / "checks.toml").read_text("utf-8")
)["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    contexts = make_contexts(Article("A title", case["evidence"]))
    checks = check_statement(case["statement"], case["question"], contexts)
    failed = {check.name for check in checks if check.passed is False}
    assert failed >= set(case["fails"])
    if not case["fails"]:
        assert not failed & {*GATES, "attribution", "counted"}


def test_a_statement_without_evidence_fails_at_once() -> None:
    (check,) = check_statement("It is so.", "Is it so?", ())
    assert (check.name, check.passed) == ("cited", False)


def test_a_check_that_does_not_apply_has_no_result() -> None:
    contexts = make_contexts(Article("A title", "The bridge is old."))
    checks = {c.name: c for c in check_statement("The bridge is old.", "Is it old?", contexts)}
    assert checks["numbers"].passed is None
    assert checks["quotes"].passed is None
