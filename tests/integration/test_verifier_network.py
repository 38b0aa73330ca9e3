"""Training's way into the quantised network and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from assistant.models.cross_encoder import CrossEncoder
from assistant.models.verifier import WEIGHTS
from evals.verifier.network import read_network, write_network

pytestmark = pytest.mark.integration

AS_MUCH_AS_TRAINING = 0.001
"""Fine-tuning moves a weight by about this much: less than one of 256 steps of a whole matrix."""

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
        CrossEncoder(folder, name="x", threads=1).probabilities(PAIRS)
        for folder in (WEIGHTS, tmp_path)
    )
    assert after == pytest.approx(before, abs=0.03)


def test_what_training_changed_survives_quantisation(tmp_path: Path) -> None:
    network = read_network(WEIGHTS / "model.onnx")
    noise = torch.Generator().manual_seed(1)
    changes = {
        name: torch.randn(value.shape, generator=noise) * AS_MUCH_AS_TRAINING
        for name, value in network.state_dict().items()
        if value.ndim == 2 and ".encoder." in name
    }
    before = {name: network.state_dict()[name].clone() for name in changes}
    with torch.no_grad():
        for name, change in changes.items():
            network.state_dict()[name].add_(change)
    write_network(network, WEIGHTS / "model.onnx", tmp_path / "model.onnx")
    after = read_network(tmp_path / "model.onnx").state_dict()
    for name, change in changes.items():
        kept = ((after[name] - before[name]) * change).sum() / (change * change).sum()
        assert 0.9 < kept < 1.1, name


def test_another_file_is_refused(tmp_path: Path) -> None:
    import onnx

    empty = onnx.helper.make_model(onnx.helper.make_graph([], "empty", [], []))
    onnx.save(empty, str(tmp_path / "empty.onnx"))
    with pytest.raises(ValueError, match="not a quantised BERT cross-encoder"):
        read_network(tmp_path / "empty.onnx")
