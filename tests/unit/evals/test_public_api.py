"""The evals ask as users do: through the public names of the assistant."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import assistant

EVALS = Path(__file__).parents[3] / "evals"
INSIDE = {"verifier", "probe", "calibrate.py", "bench"}
"""Tools that work on the assistant's parts, not on its answers."""
BESIDES = {
    "solvers/retrieval.py": {"assistant.retrieval.asking.strip_instructions"},
    "suites/rtqa.py": {"assistant.facts.content_words"},
    "setup.py": {"assistant", "assistant.models.catalogue.load_catalogue"},
}
"""What is not under the public names yet."""


def modules() -> list[Path]:
    return [
        path
        for path in sorted(EVALS.rglob("*.py"))
        if path.relative_to(EVALS).parts[0] not in INSIDE
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(EVALS)))
def test_only_public_names_are_used(path: Path) -> None:
    used: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            used |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            used |= {alias.name for alias in node.names}
    of_assistant = {name for name in used if name.split(".")[0] == "assistant"}
    public = {f"assistant.{name}" for name in assistant.__all__}
    assert of_assistant - public <= BESIDES.get(str(path.relative_to(EVALS)), set())
    assert not used & {"typer"} or path.name in {
        "cli.py",
        "selection.py",
        "upkeep.py",
        "feedback.py",
    }
