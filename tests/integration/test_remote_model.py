"""The chat model on another server, which is killed and comes back."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from langchain_openai import ChatOpenAI

from assistant import Assistant, load_settings
from assistant.errors import ModelServerError
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


class SilentServer(ThreadingHTTPServer):
    """Takes each request and falls silent: at once, or after the first words of a stream."""

    daemon_threads = True

    def __init__(self, first: str) -> None:
        super().__init__(("127.0.0.1", 0), Silent)
        self.first = first
        self.asked = 0
        self.over = threading.Event()


class Silent(BaseHTTPRequestHandler):
    server: SilentServer

    def do_POST(self) -> None:
        self.server.asked += 1
        self.rfile.read(int(self.headers["content-length"]))
        if self.server.first:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            delta = {"choices": [{"index": 0, "delta": {"content": self.server.first}}]}
            self.wfile.write(f"data: {json.dumps(delta)}\n\n".encode())
            self.wfile.flush()
        self.server.over.wait(60)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize("first", ["", "It is"], ids=["at once", "in a stream"])
def test_a_server_that_falls_silent_is_given_up_in_time_and_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "bridge.txt").write_text("Bridge\n\nThe Marlow bridge is 7 kilometres long.\n")
    server = SilentServer(first)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        settings = load_settings(
            data_dir=tmp_path / "data",
            corpus_dir=corpus,
            chat_model="openai:silent",
            chat_base_url=f"http://127.0.0.1:{server.server_port}/v1",
            chat_timeout_s=1.5,
        )
        with Assistant.open(settings) as assistant:
            assistant.refresh()
            assert assistant.search("How long is the Marlow bridge?")
            began = time.monotonic()
            with pytest.raises(ModelServerError, match="did not answer in time") as caught:
                assistant.ask("How long is the Marlow bridge?")
            assert time.monotonic() - began < 10
        assert "ASSISTANT_CHAT_TIMEOUT_S" in caught.value.hint
        assert server.asked == 1
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
