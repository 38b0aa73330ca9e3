"""Training's way into the quantised network and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.models.verifier import WEIGHTS, Verifier
from evals.verifier.network import read_network, write_network

pytestmark = pytest.mark.integration

PAIRS = [
    ("How long did it take?", "Ferry line reopens. The crossing took 41 minutes."),
    ("Who said so?", "Ferry line reopens. The crossing took 41 minutes."),
]


def test_a_network_written_back_scores_as_before(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "tokenizer.json", tmp_path)
    write_network(
        read_network(WEIGHTS / "model.onnx"), WEIGHTS / "model.onnx", tmp_path / "model.onnx"
    )
    before, after = (
        Verifier(folder, name="x", threads=1).probabilities(PAIRS) for folder in (WEIGHTS, tmp_path)
    )
    assert after == pytest.approx(before, abs=0.01)


def test_another_file_is_refused(tmp_path: Path) -> None:
    import onnx

    empty = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
    onnx.save(empty, str(tmp_path / "empty.onnx"))
    with pytest.raises(ValueError, match="not a quantised BERT cross-encoder"):
        read_network(tmp_path / "empty.onnx")
