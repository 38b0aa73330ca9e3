"""What is refused before Ray starts, where it takes a socket to see it."""

from __future__ import annotations

import time

import pytest

from assistant.errors import WorkersError
from assistant.ingestion import refuse_unready
from assistant.settings import load_settings
from tests.support.chroma import free_port

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"127.0.0.1:{free_port()}", "refused"),
        ("192.0.2.77:6379", "timed out|unreachable|No route"),
        ("head.invalid:6379", "not known|resolution|No address"),
        ("head", "HOST:PORT"),
        ("127.0.0.1:99999", "HOST:PORT"),
    ],
)
def test_a_cluster_that_is_not_there_is_a_clear_error_at_once(address: str, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(WorkersError, match=says) as caught:
        refuse_unready(load_settings(ingest_engine="ray", ray_address=address))
    assert address in str(caught.value)
    assert "ray status" in caught.value.hint
    assert time.monotonic() - began < 20
