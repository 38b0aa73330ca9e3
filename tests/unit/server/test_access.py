"""Keys, scopes and foreign pages."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.errors import SettingsError, UserError
from assistant.server.api.schemas import ErrorBody
from assistant.server.keys import KeyStore
from tests.support.serving import HEIGHT, BridgeAssistant, make_app

FILE = {"file": ("a.txt", b"Lark\n\nThe Lark-2 was sold.")}


@pytest.fixture
def keys(scripted: BridgeAssistant) -> KeyStore:
    return KeyStore(scripted.settings.data_dir / "keys.json")


@pytest.fixture
def strict(scripted: BridgeAssistant) -> Iterator[TestClient]:
    with TestClient(make_app(scripted, keys_required=True)) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def kind_of(reply: object) -> str:
    return ErrorBody.model_validate(reply.json()).error.type  # type: ignore[attr-defined]


def test_a_key_is_kept_as_a_digest_in_a_private_file(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys.json")
    key, whole = store.create("laptop", ["ask"])
    text = store.path.read_text()
    assert whole not in text
    assert whole.rsplit("_", 1)[-1] not in text
    assert key.digest in text
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_store_notices_what_another_wrote(tmp_path: Path) -> None:
    one, other = KeyStore(tmp_path / "keys.json"), KeyStore(tmp_path / "keys.json")
    assert not other.required()
    key, whole = one.create("laptop", ["manage", "ask"])
    assert other.find(whole) == key
    assert key.scopes == ("ask", "manage")
    one.revoke(key.id)
    assert other.find(whole) is None
    assert other.required()
    with pytest.raises(UserError, match="No key"):
        one.revoke("0000")


def test_a_damaged_file_is_an_error_and_not_an_open_door(tmp_path: Path) -> None:
    store = KeyStore(tmp_path / "keys.json")
    store.path.write_text("{")
    with pytest.raises(SettingsError, match="list of keys"):
        store.required()


@pytest.mark.parametrize("given", ["", "x", "aa_00000000_" + "a" * 43, "aa_", "é" * 50, "\u0661"])
def test_what_is_no_key_is_not_found(tmp_path: Path, given: str) -> None:
    store = KeyStore(tmp_path / "keys.json")
    store.create("laptop", ["ask"])
    assert store.find(given) is None


def test_without_keys_the_api_is_open_to_this_machine(client: TestClient) -> None:
    assert client.get("/v1/articles").status_code == 200
    # Clients of OpenAI always send a key.
    assert client.get("/v1/models", headers=bearer("not-needed")).status_code == 200


def test_from_the_first_key_on_a_key_is_needed(client: TestClient, keys: KeyStore) -> None:
    key, whole = keys.create("laptop", ["ask"])
    reply = client.get("/v1/articles")
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert kind_of(reply) == "missing_key"
    assert kind_of(client.get("/v1/articles", headers=bearer("wrong"))) == "unknown_key"
    assert client.get("/v1/articles", headers=bearer(whole)).status_code == 200
    keys.revoke(key.id)
    assert client.get("/v1/articles", headers=bearer(whole)).status_code == 401
    assert client.get("/v1/articles").status_code == 401


def test_a_server_that_others_reach_needs_a_key_before_there_is_one(strict: TestClient) -> None:
    assert strict.post("/v1/answers", json={"question": HEIGHT}).status_code == 401
    assert strict.get("/metrics").status_code == 401
    assert strict.get("/healthz").status_code == 200
    assert strict.get("/readyz").status_code == 200


def test_scopes_divide_asking_from_managing(
    client: TestClient, scripted: BridgeAssistant, keys: KeyStore
) -> None:
    asks = bearer(keys.create("reader", ["ask"])[1])
    manages = bearer(keys.create("editor", ["manage"])[1])
    known = scripted.articles()[0].article_id
    question = {"question": HEIGHT}
    assert client.post("/v1/answers", json=question, headers=asks).status_code == 200
    assert kind_of(client.post("/v1/articles", files=FILE, headers=asks)) == "missing_scope"
    assert client.delete(f"/v1/articles/{known}", headers=asks).status_code == 403
    assert client.post("/v1/articles", files=FILE, headers=manages).status_code == 201
    assert client.post("/v1/answers", json=question, headers=manages).status_code == 403


def test_every_route_of_the_document_is_closed_but_the_two_of_health(strict: TestClient) -> None:
    document = strict.get("/openapi.json").json()
    open_routes = set()
    for path, methods in document["paths"].items():
        for method in methods:
            reply = strict.request(method, path.replace("{", "").replace("}", ""))
            if reply.status_code != 401:
                open_routes.add(path)
    assert open_routes == {"/healthz", "/readyz"}


def test_a_page_of_another_site_may_not_use_an_open_server(client: TestClient) -> None:
    reply = client.post("/v1/articles", files=FILE, headers={"Origin": "https://evil.example"})
    assert reply.status_code == 403
    assert kind_of(reply) == "foreign_origin"
    assert client.get("/v1/articles").json()["total"] == 2
    reply = client.get("/v1/articles", headers={"Origin": "http://testserver"})
    assert reply.status_code == 200


def test_a_damaged_key_file_closes_the_server(client: TestClient, keys: KeyStore) -> None:
    keys.path.write_text(json.dumps([{"id": 1}]))
    assert client.get("/v1/articles").status_code == 503
    assert client.get("/readyz").status_code == 503
