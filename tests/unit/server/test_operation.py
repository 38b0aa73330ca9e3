"""Health, counters and logs."""

from __future__ import annotations

import re

import pytest
import structlog
from starlette.testclient import TestClient

from tests.support.serving import HEIGHT, BridgeAssistant, make_app

MISSING = "What of the Marlow-3?"


def metric(text: str, name: str) -> float:
    (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(value)


def test_ready_means_that_the_index_can_be_read(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    assert client.get("/readyz").json()["status"] == "ready"
    scripted.index.close()
    for pointer in scripted.settings.index_path.rglob("CURRENT"):
        pointer.unlink()
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert "ingest" in reply.json()["detail"]
    assert client.get("/healthz").status_code == 200


def test_counters_tell_of_requests_stages_tokens_refusals_and_verdicts(client: TestClient) -> None:
    client.post("/v1/answers", json={"question": HEIGHT})
    client.post("/v1/answers", json={"question": MISSING})
    client.get("/v1/articles/hidden")
    client.get("/v1/nowhere/secret")
    text = client.get("/metrics").text
    requests = 'assistant_requests_total{method="POST",route="/v1/answers",status="200"}'
    assert metric(text, requests) == 2
    assert metric(text, 'assistant_answers_total{outcome="answered"}') == 1
    assert metric(text, 'assistant_answers_total{outcome="refused"}') == 1
    assert metric(text, 'assistant_refusals_total{code="missing_terms"}') == 1
    assert metric(text, 'assistant_verdicts_total{shown="yes",verdict="supported"}') == 1
    assert metric(text, 'assistant_tokens_total{kind="completion"}') > 5
    for stage, count in [("queue", 2), ("retrieve", 2), ("draft", 1), ("verify", 1), ("total", 2)]:
        assert metric(text, f'assistant_stage_seconds_count{{stage="{stage}"}}') == count
    assert metric(text, "assistant_queue_running") == 0
    assert "hidden" not in text
    assert "secret" not in text


@pytest.mark.parametrize("told", [True, False])
def test_the_log_holds_questions_only_when_told_to(scripted: BridgeAssistant, told: bool) -> None:
    with (
        TestClient(make_app(scripted, log_questions=told)) as client,
        structlog.testing.capture_logs(
            processors=[structlog.contextvars.merge_contextvars]
        ) as lines,
    ):
        client.post("/v1/answers", json={"question": HEIGHT}, headers={"X-Request-ID": "number-1"})
        client.get("/healthz")
    assert ("Marlow" in str(lines)) == told
    question, request = lines
    assert question["event"] == "question"
    assert question["outcome"] == "answered"
    assert question["question_chars"] == len(HEIGHT)
    assert (request["route"], request["status"]) == ("/v1/answers", 200)
    assert question["request_id"] == request["request_id"] == "number-1"
