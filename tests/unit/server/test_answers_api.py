"""Questions, searches and events over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.exceptions import ModelError
from starlette.testclient import TestClient

from assistant.server.api.schemas import AnswerBody, ErrorBody
from tests.support.serving import HEIGHT, BridgeAssistant, article_of


def events_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.strip().split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if lines:
            name, data = lines
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_has_the_documented_shape_and_exact_citations(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    reply = client.post("/v1/answers", json={"question": HEIGHT})
    assert reply.status_code == 200
    answer = reply.json()
    AnswerBody.model_validate(answer)
    assert "45 metres" in answer["text"]
    (citation,) = answer["citations"]
    text = article_of(scripted, "Marlow bridge opens").text
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert answer["statements"][0]["support"]["verdict"] == "supported"


def test_a_refusal_is_an_answer(client: TestClient) -> None:
    reply = client.post("/v1/answers", json={"question": "What of the Marlow-3?"})
    AnswerBody.model_validate(reply.json())
    assert reply.status_code == 200
    assert reply.json()["refusal"]["missing_terms"] == ["Marlow-3"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"stream": True}, {}), ({}, {"Accept": "text/event-stream"})],
    ids=["by field", "by header"],
)
def test_events_come_in_order_and_end_with_the_answer(
    client: TestClient, body: dict[str, Any], headers: dict[str, str]
) -> None:
    reply = client.post("/v1/answers", json={"question": HEIGHT} | body, headers=headers)
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = events_of(reply.text)
    names = [name for name, _ in events]
    assert names[0] == "retrieved"
    assert names[-3:] == ["drafted", "verified", "finished"]
    assert set(names[1:-3]) == {"token"}
    draft = "".join(data["text"] for name, data in events if name == "token")
    assert draft.startswith("The Marlow-2 bridge reached")
    AnswerBody.model_validate(events[-1][1]["answer"])
    assert events[-2][1]["statement"] == events[-1][1]["answer"]["statements"][0]


def test_turns_are_used(client: TestClient) -> None:
    reply = client.post(
        "/v1/answers",
        json={
            "question": "And how high is it?",
            "turns": [{"question": "What is the Marlow-2?", "answer": "A bridge."}],
        },
    )
    assert "Marlow-2" in reply.json()["rewritten"]
    assert "45 metres" in reply.json()["text"]


def test_a_filter_restricts(client: TestClient) -> None:
    where = {"sources": ["Courier"]}
    reply = client.post("/v1/answers", json={"question": HEIGHT, "where": where})
    assert reply.json()["refusal"]["code"] == "missing_terms"
    reply = client.post("/v1/search", json={"question": "height", "where": where})
    assert {item["article"]["source"] for item in reply.json()["passages"]} == {"Courier"}


def test_a_failing_model_is_an_error_that_says_what_to_do(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    scripted.model.fails_with = ModelError("out of memory")
    reply = client.post("/v1/answers", json={"question": HEIGHT})
    assert reply.status_code == 502
    error = ErrorBody.model_validate(reply.json()).error
    assert error.type == "model_server_error"
    assert "ASSISTANT_CHAT_MODEL" in error.hint
    assert error.request_id == reply.headers["X-Request-ID"]
    reply = client.post("/v1/answers", json={"question": HEIGHT, "stream": True})
    assert events_of(reply.text)[-1][0] == "error"
    assert events_of(reply.text)[-1][1]["error"]["type"] == "model_server_error"


def test_an_unforeseen_failure_keeps_its_secrets(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    def fail() -> str:
        raise RuntimeError("secret path /etc/passwd")

    scripted.draft = fail
    reply = client.post("/v1/answers", json={"question": HEIGHT})
    assert reply.status_code == 500
    assert reply.json()["error"]["type"] == "internal_error"
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ({"question": " "}, "question_error", "empty"),
        ({"question": "x" * 3000}, "question_error", "2000"),
        ({}, "invalid_request", "body.question"),
        ({"question": "x", "stream": "perhaps"}, "invalid_request", "body.stream"),
        ({"question": "x", "colour": "red"}, "invalid_request", "body.colour"),
        (
            {"question": "x", "where": {"published_from": "soon"}},
            "invalid_request",
            "published_from",
        ),
    ],
)
def test_a_bad_request_says_what_is_wrong(
    client: TestClient, body: dict[str, Any], kind: str, says: str
) -> None:
    reply = client.post("/v1/answers", json=body)
    assert reply.status_code == 422
    error = ErrorBody.model_validate(reply.json()).error
    assert error.type == kind
    assert says in error.message
    assert error.hint


def test_what_was_sent_is_not_repeated_in_an_error(client: TestClient) -> None:
    reply = client.post("/v1/answers", json={"question": {"deep": "my secret"}})
    assert "my secret" not in reply.text


def test_search_returns_slices_best_first(client: TestClient, scripted: BridgeAssistant) -> None:
    reply = client.post("/v1/search", json={"question": "Who felt sad about the ferry?", "k": 2})
    passages = reply.json()["passages"]
    assert len(passages) == 2
    assert passages[0]["article"]["title"] == "Ferry line ends"
    assert passages[0]["score"] >= passages[1]["score"]
    for passage in passages:
        text = scripted.article(passage["article"]["article_id"]).text
        assert text[passage["start"] : passage["end"]] == passage["text"]
    assert not scripted.model.calls


def test_search_checks_its_question(client: TestClient) -> None:
    assert client.post("/v1/search", json={"question": " "}).status_code == 422
    assert client.post("/v1/search", json={"question": "x", "k": 0}).status_code == 422


def test_a_request_id_is_kept_if_it_is_harmless(client: TestClient) -> None:
    reply = client.get("/healthz", headers={"X-Request-ID": "abc-1"})
    assert reply.headers["X-Request-ID"] == "abc-1"
    reply = client.get("/healthz", headers={"X-Request-ID": "a b\tc"})
    assert len(reply.headers["X-Request-ID"]) == 32


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/none"), ("PUT", "/v1/answers")])
def test_unknown_paths_and_methods_are_json_errors(
    client: TestClient, method: str, path: str
) -> None:
    reply = client.request(method, path)
    assert reply.status_code == 404
    error = ErrorBody.model_validate(reply.json()).error
    assert f"{method} {path}" in error.message
    assert "openapi.json" in error.hint


def test_a_large_body_is_refused(client: TestClient) -> None:
    reply = client.post("/v1/answers", content=b" " * 1_000_001)
    assert reply.status_code == 413
    reply = client.post("/v1/answers", content=iter([b" " * 600_000, b" " * 600_000]))
    assert reply.status_code == 413
    ErrorBody.model_validate(reply.json())
