"""One writer at a time on a Chroma server.

A lease is a collection: making one under a name is the only thing that a Chroma server does
for exactly one of several who try. Its holder renews it; one that is not renewed ends by
itself. It saves two writers the work of getting into each other's way; what keeps an index
whole if a holder sleeps past its lease is that a generation can be published only once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.errors import IndexLockedError, IndexServerError
from assistant.index.chroma_server import ChromaServer, GoneError

LEASE_S = 20.0
"""How long a writer that was killed keeps others out; renewed four times as often."""

_LOOKS_EVERY_S = 0.5

logger = logging.getLogger(__name__)


@contextmanager
def lease(server: ChromaServer, prefix: str, *, wait_s: float) -> Iterator[None]:
    """Hold the lease of `prefix` within the context.

    Raises:
        IndexLockedError: another writer holds it and `wait_s` ran out.
    """
    owner = secrets.token_hex(8)
    name = _acquire(server, prefix, owner, wait_s)
    ended = threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(server, name, owner, ended), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        with contextlib.suppress(IndexServerError):
            server.delete(name)


def _acquire(server: ChromaServer, prefix: str, owner: str, wait_s: float) -> str:
    pattern = re.compile(re.escape(prefix) + r"-w(\d{8})")
    until = time.monotonic() + wait_s
    while True:
        held: dict[int, dict[str, Any]] = {}
        for collection in server.call(lambda client: client.list_collections()):
            if match := pattern.fullmatch(collection.name):
                held[int(match[1])] = collection.metadata or {}
        newest = max(held, default=0)
        left_s = float(held[newest].get("until", 0)) - time.time() if held else 0.0
        if left_s <= 0:
            name = f"{prefix}-w{newest + 1:08d}"
            if _take(server, name, owner):
                for epoch in held:
                    server.delete(f"{prefix}-w{epoch:08d}")
                return name
        elif time.monotonic() >= until:
            raise IndexLockedError(
                f"Another process ({held[newest].get('who', 'unknown')}) is writing the index.",
                hint="Wait until it is done, or let this one wait with `--wait SECONDS`; if it "
                f"was killed, its lease ends in {max(1, round(left_s))} s.",
            )
        time.sleep(_LOOKS_EVERY_S)


def _take(server: ChromaServer, name: str, owner: str) -> bool:
    try:
        return server.claim(name, owner, lambda: _terms(owner))
    except GoneError:
        return False


def _renew(server: ChromaServer, name: str, owner: str, ended: threading.Event) -> None:
    while not ended.wait(LEASE_S / 4):
        try:
            server.call(
                lambda client: client.get_collection(name, embedding_function=None).modify(
                    metadata=_terms(owner)
                )
            )
        except GoneError:
            logger.warning("the lease %s was taken by another writer", name)
            return
        except IndexServerError as error:
            logger.warning("the lease cannot be renewed: %s", error)


def _terms(owner: str) -> dict[str, Any]:
    who = f"id {os.getpid()} on {socket.gethostname()}"
    return {"owner": owner, "who": who, "until": time.time() + LEASE_S}
