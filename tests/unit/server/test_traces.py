"""What a collector is told of requests and questions: stages and counts, and no text."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from langchain_core.exceptions import ModelError
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.testclient import TestClient

from assistant.errors import ExtraMissingError, SettingsError
from assistant.settings import load_settings
from assistant.tracing.recording import Tracing
from assistant.types import Token
from tests.support.serving import HEIGHT, BridgeAssistant, make_app

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TEXT_OF_ALL = ("Marlow", "height", "metres", "bridge", "Gazette", "Pell", "council", "ferry")

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")


class Traced:
    """An assistant whose spans stay in memory."""

    def __init__(self, folder: Path, **values: object) -> None:
        self.exporter = InMemorySpanExporter()
        tracing = Tracing(SimpleSpanProcessor(self.exporter))
        self.assistant = BridgeAssistant(folder, tracing=tracing, **values)

    @property
    def spans(self) -> list[ReadableSpan]:
        """In the order in which they began."""
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def tree(self) -> list[str]:
        """Return the names, each indented below its parent's."""
        depths: dict[int, int] = {}
        lines = []
        for span in self.spans:
            depth = depths.get(span.parent.span_id, -1) + 1 if span.parent else 0
            depths[span.context.span_id] = depth
            lines.append("  " * depth + span.name)
        return lines

    def named(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found


Make = Callable[..., Traced]


@pytest.fixture
def make(tmp_path: Path, template: Path) -> Iterator[Make]:
    made: list[Traced] = []

    def build(**values: object) -> Traced:
        folder = tmp_path / str(len(made))
        shutil.copytree(template, folder)
        made.append(Traced(folder, **values))
        return made[-1]

    yield build
    for traced in made:
        traced.assistant.close()


def test_a_request_is_the_root_of_its_stages_though_they_run_in_another_thread(make: Make) -> None:
    traced = make()
    with TestClient(make_app(traced.assistant)) as client:
        headers = {"X-Request-ID": "mine-1", "traceparent": f"00-{TRACE}-{CALLER}-01"}
        reply = client.post("/v1/answers", json={"question": HEIGHT}, headers=headers)
        assert "45 metres" in reply.json()["text"]
    assert traced.tree() == [
        "POST /v1/answers",
        "  queue",
        "  answer",
        "    retrieve",
        "      embeddings fake",
        "      search",
        "        search dense",
        "        search lexical",
        "      select evidence",
        "        rerank",
        "    weigh evidence",
        "    chat unknown",
        "    verify",
        "      chat unknown",
    ]
    root = traced.named("POST /v1/answers")
    assert root.kind == SpanKind.SERVER
    assert root.parent is not None
    assert (root.parent.trace_id, root.parent.span_id) == (int(TRACE, 16), int(CALLER, 16))
    assert dict(root.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/answers",
        "http.response.status_code": 200,
        "assistant.request_id": "mine-1",
    }
    assert {span.context.trace_id for span in traced.spans} == {int(TRACE, 16)}
    assert root.resource.attributes["service.name"] == "article-assistant"


def test_a_call_of_the_chat_model_says_its_tokens_by_the_conventions(make: Make) -> None:
    traced = make()
    answer = traced.assistant.ask(HEIGHT)
    draft, witness = [span for span in traced.spans if span.name == "chat unknown"]
    facts = dict(draft.attributes or {})
    assert facts.pop("gen_ai.response.time_to_first_chunk") >= 0
    assert facts["gen_ai.operation.name"] == "chat"
    assert facts["gen_ai.provider.name"] == "scriptedchatmodel"
    assert facts["gen_ai.request.max_tokens"] == traced.assistant.settings.answer_tokens
    tokens = [
        sum(
            int((span.attributes or {})[f"gen_ai.usage.{kind}_tokens"]) for span in (draft, witness)
        )  # type: ignore[arg-type]
        for kind in ("input", "output")
    ]
    assert tokens == [answer.usage.prompt_tokens, answer.usage.completion_tokens]
    assert draft.kind == SpanKind.CLIENT


@pytest.mark.parametrize("draft", ["The Marlow-2 bridge reached a height of 45 metres. [1]", "No."])
def test_no_span_has_text_of_the_question_or_of_an_article(make: Make, draft: str) -> None:
    traced = make()
    traced.assistant.draft = lambda: draft
    with TestClient(make_app(traced.assistant)) as client:
        turns = [{"question": "What is the Marlow-2?", "answer": "A bridge."}]
        client.post("/v1/answers", json={"question": "And how high is it?", "turns": turns})
        client.post("/v1/search", json={"question": HEIGHT})
        client.get("/v1/Marlow")
        traced.assistant.model.fails_with = ModelError("the prompt was: Marlow")
        assert client.post("/v1/answers", json={"question": HEIGHT}).status_code == 502
    assert "    rewrite" in traced.tree()
    text = "".join(span.to_json() for span in traced.spans)
    assert len(traced.spans) > 20
    assert not [word for word in TEXT_OF_ALL if word in text]


def test_the_setting_that_lets_the_log_hold_questions_lets_spans_as_well(make: Make) -> None:
    traced = make(log_questions=True)
    turns = [{"question": "What is the Marlow-2?", "answer": "A bridge."}]
    with TestClient(make_app(traced.assistant)) as client:
        client.post("/v1/answers", json={"question": "And how high is it?", "turns": turns})
    facts = traced.named("answer").attributes or {}
    assert facts["assistant.question"] == "And how high is it?"
    assert facts["assistant.question.rewritten"] == "And how high is it? (What is the Marlow-2?)"
    assert facts["assistant.outcome"] == "answered"


def test_a_failure_is_marked_in_each_stage_that_it_ended(make: Make) -> None:
    traced = make()
    traced.assistant.model.fails_with = ModelError("broken")
    with TestClient(make_app(traced.assistant)) as client:
        client.post("/v1/answers", json={"question": HEIGHT})
    failed = {
        span.name: (span.attributes or {})["error.type"]
        for span in traced.spans
        if span.status.status_code == StatusCode.ERROR
    }
    assert failed == {
        "POST /v1/answers": "502",
        "answer": "ModelServerError",
        "chat unknown": "ModelError",
    }


def test_a_reader_that_stops_closes_the_spans_and_leaves_none_behind(make: Make) -> None:
    traced = make()
    events = traced.assistant.stream(HEIGHT)
    for event in events:
        if isinstance(event, Token):
            break
    other = traced.assistant.search("ferry")  # in the middle of it, and not a part of it
    assert other
    events.close()  # type: ignore[attr-defined]
    assert "chat unknown" in [line.strip() for line in traced.tree()]
    assert traced.named("answer").status.status_code == StatusCode.UNSET
    roots = [span.name for span in traced.spans if span.parent is None]
    assert roots == ["answer", "search"]


def test_probes_and_unknown_paths_do_not_fill_the_collector(make: Make) -> None:
    traced = make()
    with TestClient(make_app(traced.assistant)) as client:
        for path in ("/healthz", "/readyz", "/metrics", "/v1/secret-of-mine"):
            client.get(path)
    assert traced.tree() == ["GET /v1/{rest:path}"]


def test_each_assistant_has_spans_of_its_own(make: Make) -> None:
    one, other = make(), make()
    events = one.assistant.stream(HEIGHT)
    next(events)
    other.assistant.ask(HEIGHT)
    list(events)
    assert one.tree() == other.tree()
    assert one.tree().count("answer") == 1


def test_without_the_setting_nothing_is_imported(tmp_path: Path, template: Path) -> None:
    code = (
        "import sys; from assistant import load_settings\n"
        "from assistant.tracing import open_tracing, span\n"
        "assert open_tracing(load_settings()) is None\n"
        "with span('x') as here: here.set_attribute('a', 1)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_the_extra_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    from assistant.tracing import open_tracing

    for name in ("assistant.tracing.recording", "opentelemetry.exporter.otlp.proto.http"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ExtraMissingError, match=r"article-assistant\[tracing\]"):
        open_tracing(load_settings(trace_to="http://localhost:4318"))


@pytest.mark.parametrize(
    "url", ["collector:4318", "http://", "http://ann:hush@c", "https://c/?k=hush"]
)
def test_a_wrong_address_of_a_collector_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="trace_to") as caught:
        load_settings(trace_to=url)
    assert "hush" not in str(caught.value)
