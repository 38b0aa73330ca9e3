"""Fixtures for all tests: sockets are closed unless a test is marked `integration`."""

from __future__ import annotations

import os
from collections.abc import Iterator

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


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave out the settings of whoever runs the tests, before any other fixture reads some."""
    nowhere = tmp_path_factory.getbasetemp() / "no-settings.toml"
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("ASSISTANT_") and name != "ASSISTANT_MODELS_DIR":
                patch.delenv(name)
        patch.setenv("ASSISTANT_CONFIG_FILE", str(nowhere))
        yield
