"""Which cross-encoder orders the evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.models.catalogue import load_catalogue, models_in_use
from assistant.models.chat import load_chat_model
from assistant.models.cross_encoder import AbsentCrossEncoder
from assistant.models.embeddings import load_embedding_model
from assistant.models.reranker import load_reranker
from assistant.settings import Settings, load_settings


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


@pytest.mark.parametrize(
    ("load", "setting", "kind"),
    [
        (load_reranker, {"reranker_model": "all-MiniLM-L6-v2"}, "cross-encoder"),
        (load_embedding_model, {"embedding_model": "ms-marco-minilm-l12-int8"}, "embedding"),
        (load_chat_model, {"chat_model": "all-MiniLM-L6-v2"}, "chat"),
    ],
)
def test_a_model_of_another_kind_is_refused_by_name(
    load: Callable[[Settings], object], setting: dict[str, str], kind: str
) -> None:
    with pytest.raises(SettingsError, match=f"cannot serve as an? {kind} model") as caught:
        load(load_settings(**setting))
    fitting = [card.name for card in load_catalogue().values() if card.kind == kind]
    assert all(name in str(caught.value.hint) for name in fitting)
