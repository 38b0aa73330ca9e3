"""The server used by official clients."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import httpx
import pytest
from langchain_openai import ChatOpenAI
from mcp import Client, StdioServerParameters
from openai import NotFoundError, OpenAI
from pydantic import SecretStr

from assistant import Assistant
from tests.integration.server.conftest import ADDRESS, HEIGHT, MISSING
from tests.support.server_process import Served, environment

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_the_openai_client_completes_a_chat(openai: OpenAI) -> None:
    assert [model.id for model in openai.models.list()] == ["article-assistant"]
    reply = openai.chat.completions.create(
        model="article-assistant", messages=[{"role": "user", "content": HEIGHT}]
    )
    text = reply.choices[0].message.content or ""
    assert "4,500 kilometres" in text
    assert "Sources:\n[1] “The Hwasong-15 missile reached" in text
    assert reply.usage is not None
    assert reply.usage.completion_tokens > 5
    (citation,) = reply.model_extra["citations"]  # type: ignore[index]
    assert (citation["start"], citation["end"]) == (771, 867)


def test_the_openai_client_reads_a_stream(openai: OpenAI) -> None:
    stream = openai.chat.completions.create(
        model="article-assistant",
        messages=[{"role": "user", "content": HEIGHT}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text, usage, citations = "", None, None
    for chunk in stream:
        usage = chunk.usage or usage
        citations = (chunk.model_extra or {}).get("citations", citations)
        for choice in chunk.choices:
            text += choice.delta.content or ""
    assert "4,500 kilometres" in text
    assert "Sources:" in text
    assert usage is not None
    assert citations[0]["number"] == 1


def test_the_openai_client_understands_refusals_and_errors(openai: OpenAI) -> None:
    reply = openai.chat.completions.create(
        model="article-assistant", messages=[{"role": "user", "content": MISSING}]
    )
    assert reply.choices[0].message.content == "No article mentions “Hwasong-14”."
    with pytest.raises(NotFoundError, match="no model of that name"):
        openai.chat.completions.create(
            model="gpt-9", messages=[{"role": "user", "content": HEIGHT}]
        )


def test_langchain_invokes_and_streams(served: Served) -> None:
    with httpx.Client(trust_env=False) as client:
        model = ChatOpenAI(
            model="article-assistant",
            base_url=f"{ADDRESS}/v1",
            api_key=SecretStr("not-needed"),
            http_client=client,
        )
        assert "4,500 kilometres" in model.invoke(HEIGHT).text
        pieces = [chunk.text for chunk in model.stream(HEIGHT)]
    assert "4,500 kilometres" in "".join(pieces)
    assert len([piece for piece in pieces if piece]) >= 2


def test_events_come_while_the_model_writes(http: httpx.Client) -> None:
    with http.stream("POST", "/v1/answers", json={"question": HEIGHT, "stream": True}) as reply:
        names = [
            (line.removeprefix("event: "), time.monotonic())
            for line in reply.iter_lines()
            if line.startswith("event: ")
        ]
    order = [name for name, _ in names]
    assert order[0] == "retrieved"
    assert order[-2:] == ["verified", "finished"]
    assert order.count("token") > 5
    assert names[-1][1] - names[0][1] > 0.2


async def test_the_mcp_client_uses_the_tools_over_http(served: Served) -> None:
    async with Client(f"{ADDRESS}/mcp") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"ask", "search", "get_article", "list_articles"}
        result = await client.call_tool("ask", {"question": HEIGHT})
        assert "4,500 kilometres" in result.content[0].text
        (resource,) = (await client.list_resources()).resources
        content = (await client.read_resource(resource.uri)).contents[0]
    citation = result.structured_content["citations"][0]
    assert content.text[citation["start"] : citation["end"]] == citation["quote"]


async def test_the_mcp_client_uses_the_tools_over_stdio(
    assistant: Assistant, data_dir: Path, tmp_path: Path
) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "assistant", "mcp"],
        env=environment(data_dir),
        cwd=tmp_path,
    )
    async with Client(server) as client:
        result = await client.call_tool("search", {"question": HEIGHT, "limit": 1})
        assert "Hwasong-15" in result.content[0].text
        result = await client.call_tool("ask", {"question": HEIGHT})
        assert "4,500 kilometres" in result.content[0].text
