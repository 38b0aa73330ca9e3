"""The verifier's own weights, as they travel with the package."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.errors import ModelDigestError
from assistant.models.cross_encoder import CrossEncoder, read_context
from assistant.models.verifier import WEIGHTS, load_verifier
from assistant.settings import load_settings
from evals.verifier.pairs import with_answer

pytestmark = pytest.mark.integration

TITLE = "Ferry line reopens"
CROSSED = "The ferry Lark-2 crossed the strait in 41 minutes on Monday, the fastest so far."
SAID = "Harbour master Ines Okafor said the crew did everything by the book."


@pytest.fixture(scope="module")
def verifier() -> CrossEncoder:
    return load_verifier(load_settings())


def test_the_sentence_that_answers_comes_first(verifier: CrossEncoder) -> None:
    right, wrong = verifier.probabilities(
        [
            ("How long did the crossing take?", read_context(TITLE, "", text))
            for text in (CROSSED, SAID)
        ]
    )
    assert 0 < wrong < right < 1


def test_a_wrong_answer_is_less_likely_than_the_right_one(verifier: CrossEncoder) -> None:
    question = "How long did the Lark-2 take to cross the strait?"
    right, wrong = verifier.probabilities(
        [
            (with_answer(question, answer), read_context(TITLE, "", CROSSED))
            for answer in ("It took 41 minutes.", "It took a crew of nine.")
        ]
    )
    assert wrong < right


def test_scores_do_not_depend_on_what_else_is_read(verifier: CrossEncoder) -> None:
    pair = ("Who praised the crew?", read_context(TITLE, "", SAID))
    (alone,) = verifier.probabilities([pair])
    long = ("What happened?", read_context(TITLE, SAID, CROSSED * 3))
    assert verifier.probabilities([long, pair, long])[1] == pytest.approx(alone, abs=0.05)
    assert verifier.probabilities([]) == []


def test_altered_weights_are_not_loaded(tmp_path: Path) -> None:
    copy = tmp_path / "weights"
    shutil.copytree(WEIGHTS, copy)
    with (copy / "model.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2")
    with pytest.raises(ModelDigestError, match="not the pinned file"):
        load_verifier(load_settings(), folder=copy)
