"""A chat model's server that restarts, is busy, or is gone."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from assistant.models.chat import translate_chat_error
from assistant.models.remote import Circuit, CircuitOpenError, SteadyClient

OK = httpx.Response(200, json={"fine": True})
Reply = httpx.Response | Exception


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Replies in order, the last reply for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked = 0
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, circuit: Circuit | None = None, *, tries: int = 3) -> SteadyClient:
        return SteadyClient(
            tries=tries,
            circuit=Circuit(rest_s=30) if circuit is None else circuit,
            sleep=self.pauses.append,
            transport=httpx.MockTransport(self),
        )


def status(code: int, **headers: str) -> httpx.Response:
    return httpx.Response(code, headers=headers, json={"error": {"message": "no"}})


@pytest.mark.parametrize(
    "failure",
    [httpx.ConnectError("refused"), httpx.RemoteProtocolError("cut"), status(503), status(500)],
    ids=["refused", "cut", "503", "500"],
)
def test_a_request_is_repeated_with_growing_pauses(failure: Reply) -> None:
    server = Server(failure, failure, OK)
    assert server.client().post("http://x/v1").json() == {"fine": True}
    assert server.asked == 3
    assert server.pauses == [0.5, 1.0]


def test_a_server_that_says_when_is_waited_for() -> None:
    server = Server(status(429, **{"retry-after": "7"}), status(429, **{"retry-after": "900"}), OK)
    assert server.client().post("http://x/v1").status_code == 200
    assert server.pauses == [7, 20]


@pytest.mark.parametrize(
    "reply",
    [httpx.ReadTimeout("silent"), status(401), status(400), status(404)],
    ids=["silent", "401", "400", "404"],
)
def test_what_repeating_does_not_mend_is_not_repeated(reply: Reply) -> None:
    server = Server(reply, OK)
    if isinstance(reply, Exception):
        with pytest.raises(httpx.ReadTimeout):
            server.client().post("http://x/v1")
    else:
        assert server.client().post("http://x/v1").status_code == reply.status_code
    assert server.asked == 1


def test_after_the_last_try_the_failure_is_returned() -> None:
    server = Server(status(503))
    assert server.client().post("http://x/v1").status_code == 503
    assert server.asked == 3
    with pytest.raises(httpx.ConnectError):
        Server(httpx.ConnectError("refused")).client().post("http://x/v1")


def test_a_server_that_fails_again_and_again_is_left_alone_and_tried_once_later() -> None:
    clock = Clock()
    circuit = Circuit(failures=3, rest_s=30, clock=clock)
    server = Server(status(503))
    client = server.client(circuit)
    client.post("http://x/v1")
    with pytest.raises(CircuitOpenError, match="3 times in a row"):
        client.post("http://x/v1")
    assert server.asked == 3
    clock.now += 31
    with pytest.raises(CircuitOpenError):
        client.post("http://x/v1")
    assert server.asked == 4
    server.replies = [OK]
    clock.now += 31
    assert client.post("http://x/v1").status_code == 200
    assert client.post("http://x/v1").status_code == 200


def test_a_busy_server_is_no_broken_one() -> None:
    circuit = Circuit(failures=2, rest_s=30)
    server = Server(status(429))
    for _ in range(3):
        assert server.client(circuit).post("http://x/v1").status_code == 429


def test_the_open_circuit_is_told_of_through_the_chat_model() -> None:
    circuit = Circuit(failures=1, rest_s=30)
    circuit.fail()
    server = Server(OK)
    model = ChatOpenAI(
        model="m",
        base_url="http://x/v1",
        api_key=SecretStr("k"),
        http_client=server.client(circuit),
        max_retries=0,
    )
    calls: list[Callable[[], object]] = [
        lambda: model.invoke("x"),
        lambda: next(model.stream("x")),
    ]
    for call in calls:
        with pytest.raises(CircuitOpenError) as caught:
            call()
        translated = translate_chat_error(caught.value)
        assert translated is not None
        assert "left alone for" in translated.message
    assert server.asked == 0
