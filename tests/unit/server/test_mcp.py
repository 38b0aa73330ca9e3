"""The MCP server, spoken to by the official client, in this process and over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from assistant.server import mcp
from assistant.server.api import Api, ApiOptions, include_api
from assistant.server.api.schemas import AnswerBody, ArticleBody, ArticlesBody, SearchBody
from assistant.server.mcp import build_server, include_mcp, mcp_lifespan
from tests.support.serving import BRIDGE_TEXT, HEIGHT, BridgeAssistant, article_of


@pytest.fixture
def api(scripted: BridgeAssistant) -> Api:
    return Api.of(scripted, ApiOptions(scripted.settings.data_dir / "keys.json"))


async def test_the_tools_are_listed_with_their_schemas(api: Api) -> None:
    async with Client(build_server(api)) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {"ask", "search", "get_article", "list_articles"}
    for tool in tools.values():
        assert tool.description
        assert tool.output_schema
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
    assert tools["ask"].input_schema["required"] == ["question"]


async def test_ask_gives_text_with_sources_and_the_whole_answer(api: Api) -> None:
    heard: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message)

    async with Client(build_server(api)) as client:
        result = await client.call_tool("ask", {"question": HEIGHT}, progress_callback=hear)
        refused = await client.call_tool("ask", {"question": "What of the Marlow-3?"})
    assert not result.is_error
    assert "45 metres. [1]\n\nSources:\n[1] “The Marlow-2" in result.content[0].text
    answer = AnswerBody.model_validate(result.structured_content)
    assert answer.statements[0].support.verdict == "supported"
    assert heard == ["evidence found", "statement verified"]
    assert AnswerBody.model_validate(refused.structured_content).refusal is not None
    assert api.admission.running == 0


async def test_search_and_articles(api: Api, scripted: BridgeAssistant) -> None:
    known = article_of(scripted, "Marlow bridge opens")
    async with Client(build_server(api)) as client:
        found = await client.call_tool("search", {"question": "ferry sad", "limit": 1})
        listed = await client.call_tool("list_articles", {})
        article = await client.call_tool("get_article", {"article_id": known.id[:6]})
        only = await client.call_tool("search", {"question": "height", "sources": ["Courier"]})
    passages = SearchBody.model_validate(found.structured_content).passages
    assert [item.article.title for item in passages] == ["Ferry line ends"]
    assert ArticlesBody.model_validate(listed.structured_content).total == 2
    assert known.id in listed.content[0].text
    assert ArticleBody.model_validate(article.structured_content).text == BRIDGE_TEXT
    filtered = SearchBody.model_validate(only.structured_content).passages
    assert {item.article.source for item in filtered} == {"Courier"}


async def test_errors_are_readable_for_a_model(api: Api) -> None:
    async with Client(build_server(api)) as client:
        for name, arguments, says in [
            ("ask", {"question": " "}, "empty"),
            ("get_article", {"article_id": "zzz"}, "No article has the id"),
            ("search", {"question": "x", "limit": 0}, "limit"),
        ]:
            result = await client.call_tool(name, arguments)
            assert result.is_error, name
            assert says in result.content[0].text


async def test_a_long_list_of_resources_comes_in_parts(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp, "_LISTED", 1)
    async with Client(build_server(api)) as client:
        first = await client.list_resources()
        assert first.next_cursor is not None
        second = await client.list_resources(cursor=first.next_cursor)
        assert second.next_cursor is None
        names = [item.name for item in (*first.resources, *second.resources)]
        assert sorted(names) == ["Ferry line ends", "Marlow bridge opens"]
        for wrong in ("-1", "1e3", "٣", "9" * 40):
            with pytest.raises(MCPError, match="cursor"):
                await client.list_resources(cursor=wrong)


async def test_articles_are_resources_as_they_are_now(api: Api, scripted: BridgeAssistant) -> None:
    known = article_of(scripted, "Marlow bridge opens")
    async with Client(build_server(api), cache=None) as client:
        resources = (await client.list_resources()).resources
        assert {item.name for item in resources} == {"Marlow bridge opens", "Ferry line ends"}
        (uri,) = [item.uri for item in resources if item.name == "Marlow bridge opens"]
        content = (await client.read_resource(uri)).contents[0]
        assert content.text == BRIDGE_TEXT
        scripted.remove(known.id)
        assert len((await client.list_resources()).resources) == 1
        with pytest.raises(MCPError, match="No article"):
            await client.read_resource(uri)


@asynccontextmanager
async def over_http(
    scripted: BridgeAssistant, *, key: str | None = None
) -> AsyncIterator[httpx2.AsyncClient]:
    """Speak HTTP to an app in this process."""
    app = FastAPI()
    include_api(app, scripted, ApiOptions(scripted.settings.data_dir / "keys.json"))
    include_mcp(app)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        mcp_lifespan(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://localhost", headers=headers
        ) as client,
    ):
        yield client


async def test_the_same_over_http(scripted: BridgeAssistant) -> None:
    async with over_http(scripted) as http:
        transport = streamable_http_client("http://localhost/mcp", http_client=http)
        async with Client(transport) as client:
            assert len((await client.list_tools()).tools) == 4
            result = await client.call_tool("ask", {"question": HEIGHT})
        assert "45 metres" in result.content[0].text
        text = (await http.get("/metrics")).text
        assert 'assistant_answers_total{outcome="answered"} 1.0' in text


async def test_a_key_is_needed_over_http_as_well(scripted: BridgeAssistant) -> None:
    from assistant.server.keys import KeyStore

    store = KeyStore(scripted.settings.data_dir / "keys.json")
    _, reader = store.create("reader", ["ask"])
    _, editor = store.create("editor", ["manage"])
    for key, status in [(None, 401), ("wrong", 401), (editor, 403)]:
        async with over_http(scripted, key=key) as http:
            reply = await http.post("/mcp", json={})
            assert reply.status_code == status
            assert reply.json()["error"]["hint"]
    async with over_http(scripted, key=reader) as http:
        transport = streamable_http_client("http://localhost/mcp", http_client=http)
        async with Client(transport) as client:
            assert len((await client.list_tools()).tools) == 4
