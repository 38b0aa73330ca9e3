"""The evals with the real models: the gate's slice, and a user's own questions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.gate import SMOKE

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


def evals(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evals", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"ASSISTANT_DATA_DIR": str(data_dir)},
        timeout=840,
    )


def test_the_answers_are_not_worse_than_the_baseline(data_dir: Path) -> None:
    assert list(SMOKE.glob("*.json"))
    found = evals(data_dir, "gate")
    assert found.returncode == 0, found.stdout + found.stderr


def test_anybodys_questions_over_any_folder(data_dir: Path, tmp_path: Path) -> None:
    corpus, questions, out = tmp_path / "articles", tmp_path / "mine.jsonl", tmp_path / "run"
    corpus.mkdir()
    quote = "The bridge over the Lenn is 503 metres long."
    (corpus / "bridge.txt").write_text(f"The Lenn bridge\n\n{quote} It opened in 1932.\n")
    sample = {
        "id": "length",
        "question": "How long is the bridge over the Lenn?",
        "answerable": True,
        "answers": [["503"]],
        "evidence": [[quote]],
        "kinds": ["number"],
    }
    questions.write_text(json.dumps(sample) + "\n")
    arguments = ("--questions", str(questions), "--corpus", str(corpus), "--out", str(out))
    found = evals(data_dir, "run", *arguments)
    assert found.returncode == 0, found.stderr
    report = json.loads((out / "report.json").read_text("utf-8"))
    row = report["rows"][0]
    assert row["pipeline"] == "assistant"
    assert row["scores"]["right"] is True
    assert row["scores"]["citation_recall"] == 1
    assert row["scores"]["passages"]["recall"]["1"] == 1
    assert (out / "report.html").stat().st_size > 10_000
