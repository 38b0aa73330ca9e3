"""One Chroma server, reached with time-outs and retries, whose failures are said in our words."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from assistant.errors import AssistantError, IndexServerError

if TYPE_CHECKING:
    from assistant.settings import Settings

logger = logging.getLogger(__name__)

_Found = TypeVar("_Found")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 4.0


class GoneError(Exception):
    """The server has no such collection (any more), or is deleting it."""


class TakenError(Exception):
    """The server has a collection of this name already."""


_ANSWERS = (GoneError, TakenError, AssistantError)
"""What `act` may raise that is no failure of the server: it is neither repeated nor reworded."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where the server is and how long it is waited for."""

    url: str
    token: str | None = field(default=None, repr=False)
    token_header: str = "Authorization"
    tenant: str = "default_tenant"
    database: str = "default_database"
    timeout_s: float = 10.0
    tries: int = 3

    @classmethod
    def of(cls, settings: Settings) -> ServerOptions | None:
        """Return the options of settings, None where vectors are embedded."""
        if settings.chroma_url is None:
            return None
        return cls(
            url=settings.chroma_url,
            token=settings.chroma_token.get_secret_value() if settings.chroma_token else None,
            token_header=settings.chroma_token_header,
            tenant=settings.chroma_tenant,
            database=settings.chroma_database,
            timeout_s=settings.chroma_timeout_s,
            tries=settings.chroma_tries,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    def headers(self) -> dict[str, str]:
        """Return the header that an authenticating proxy asks for."""
        if self.token is None:
            return {}
        is_bearer = self.token_header.lower() == "authorization" and " " not in self.token
        return {self.token_header: f"Bearer {self.token}" if is_bearer else self.token}


class ChromaServer:
    """A client that connects when first used. Safe to use from several threads."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self._lock = threading.Lock()
        self._client: Any = None
        if not options.is_loopback:
            logger.warning(
                "The Chroma server at %s is not on this machine. Chroma 1.5 asks nobody who he is "
                "and has open advisories: keep it in a private network, or behind a proxy that "
                "authenticates (ASSISTANT_CHROMA_TOKEN).",
                options.url,
            )

    def call(self, act: Callable[[Any], _Found]) -> _Found:
        """Run `act` with the client; what fails on the way is tried again after a pause.

        `act` must be harmless if it is done twice.

        Raises:
            GoneError, TakenError: a collection is missing, or exists already.
            IndexServerError: the server is down, slow or answers with errors.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.options.tries),
            wait=wait_exponential_jitter(
                multiplier=_FIRST_PAUSE_S, max=_LONGEST_PAUSE_S, jitter=_FIRST_PAUSE_S
            ),
            retry=retry_if_exception(lambda error: not isinstance(error, _ANSWERS)),
            before_sleep=_log,
            reraise=True,
        )
        try:
            found: _Found = retrying(self._once, act)
            return found
        except _ANSWERS:
            raise
        except Exception as error:  # httpx's, Chroma's, or the plain one of an unknown reply
            raise self._failed(error) from error

    def claim(self, name: str, owner: str, terms: Callable[[], dict[str, Any]]) -> bool:
        """Make a collection for `owner`, a random word; False if another one has the name.

        `terms` gives its metadata, at each try anew.

        A name that is taken may have been taken by ourselves, if the reply to a first try was
        lost: the owner in its metadata tells.

        Raises:
            GoneError: another one had it, and has given it up meanwhile.
        """
        try:
            self.call(
                lambda client: client.create_collection(
                    name, embedding_function=None, metadata=terms() | {"owner": owner}
                )
            )
        except TakenError:
            found = self.call(lambda client: client.get_collection(name, embedding_function=None))
            return (found.metadata or {}).get("owner") == owner
        return True

    def delete(self, name: str) -> None:
        """Delete a collection; one that is gone already is fine."""
        with contextlib.suppress(GoneError):
            self.call(lambda client: client.delete_collection(name))

    def client(self) -> Any:
        """Return Chroma's client, connecting if need be; for use inside `call`."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            # Chroma's own `close` leaves the connections of both its clients open.
            client._server._session.close()
            client._admin_client._server._session.close()
            client.close()

    def _once(self, act: Callable[[Any], _Found]) -> _Found:
        from chromadb.errors import ChromaError, NotFoundError

        client = self.client()
        try:
            return act(client)
        except NotFoundError as error:
            raise GoneError(str(error)) from error
        except ChromaError as error:
            text = str(error)
            if "already exists" in text or "UNIQUE constraint" in text:
                raise TakenError(text) from error
            raise

    def _connect(self) -> Any:
        import chromadb
        import httpx
        from chromadb.config import Settings as ChromaSettings

        options = self.options
        timeout = httpx.Timeout(options.timeout_s, connect=min(5.0, options.timeout_s))
        # Chroma's own client waits for ever, also while it is being made: see first who is there.
        reply = httpx.get(
            f"{options.url}/api/v2/heartbeat", headers=options.headers(), timeout=timeout
        )
        reply.raise_for_status()
        client: Any = chromadb.HttpClient(
            host=options.url,
            headers=options.headers(),
            settings=ChromaSettings(anonymized_telemetry=False),
            tenant=options.tenant,
            database=options.database,
        )
        client._server._session.timeout = timeout
        client._admin_client._server._session.timeout = timeout
        return client

    def _failed(self, error: Exception) -> IndexServerError:
        import httpx

        options = self.options
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        what = f"failed: {reason[0][:200]}"
        hint = "Look at its log; if it goes on, run `assistant ingest --rebuild`."
        if isinstance(error, httpx.TimeoutException):
            what = f"did not reply within {options.timeout_s:g} s"
            hint = "Look at its load, or raise ASSISTANT_CHROMA_TIMEOUT_S."
        elif isinstance(error, httpx.TransportError):
            what = f"cannot be reached ({reason[0][:200]})"
            hint = "Start it (`chroma run`), or correct ASSISTANT_CHROMA_URL; nothing is lost."
        elif any(word in str(error) for word in ("401", "403", "Unauthorized", "Forbidden")):
            what = "did not let us in"
            hint = "Check ASSISTANT_CHROMA_TOKEN and ASSISTANT_CHROMA_TOKEN_HEADER."
        return IndexServerError(f"The Chroma server at {options.url} {what}.", hint=hint)


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    logger.warning("the Chroma server failed (%s); again in %.1f s", error, pause)
