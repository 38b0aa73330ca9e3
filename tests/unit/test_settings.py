"""Settings: where values come from and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.errors import SettingsError
from assistant.settings import load_settings, setting_origins


def test_a_constructor_value_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_THREADS", "3")
    assert load_settings().threads == 3
    assert load_settings(threads=2).threads == 2


def test_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("threads = 5\nanswer_tokens = 99\n")
    monkeypatch.setenv("ASSISTANT_CONFIG_FILE", str(file))
    monkeypatch.setenv("ASSISTANT_THREADS", "3")
    settings = load_settings()
    assert (settings.threads, settings.answer_tokens) == (3, 99)
    origins = setting_origins(settings)
    assert origins["threads"] == "ASSISTANT_THREADS"
    assert origins["answer_tokens"] == str(file)
    assert origins["context_tokens"] == "default"


def test_a_mistyped_variable_is_refused_with_the_right_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_CHAT_MODLE", "x")
    with pytest.raises(SettingsError, match="ASSISTANT_CHAT_MODEL"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [("threads", 0), ("support_threshold", 1.5), ("answer_tokens", "many"), ("no_such", 1)],
)
def test_a_wrong_value_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(**{name: value})


def test_an_unknown_key_in_the_file_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("thread = 5\n")
    monkeypatch.setenv("ASSISTANT_CONFIG_FILE", str(file))
    with pytest.raises(SettingsError, match="thread"):
        load_settings()


def test_a_broken_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("threads = = 5\n")
    monkeypatch.setenv("ASSISTANT_CONFIG_FILE", str(file))
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load_settings()


def test_settings_are_frozen() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.threads = 1


@pytest.mark.parametrize(
    "url",
    ["chroma:8000", "ftp://chroma", "http://", "http://ann:secret@chroma", "http://c/?k=secret"],
)
def test_an_address_of_a_chroma_server_is_checked_and_its_password_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="chroma_url") as caught:
        load_settings(chroma_url=url)
    assert "secret" not in str(caught.value)


def test_the_token_of_the_chroma_server_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_CHROMA_TOKEN", "hush-hush")
    settings = load_settings(chroma_url="https://chroma.internal/")
    assert settings.chroma_url == "https://chroma.internal"
    assert settings.chroma_token is not None
    assert settings.chroma_token.get_secret_value() == "hush-hush"
    assert "hush" not in repr(settings) + str(settings.chroma_token) + settings.model_dump_json()
