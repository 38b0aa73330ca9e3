"""How a Chroma server is reached, as far as that needs none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant.errors import ReplicaError, SettingsError
from assistant.index import Following, ServerOptions
from assistant.index.chroma_server import ChromaServer, GoneError
from assistant.index.dense import DenseSegment
from assistant.settings import load_settings
from tests.support.serving import BridgeAssistant, make_app, make_assistant

AWAY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://chroma:8000", False),
        ("https://10.0.0.4", False),
    ],
)
def test_a_server_elsewhere_is_warned_of(
    url: str, *, loopback: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ChromaServer(ServerOptions(url))
    assert ("private network" in caplog.text) is not loopback


@pytest.mark.parametrize(
    ("values", "headers"),
    [
        ({}, {}),
        ({"chroma_token": "abc"}, {"Authorization": "Bearer abc"}),
        ({"chroma_token": "Basic abc"}, {"Authorization": "Basic abc"}),
        ({"chroma_token": "abc", "chroma_token_header": "X-Key"}, {"X-Key": "abc"}),
    ],
)
def test_the_token_goes_into_its_header(values: dict[str, str], headers: dict[str, str]) -> None:
    options = ServerOptions.of(load_settings(chroma_url=AWAY, **values))
    assert options is not None
    assert options.headers() == headers
    assert "abc" not in repr(options)


def test_a_replica_needs_a_server_and_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_CHROMA_URL"):
        BridgeAssistant(tmp_path, replica=True)
    replica = BridgeAssistant(tmp_path, replica=True, chroma_url=AWAY)
    for change in (replica.sync, lambda: replica.add("x.md"), lambda: replica.remove("abc")):
        with pytest.raises(ReplicaError, match="ASSISTANT_REPLICA"):
            change()
    replica.close()


@pytest.mark.enable_socket
def test_health_and_metrics_say_how_far_behind_a_process_is(tmp_path: Path) -> None:
    from fastapi.testclient import TestClient

    assistant = make_assistant(tmp_path)
    assert assistant.following() is None
    states = [Following(4, 6), Following(6, 6, "The Chroma server is away.")]

    class Follows(BridgeAssistant):
        def following(self) -> Following | None:
            return states[0]

    assistant.close()
    follows = Follows(tmp_path)
    with TestClient(make_app(follows), base_url="http://localhost") as http:
        ready = http.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["detail"] == "generation 4, 2 behind the Chroma server"
        metrics = http.get("/metrics").text
        assert "assistant_index_generation 4.0" in metrics
        assert "assistant_index_generations_behind 2.0" in metrics
        assert "assistant_index_server_reached 1.0" in metrics
        states.pop(0)
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert "The Chroma server is away." in ready.json()["detail"]
        assert "assistant_index_server_reached 0.0" in http.get("/metrics").text
    follows.close()


def test_vectors_whose_rows_are_gone_are_those_of_a_collection_that_is_being_deleted() -> None:
    found = {"ids": [["a", "b"]], "distances": [[0.1, 0.2]]}
    whole = found | {"metadatas": [[{"article_id": "x"}, {"article_id": "y"}]]}
    half = found | {"metadatas": [[{"article_id": "x"}, None]]}

    def search(reply: dict[str, Any]) -> list[tuple[str, str, float]]:
        collection = SimpleNamespace(query=lambda **_: reply)
        segment = DenseSegment(lambda: cast(Any, collection), batch=lambda: 1)
        return segment.search([1.0], k=2, where=None)

    assert [hit[:2] for hit in search(whole)] == [("a", "x"), ("b", "y")]
    with pytest.raises(GoneError):
        search(half)
