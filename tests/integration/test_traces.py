"""Traces of a real `assistant serve` at a real collector, and of one that is not there."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import httpx
import pytest

from assistant import Assistant
from tests.support.chroma import free_port
from tests.support.server_process import Served

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

from assistant.tracing.recording import Tracing, sending_to
from tests.support.collector import Collector

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]

HEIGHT = "What height did the Hwasong-15 reach?"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


def ask(served: Served, **headers: str) -> float:
    began = time.monotonic()
    reply = httpx.post(
        f"{served.address}/v1/answers",
        json={"question": HEIGHT},
        headers=headers,
        timeout=120,
        trust_env=False,
    )
    assert "4,500" in reply.json()["text"]
    return time.monotonic() - began


def test_a_collector_gets_the_stages_of_a_request_and_its_absence_costs_nothing(
    assistant: Assistant, data_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(data_dir, tmp_path / "data")
    collector = Collector()
    served = Served.start(
        tmp_path / "data",
        tmp_path,
        port=free_port(),
        ASSISTANT_TRACE_TO=collector.url,
        OTEL_BSP_SCHEDULE_DELAY="300",
    )
    try:
        took = ask(served, traceparent=f"00-{TRACE}-{CALLER}-01", **{"X-Request-ID": "mine-1"})
        until = time.monotonic() + 20
        while "POST /v1/answers" not in {span.name for span in collector.spans}:
            assert time.monotonic() < until
            time.sleep(0.05)
        check_spans(collector)

        collector.close()
        assert ask(served) < took + 5
        time.sleep(1)
        ended = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(60) == 0
        assert time.monotonic() - ended < 15
    finally:
        served.process.kill()
        served.process.wait()
        collector.close()
    complaints = [line for line in served.log if "collector" in line]
    assert len(complaints) == 1, served.log
    assert "does not take them" in complaints[0]
    assert "Traceback" not in "".join(served.log)


def check_spans(collector: Collector) -> None:
    assert collector.services == {"article-assistant"}
    spans = {span.span_id: span for span in collector.spans}
    (root,) = [span for span in spans.values() if span.name == "POST /v1/answers"]
    assert root.parent_span_id == bytes.fromhex(CALLER)
    assert {span.trace_id for span in spans.values()} == {bytes.fromhex(TRACE)}

    def path(name: str) -> list[str]:
        span = next(span for span in spans.values() if span.name == name)
        names = [span.name]
        while span.parent_span_id in spans:
            span = spans[span.parent_span_id]
            names.append(span.name)
        return names[::-1]

    assert path("search dense") == [
        "POST /v1/answers",
        "answer",
        "retrieve",
        "search",
        "search dense",
    ]
    assert path("rerank") == ["POST /v1/answers", "answer", "retrieve", "select evidence", "rerank"]
    assert path("verify") == ["POST /v1/answers", "answer", "verify"]
    model = "chat qwen2.5-coder-1.5b-instruct"
    draft, witness = sorted(
        (span for span in spans.values() if span.name == model),
        key=lambda span: span.start_time_unix_nano,
    )
    assert spans[draft.parent_span_id].name == "answer"
    assert spans[witness.parent_span_id].name == "verify"
    facts = {item.key: item.value for item in draft.attributes}
    assert facts["gen_ai.usage.output_tokens"].int_value > 5
    assert facts["gen_ai.usage.input_tokens"].int_value > 500
    assert facts["gen_ai.usage.cache_read.input_tokens"].int_value > 300
    assert facts["gen_ai.response.time_to_first_chunk"].double_value > 0
    assert facts["gen_ai.response.finish_reasons"].array_value.values[0].string_value == "stop"
    everything = "".join(str(span) for span in spans.values())
    assert "Hwasong" not in everything
    assert "4,500" not in everything
    requested = {item.key: item.value for item in root.attributes}
    assert requested["assistant.request_id"].string_value == "mine-1"


@pytest.mark.parametrize("silent", [True, False], ids=["silent", "gone"])
def test_the_end_does_not_wait_long_for_a_collector_that_does_not_answer(silent: bool) -> None:
    with Collector(silent=silent) as collector:
        if not silent:
            collector.close()
        tracing = Tracing(sending_to(collector.url))
        began = time.monotonic()
        for _ in range(3000):  # more than are kept
            with tracing.step("a step", {}):
                pass
        assert time.monotonic() - began < 3
        tracing.close()
        assert time.monotonic() - began < 9
        if silent:
            assert collector.received.is_set()
