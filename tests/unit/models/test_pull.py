"""The catalogue, and pulling by digest: a wrong file is never accepted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant import offline
from assistant.errors import ModelDigestError, ModelNotFoundError, ModelPullError
from assistant.models.catalogue import find_model, load_catalogue
from assistant.models.pull import (
    discard_altered,
    ensure_model,
    is_pulled,
    model_path,
    verify_model,
)
from assistant.settings import Settings, load_settings

SMALL = "all-MiniLM-L6-v2"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # No index answers: what a mirror does not have cannot be had.
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(offline, "_ours", set())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    monkeypatch.setenv("PIP_RETRIES", "0")
    return load_settings(models_dir=tmp_path / "models", models_mirror=tmp_path / "mirror")


def test_every_model_is_pinned() -> None:
    assert len(load_catalogue()) >= 4
    for card in load_catalogue().values():
        assert card.licence == "Apache-2.0"
        assert card.files
        for file in card.files:
            assert len(file.sha256) == 64
            assert file.bytes > 0


def test_the_defaults_are_in_the_catalogue() -> None:
    settings = load_settings()
    assert find_model(settings.chat_model).kind == "chat"
    assert find_model(settings.embedding_model).kind == "embedding"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelNotFoundError, match=SMALL):
        find_model("gpt-9")


def test_without_any_source_the_error_names_each_and_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(ModelPullError, match="MIRROR") as caught:
        ensure_model(SMALL, settings)
    assert SMALL in str(caught.value)
    assert not is_pulled(SMALL, settings)


def test_a_wrong_file_in_the_mirror_is_never_accepted(settings: Settings, tmp_path: Path) -> None:
    for file in find_model(SMALL).files:
        path = tmp_path / "mirror" / SMALL / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)
    with pytest.raises((ModelDigestError, ModelPullError)):
        ensure_model(SMALL, settings)
    assert not is_pulled(SMALL, settings)
    assert verify_model(SMALL, settings)


@pytest.mark.integration
class TestWithRealFiles:
    """These need the pulled embedding model."""

    @pytest.fixture
    def mirror(self, tmp_path: Path) -> Path:
        source = ensure_model(SMALL, load_settings())
        shutil.copytree(source, tmp_path / "mirror" / SMALL)
        return tmp_path / "mirror"

    def test_a_mirror_is_enough(self, settings: Settings, mirror: Path) -> None:
        seen: list[tuple[str, int, int]] = []
        path = ensure_model(SMALL, settings, progress=lambda *told: seen.append(told))
        assert path == model_path(SMALL, settings)
        assert verify_model(SMALL, settings) == ()
        assert any(done == total > 0 for _, done, total in seen)
        seen.clear()
        assert ensure_model(SMALL, settings) == path
        assert seen == []

    def test_an_altered_file_is_named_and_replaced(self, settings: Settings, mirror: Path) -> None:
        path = ensure_model(SMALL, settings)
        with (path / "tokenizer.json").open("ab") as file:
            file.write(b" ")
        assert verify_model(SMALL, settings) == ("tokenizer.json",)
        with pytest.raises(ModelDigestError, match=r"tokenizer\.json"):
            ensure_model(SMALL, settings)
        discard_altered(SMALL, settings)
        ensure_model(SMALL, settings)
        assert verify_model(SMALL, settings) == ()
