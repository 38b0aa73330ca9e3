"""Fixtures for all tests: sockets are closed unless a test is marked `integration`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_socket import disable_socket, enable_socket

hypothesis_settings.register_profile("default", deadline=None, print_blob=True)
hypothesis_settings.load_profile("default")


@pytest.fixture(autouse=True)
def _closed_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    opened = {"integration", "enable_socket"}
    if any(request.node.get_closest_marker(name) for name in opened):
        yield
        return
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("ASSISTANT_") and name != "ASSISTANT_MODELS_DIR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_CONFIG_FILE", str(tmp_path / "no-settings.toml"))
