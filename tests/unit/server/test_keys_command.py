"""`assistant keys`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.server.keys import KeyStore


@pytest.fixture(autouse=True)
def _data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["keys", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_key_is_created_listed_and_revoked(tmp_path: Path) -> None:
    whole = run("create", "laptop", "--scope", "ask", "--scope", "manage").splitlines()[0]
    store = KeyStore(tmp_path / "keys.json")
    key = store.find(whole)
    assert key is not None
    assert key.scopes == ("ask", "manage")
    (listed,) = json.loads(run("list", "--json"))
    assert listed["name"] == "laptop"
    assert "digest" not in listed
    assert whole not in run("list")
    assert key.id in run("revoke", key.id)
    assert store.find(whole) is None
    assert json.loads(run("list", "--json"))[0]["revoked"]


def test_asking_is_the_scope_by_default() -> None:
    assert json.loads(run("create", "phone", "--json"))["scopes"] == ["ask"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["create", "x", "--scope", "all"], "ask, manage"), (["revoke", "none"], "keys list")],
)
def test_a_mistake_says_what_to_do(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["keys", *arguments])
    assert done.exit_code == 2
    assert says in done.output
