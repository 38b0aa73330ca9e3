"""The verifier's network: from a quantised ONNX file to torch, and back into the same graph.

The base is a BERT cross-encoder whose matrices were quantised to 8 bits by onnxruntime
(dynamic quantisation). Training needs floats, so each matrix is read as
scale · (quantised - zero point); after training it is quantised again, symmetrically and by column
for matrix products, asymmetrically for embeddings, and put back where it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertForSequenceClassification

_EMBEDDINGS = tuple(
    f"bert.embeddings.{kind}_embeddings.weight" for kind in ("word", "token_type", "position")
)
_FLOAT_ENDINGS = ("bias", "LayerNorm.weight")


def read_network(path: Path) -> Any:
    """Return the torch model of a quantised ONNX cross-encoder.

    Raises:
        ValueError: the file is not such a cross-encoder.
    """
    graph = onnx.load(str(path)).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    state = {
        name: torch.tensor(values[name])
        for name in values
        if name.startswith(("bert.", "classifier.")) and name.endswith(_FLOAT_ENDINGS)
    }
    for name, stem in _quantised(graph).items():
        if f"{stem}_quantized" not in values:
            continue
        zero = values[f"{stem}_zero_point"].astype(np.float32)
        weight = (values[f"{stem}_quantized"].astype(np.float32) - zero) * values[f"{stem}_scale"]
        state[name] = torch.tensor(weight if name in _EMBEDDINGS else weight.T.copy())
    if not state.keys() >= set(_EMBEDDINGS):
        raise ValueError(f"{path} is not a quantised BERT cross-encoder: it has no embeddings.")
    vocabulary, width = state[_EMBEDDINGS[0]].shape
    layers = 1 + max(int(name.split(".")[3]) for name in state if name.startswith("bert.encoder."))
    options: dict[str, Any] = {"num_labels": 1}
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=4 * width,
        **options,
    )
    model = BertForSequenceClassification(config)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path} is not a quantised BERT cross-encoder: {error}") from error
    return model


def write_network(model: Any, template: Path, out: Path) -> None:
    """Write a model's weights, quantised, into the graph of `template`."""
    proto = onnx.load(str(template))
    state = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    fresh = {name: value for name, value in state.items() if name.endswith(_FLOAT_ENDINGS)}
    for name, stem in _quantised(proto.graph).items():
        quantised, scale, zero = (
            _quantise_embedding(state[name])
            if name in _EMBEDDINGS
            else _quantise_matrix(state[name].T)
        )
        fresh |= {f"{stem}_quantized": quantised, f"{stem}_scale": scale}
        fresh[f"{stem}_zero_point"] = zero
    for item in proto.graph.initializer:
        if item.name in fresh:
            old = numpy_helper.to_array(item)
            value = np.asarray(fresh[item.name], dtype=old.dtype, order="C")
            item.CopyFrom(numpy_helper.from_array(value, item.name))
    onnx.save(proto, str(out))


def _quantised(graph: Any) -> dict[str, str]:
    """Map torch's names of the quantised matrices to the stems of their ONNX initializers."""
    stems = {name: name for name in _EMBEDDINGS}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            stem = node.input[1].removesuffix("_quantized")
            scope = node.output[0].split("/MatMul")[0].strip("/").replace("/", ".")
            stems[f"{scope}.weight" if stem.startswith("onnx::") else stem] = stem
    return stems


def _quantise_matrix(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.int8]:
    """Quantise each column by a scale of its own.

    With one scale for the whole matrix, as the base has it, a step is larger than what
    fine-tuning changes: every weight would be rounded back to where it came from.
    """
    scale = (np.abs(weight).max(axis=0) / 127).astype(np.float32)
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale, np.int8(0)


def _quantise_embedding(weight: np.ndarray) -> tuple[np.ndarray, np.float32, np.uint8]:
    low, high = min(weight.min(), 0.0), max(weight.max(), 0.0)
    scale = np.float32((high - low) / 255)
    zero = np.uint8(np.rint(-low / scale))
    return np.clip(np.rint(weight / scale) + zero, 0, 255).astype(np.uint8), scale, zero
