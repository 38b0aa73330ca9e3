"""The questions that benchmarks ask."""

from __future__ import annotations

import json
import random
from pathlib import Path

DATASET = Path(__file__).parents[1] / "datasets" / "briefings"


def read_questions(path: Path) -> list[str]:
    """Return the questions of a file that need no earlier turn, shuffled, always alike.

    In the file neighbours are about the same articles, which would hide a mix-up.
    """
    questions = [
        row["question"]
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        if not row.get("turns")
    ]
    random.Random(1).shuffle(questions)
    return questions
