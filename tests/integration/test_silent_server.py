"""A chat model's server that takes a question and falls silent."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.errors import ModelServerError
from assistant.models.chat import load_chat_model
from assistant.types import Event, Token, Turn
from tests.support.serving import HEIGHT, BridgeAssistant, make_assistant

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

TIMEOUT_S = 0.3
LONGEST_S = 4.0
"""What a question may take at most: the time-out, and the work around it on a busy machine."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
DELTA = {"index": 0, "delta": {"role": "assistant", "content": "The Marlow-2 bridge "}}
CHUNK = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
BEGUN = HEAD + b"data: " + json.dumps(CHUNK | {"choices": [DELTA]}).encode() + b"\n\n"
PING = b": ping\n\n"


class SilentServer(socketserver.ThreadingTCPServer):
    """Sends `begins` to each request, then `pulse` over and over, and never the rest.

    It hangs up after LONGEST_S, so that a question that waits for ever ends nevertheless.
    """

    def __init__(self, begins: bytes, pulse: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Silence)
        self.begins = begins
        self.pulse = pulse
        self.asked: list[str] = []
        self.is_over = threading.Event()
        self.address = f"127.0.0.1:{self.server_address[1]}"


class Silence(socketserver.StreamRequestHandler):
    server: SilentServer

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline().decode().strip())
        until = time.monotonic() + LONGEST_S
        try:
            self.wfile.write(self.server.begins)
            while time.monotonic() < until and not self.server.is_over.wait(TIMEOUT_S / 5):
                self.wfile.write(self.server.pulse)
        except OSError:  # the client hung up
            pass


class Asking:
    """An assistant over two articles, and the server that its chat model is on."""

    def __init__(self, assistant: BridgeAssistant, server: SilentServer) -> None:
        self.assistant = assistant
        self.server = server
        self.events: list[Event] = []

    def fail(self, question: str = HEIGHT, *history: Turn) -> ModelServerError:
        """Ask, see that it ends in time, and return the error that it ends with."""
        began = time.monotonic()
        with pytest.raises(ModelServerError) as caught:
            self.events.extend(self.assistant.stream(question, history))
        assert TIMEOUT_S <= time.monotonic() - began < LONGEST_S
        return caught.value


@contextmanager
def asking(folder: Path, begins: bytes = b"", pulse: bytes = b"") -> Iterator[Asking]:
    with SilentServer(begins, pulse) as server, make_assistant(folder) as assistant:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        there = {"chat_model": "openai:m", "chat_base_url": f"http://{server.address}/v1"}
        settings = assistant.settings.model_copy(update=there | {"chat_timeout_s": TIMEOUT_S})
        try:
            with load_chat_model(settings) as chat:
                assistant.model = chat.model
                assistant.load()
                yield Asking(assistant, server)
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def assert_clear(error: ModelServerError) -> None:
    assert "did not answer in time" in error.message
    assert "See that it runs" in error.hint
    assert "ASSISTANT_CHAT_TIMEOUT_S" in error.hint


def test_a_server_that_never_answers_ends_the_question_in_time(tmp_path: Path) -> None:
    with asking(tmp_path) as it:
        assert_clear(it.fail())
        assert not [event for event in it.events if isinstance(event, Token)]
        # What timed out may have been begun, so it is not sent again.
        assert it.server.asked == ["POST /v1/chat/completions HTTP/1.1"]


def test_a_follow_up_that_is_to_be_rewritten_ends_in_time(tmp_path: Path) -> None:
    with asking(tmp_path) as it:
        assert_clear(it.fail("And when?", Turn(HEIGHT, "45 metres.")))
        assert it.events == []
        assert len(it.server.asked) == 1


@pytest.mark.parametrize("begins", [HEAD, BEGUN], ids=["headers", "words"])
def test_a_stream_that_falls_silent_ends_the_question_in_time(
    tmp_path: Path, begins: bytes
) -> None:
    with asking(tmp_path, begins) as it:
        assert_clear(it.fail())
        words = [event.text for event in it.events if isinstance(event, Token)]
        assert words == (["The Marlow-2 bridge "] if begins == BEGUN else [])
        assert len(it.server.asked) == 1


def test_a_server_that_was_silent_five_times_is_left_alone(tmp_path: Path) -> None:
    with asking(tmp_path) as it:
        for _ in range(5):
            it.fail()
        began = time.monotonic()
        with pytest.raises(ModelServerError, match="5 times in a row"):
            it.assistant.ask(HEIGHT)
        assert time.monotonic() - began < LONGEST_S
        assert len(it.server.asked) == 5


def test_a_stream_of_nothing_but_comments_ends_the_question_in_time(tmp_path: Path) -> None:
    with asking(tmp_path, BEGUN, PING) as it:
        assert_clear(it.fail())


@pytest.mark.parametrize(
    "ends", [b"", b"data: [DONE]\n\n", b"data: {not JSON\n\n", b"<html>Welcome</html>"]
)
def test_a_stream_that_ends_without_a_word_is_the_servers_failure(
    tmp_path: Path, ends: bytes
) -> None:
    with asking(tmp_path, HEAD + ends) as it:
        it.server.is_over.set()
        with pytest.raises(ModelServerError):
            it.assistant.ask(HEIGHT)
