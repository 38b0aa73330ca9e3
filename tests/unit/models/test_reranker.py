"""Which cross-encoder orders the evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.models.catalogue import load_catalogue, models_in_use
from assistant.models.cross_encoder import AbsentCrossEncoder
from assistant.models.reranker import load_reranker
from assistant.settings import load_settings


def test_the_default_is_of_the_catalogue_and_in_use() -> None:
    settings = load_settings()
    assert load_catalogue()[settings.reranker_model].kind == "cross-encoder"
    assert settings.reranker_model in models_in_use(settings)


def test_without_a_reranker_none_is_in_use_and_every_pair_is_alike() -> None:
    settings = load_settings(reranker_model="")
    reranker = load_reranker(settings)
    assert isinstance(reranker, AbsentCrossEncoder)
    assert reranker.probabilities([("Why?", "Because."), ("Why?", "No.")]) == [0.5, 0.5]
    assert models_in_use(settings) == (settings.embedding_model, settings.chat_model)


def test_what_is_neither_of_the_catalogue_nor_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(SettingsError, match=r"no folder with model\.onnx"):
        load_reranker(load_settings(reranker_model=str(tmp_path)))
