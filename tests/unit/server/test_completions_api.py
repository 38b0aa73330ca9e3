"""The OpenAI-compatible door, as plain HTTP."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.server.api import ApiOptions, include_api
from assistant.server.api.schemas import AnswerBody, ErrorBody
from assistant.server.api.text import disarm, disarm_piece
from tests.support.serving import HEIGHT, HEIGHT_DRAFT, BridgeAssistant

USER = [{"role": "user", "content": HEIGHT}]


def ask(client: TestClient, **values: Any) -> Any:
    body = {"model": "article-assistant", "messages": USER} | values
    return client.post("/v1/chat/completions", json=body)


def chunks_of(text: str) -> list[dict[str, Any]]:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(
        chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]
    )


def test_a_completion_has_text_sources_citations_and_usage(client: TestClient) -> None:
    found = ask(client).json()
    message = found["choices"][0]["message"]
    assert message["role"] == "assistant"
    text, sources = message["content"].split("\n\nSources:\n")
    assert text == "The Marlow-2 bridge reached a height of 45 metres. [1]"
    assert sources.startswith("[1] “The Marlow-2 bridge reached")
    assert sources.endswith("— Marlow bridge opens, Gazette, 2020-03-04")
    assert found["choices"][0]["finish_reason"] == "stop"
    assert found["citations"][0]["quote"] in sources
    AnswerBody.model_validate(found["answer"])
    assert found["usage"]["total_tokens"] == (
        found["usage"]["prompt_tokens"] + found["usage"]["completion_tokens"]
    )


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("setting", "asked", "listed"),
    [
        ({}, {}, True),
        ({}, {"source_list": None}, True),
        ({}, {"source_list": False}, False),
        ({"source_list": False}, {}, False),
        ({"source_list": False}, {"source_list": True}, True),
    ],
)
def test_sources_are_listed_unless_the_setting_or_the_request_says_no(
    tmp_path: Path,
    template: Path,
    setting: dict[str, bool],
    asked: dict[str, bool | None],
    listed: bool,
    stream: bool,
) -> None:
    shutil.copytree(template, tmp_path / "data")
    with BridgeAssistant(tmp_path / "data", **setting) as assistant:
        app = FastAPI()
        include_api(app, assistant, ApiOptions.of(assistant.settings))
        reply = ask(TestClient(app), stream=stream, **asked)
    if stream:
        text = text_of(chunks_of(reply.text))
    else:
        text = reply.json()["choices"][0]["message"]["content"]
    assert text.startswith(HEIGHT_DRAFT)
    assert ("\n\nSources:\n[1] “The Marlow-2 bridge reached" in text) == listed
    assert ("Sources" in text) == listed


def test_a_stream_says_what_the_completion_says(client: TestClient) -> None:
    reply = ask(client, stream=True, stream_options={"include_usage": True})
    chunks = chunks_of(reply.text)
    whole = ask(client).json()
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    text = text_of(chunks)
    assert text == whole["choices"][0]["message"]["content"]
    last = chunks[-2]
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["citations"] == whole["citations"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == whole["usage"]
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_a_stream_shows_the_draft_only_when_asked(client: TestClient) -> None:
    def draft(**values: Any) -> str:
        chunks = chunks_of(ask(client, stream=True, **values).text)
        return "".join(
            chunk["choices"][0]["delta"].get("reasoning_content", "") for chunk in chunks
        )

    assert draft() == ""
    shown = draft(draft=True)
    assert shown.split() == "The Marlow-2 bridge reached a height of 45 metres. [1]".split()


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_draft_shows_no_link_or_image_wherever_it_is_cut(cut: int) -> None:
    for text in ("![x](http://evil/x.png)", "a <img src=//e>", "[x][y] </b>"):
        shown = disarm_piece(text[:cut]) + disarm_piece(text[cut:])
        assert not re.search(r"\][(\[]|<[A-Za-z/!]", shown)
    assert "<img" not in disarm("<img src=http://evil>")
    assert disarm("3 < 4, cited [1].") == "3 < 4, cited [1]."


def test_a_refusal_is_the_text(client: TestClient) -> None:
    messages = [{"role": "user", "content": "What of the Marlow-3?"}]
    found = ask(client, messages=messages).json()
    assert found["choices"][0]["message"]["content"] == found["answer"]["refusal"]["message"]
    chunks = chunks_of(ask(client, messages=messages, stream=True).text)
    assert any("Marlow-3" in chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def test_earlier_messages_are_turns_without_their_sources(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "What is the Marlow-2?"},
        {"role": "assistant", "content": "A bridge. [1]\n\nSources:\n[1] “…” — secret list"},
        {"role": "user", "content": [{"type": "text", "text": "And how high is it?"}]},
    ]
    found = ask(client, messages=messages).json()
    assert "Marlow-2" in found["answer"]["rewritten"]
    read = str(scripted.model.calls)
    assert "secret list" not in read
    assert "pirate" not in read


@pytest.mark.parametrize(
    ("values", "status", "param"),
    [
        ({"model": "gpt-9"}, 404, "model"),
        ({"messages": []}, 422, "body.messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, "messages"),
        ({"messages": [*USER, {"role": "assistant", "content": "x"}]}, 400, "messages"),
        ({"n": 2}, 400, "n"),
        ({"tools": [{"type": "function"}]}, 400, "tools"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            400,
            "messages.0.content",
        ),
        ({"messages": [{"role": "user", "content": None}]}, 422, None),
    ],
)
def test_what_cannot_be_done_is_said(
    client: TestClient, values: dict[str, Any], status: int, param: str | None
) -> None:
    reply = ask(client, **values)
    assert reply.status_code == status
    error = ErrorBody.model_validate(reply.json()).error
    assert error.param == param
    assert error.message
    assert error.hint


def test_usual_parameters_are_accepted(client: TestClient) -> None:
    values = {"temperature": 0.7, "max_tokens": 9, "top_p": 1, "user": "me", "seed": 3, "n": 1}
    assert ask(client, **values, response_format={"type": "text"}, tools=[]).status_code == 200


def test_the_model_is_listed(client: TestClient) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert model["id"] == "article-assistant"
    assert client.get("/v1/models/article-assistant").json() == model
    assert client.get("/v1/models/gpt-9").status_code == 404


def test_links_and_images_of_an_article_do_not_survive_as_markdown(
    client: TestClient, scripted: BridgeAssistant
) -> None:
    story = b"Falcon\n\nThe Falcon-4 costs 90 euros ![x](http://evil.example/p.png) in Marlow."
    client.post("/v1/articles", files={"file": ("a.txt", story)})
    scripted.draft = lambda: "The Falcon-4 costs 90 euros ![x](http://evil.example/p.png). [1]"
    messages = [{"role": "user", "content": "What does the Falcon-4 cost?"}]
    text = ask(client, messages=messages).json()["choices"][0]["message"]["content"]
    assert "90 euros" in text
    assert "evil.example" in text
    assert "](" not in text
