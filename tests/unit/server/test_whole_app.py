"""The API beside the web chat, behind the guards of both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.server.api.schemas import ErrorBody
from assistant.server.app import _following, create_app
from assistant.server.keys import KeyStore
from assistant.server.options import ServeOptions
from tests.support.serving import HEIGHT, BridgeAssistant

ASK = {"question": HEIGHT}


@contextmanager
def serving(assistant: BridgeAssistant, options: ServeOptions) -> Iterator[TestClient]:
    """Serve the whole app. Built outside of an event loop, Gradio makes one and leaves it open."""

    async def build() -> FastAPI:
        return create_app(assistant, options)

    with TestClient(asyncio.run(build()), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def whole(scripted: BridgeAssistant, tmp_path: Path) -> Iterator[TestClient]:
    with serving(scripted, ServeOptions(runs=tmp_path)) as client:
        yield client


def test_api_and_web_share_one_app(whole: TestClient) -> None:
    assert whole.get("/healthz").json()["status"] == "ok"
    assert "45 metres" in whole.post("/v1/answers", json=ASK).json()["text"]
    assert "text/html" in whole.get("/").headers["content-type"]
    ErrorBody.model_validate(whole.get("/v1/none").json())
    assert "/v1/answers" in whole.get("/openapi.json").json()["paths"]


def test_the_page_offers_the_file_of_an_article(
    whole: TestClient, scripted: BridgeAssistant
) -> None:
    (ferry, _) = scripted.articles()
    assert b"source: Courier" in whole.get(f"/originals/{ferry.article_id}").content
    assert whole.get("/originals/none").status_code == 404
    assert whole.get("/originals/..%2f..%2fkeys.json").status_code == 404


def test_an_article_of_more_than_a_message_passes_the_guard_of_the_web(
    whole: TestClient, scripted: BridgeAssistant
) -> None:
    page = "<html><head><title>Kestrel</title></head><body><p>The Kestrel-9 flew.</p>"
    page += "<!--" + "x" * 1_500_000 + "--></body></html>"
    reply = whole.post("/v1/articles", files={"file": ("kestrel.html", page.encode())})
    assert reply.status_code == 201, reply.text
    assert "The Kestrel-9 flew." in scripted.article(reply.json()["added"][0]).text


def test_pages_of_other_sites_and_unknown_hosts_are_refused(whole: TestClient) -> None:
    for origin in ("https://evil.example", "http://[", "null"):
        reply = whole.post("/v1/answers", json=ASK, headers={"Origin": origin})
        assert reply.status_code == 403
        assert ErrorBody.model_validate(reply.json()).error.type == "foreign_origin"
        assert reply.headers["X-Request-ID"]
        reply = whole.post("/gradio_api/queue/join", json={}, headers={"Origin": origin})
        assert reply.status_code == 403
    reply = whole.post("/v1/answers", json=ASK, headers={"Host": "evil.example"})
    assert reply.status_code == 400


def test_a_page_of_another_site_may_use_a_key(whole: TestClient, scripted: BridgeAssistant) -> None:
    key = KeyStore(scripted.settings.keys_path).create("page", ["ask"])[1]
    headers = {"Origin": "https://friend.example", "Authorization": f"Bearer {key}"}
    assert whole.post("/v1/answers", json=ASK, headers=headers).status_code == 200


def test_where_people_log_in_programs_need_a_key(scripted: BridgeAssistant, tmp_path: Path) -> None:
    options = ServeOptions(runs=tmp_path, user_header="X-User")
    with serving(scripted, options) as client:
        assert client.post("/v1/answers", json=ASK).status_code == 401
        named = {"X-User": "ines"}
        assert client.post("/v1/answers", json=ASK, headers=named).status_code == 401
        _, key = KeyStore(scripted.settings.data_dir / "keys.json").create("program", ["ask"])
        headers = {"Authorization": f"Bearer {key}"}
        assert client.post("/v1/answers", json=ASK, headers=headers).status_code == 200
        assert client.get("/", headers={"accept": "application/json"}).status_code == 401


async def test_the_index_follows_again_after_an_error_that_nobody_foresaw(
    scripted: BridgeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def refresh() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise RecursionError("too deep")

    monkeypatch.setattr(scripted, "refresh", refresh)
    monkeypatch.setattr("assistant.server.app._LOOKS_EVERY_S", 0.01)
    async with _following(scripted):
        while len(looks) < 3:
            await asyncio.sleep(0.01)
