"""The chat model on another server, which is killed and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_openai import ChatOpenAI

from assistant import load_settings
from assistant.models.chat import LoadedChatModel, load_chat_model, translate_chat_error
from assistant.models.pull import ensure_model
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.integration

PORT = 7955
NAME = "qwen2.5-coder-1.5b-instruct"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    server = ModelServer(ensure_model(NAME, load_settings()), PORT)
    server.start()
    server.wait()
    yield server
    server.kill()


def load(tmp_path: Path, **values: object) -> LoadedChatModel:
    return load_chat_model(
        load_settings(
            data_dir=tmp_path,
            chat_model=f"openai:{NAME}",
            chat_base_url=f"http://127.0.0.1:{PORT}/v1",
            **values,
        )
    )


def test_a_killed_server_is_told_of_and_used_again_when_it_is_back(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    say = "Say hello."
    with load(tmp_path, chat_tries=2, chat_rest_s=2) as chat:
        assert isinstance(chat.model, ChatOpenAI)
        assert chat.model.invoke(say, max_tokens=4).text
        assert "".join(chunk.text for chunk in chat.model.stream(say, max_tokens=4))

        server.kill()
        assert "cannot be reached" in failure_of(chat, say)
        assert "cannot be reached" in failure_of(chat, say)
        assert "left alone" in failure_of(chat, say)

        server.start()
        server.wait()
        time.sleep(2)
        assert chat.model.invoke(say, max_tokens=4).text


def failure_of(chat: LoadedChatModel, say: str) -> str:
    try:
        chat.model.invoke(say, max_tokens=4)
    except Exception as error:
        translated = translate_chat_error(error)
        assert translated is not None, error
        return translated.message
    raise AssertionError("the server answered")
