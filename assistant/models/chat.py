"""The chat model: the embedded engine, or any provider LangChain knows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from assistant.errors import ModelNotFoundError, ModelServerError
from assistant.models.catalogue import in_catalogue
from assistant.models.pull import ensure_model
from assistant.models.remote import CircuitOpenError, SteadyClient, steady_client
from assistant.settings import Settings
from assistant.types import Progress, no_progress

if TYPE_CHECKING:
    import httpx

    from assistant.models.engine import EmbeddedEngine

logger = logging.getLogger(__name__)

_NO_KEY = "not-needed"
_OLLAMA = "ollama:"
_NO_REPLY = "No generation chunks were returned"
"""LangChain's words for a stream without any; it has no type of its own for that."""


class LoadedChatModel:
    """A chat model that is ready, with the engine behind it if that runs in this process."""

    def __init__(
        self,
        model: BaseChatModel,
        *,
        name: str,
        engine: EmbeddedEngine | None = None,
        client: httpx.Client | None = None,
    ) -> None:
        self.model = model
        self.name = name
        self._engine = engine
        self._client = client

    @property
    def embedded(self) -> bool:
        """Whether the model runs in this process."""
        return self._engine is not None

    def limit(self, tokens: int) -> dict[str, Any]:
        """Return the arguments by which a call asks for at most so many tokens.

        LangChain's providers agree on `max_tokens`, but for Ollama's.
        """
        if self.name.startswith(_OLLAMA):
            return {"options": {"num_predict": tokens, "temperature": 0}}
        return {"max_tokens": tokens}

    def warm(self, prefixes: Sequence[Sequence[BaseMessage]]) -> None:
        """Have the embedded engine read what every question begins with, or recall it from disk.

        Prefix i is kept in slot i of the engine.
        """
        if self._engine is None:
            return
        for slot, prefix in enumerate(prefixes):
            text = "\0".join(f"{message.type}:{message.text}" for message in prefix)
            if self._engine.recall(slot, text):
                continue
            self.model.invoke(
                [*prefix, HumanMessage("")], max_tokens=1, extra_body={"id_slot": slot}
            )
            self._engine.keep(slot, text)

    def close(self) -> None:
        """End the embedded engine and the connections to it."""
        if self._client is not None:
            self._client.close()
        if self._engine is not None:
            self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def load_chat_model(settings: Settings, *, progress: Progress = no_progress) -> LoadedChatModel:
    """Load the chat model of the settings.

    A catalogue name or a path ending in .gguf runs in this process; `provider:model` is
    reached through LangChain, at `chat_base_url` where that is set.

    Raises:
        ModelNotFoundError: the name is none of these, or its provider's package is missing.
        SettingsError: the catalogue has it as a model of another kind.
        ModelDigestError, ModelPullError: see `ensure_model`.
    """
    named = settings.chat_model
    if in_catalogue(named, "chat"):
        return _embed(ensure_model(named, settings, progress=progress), named, settings)
    if named.endswith(".gguf"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise ModelNotFoundError(
                f"The chat model {named} is not a file.", hint="Check ASSISTANT_CHAT_MODEL."
            )
        return _embed(path, path.name, settings)
    if ":" in named:
        return _reach(named, settings)
    raise ModelNotFoundError(
        f"The chat model {named!r} is no catalogue name, .gguf path or provider:model.",
        hint="See `assistant models list`; a server is for example openai:model-name with "
        "ASSISTANT_CHAT_BASE_URL.",
    )


def _embed(path: Path, name: str, settings: Settings) -> LoadedChatModel:
    import httpx
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    from assistant.models.engine import EmbeddedEngine

    engine = EmbeddedEngine(path, settings)
    # Proxies of the environment must not catch requests to loopback.
    client = httpx.Client(trust_env=False, timeout=settings.chat_timeout_s)
    async_client = httpx.AsyncClient(trust_env=False, timeout=settings.chat_timeout_s)
    model = ChatOpenAI(
        model=name,
        base_url=f"{engine.address}/v1",
        api_key=SecretStr(engine.key),
        temperature=0,
        max_retries=1,
        stream_usage=True,
        http_client=client,
        http_async_client=async_client,
    )
    return LoadedChatModel(model, name=name, engine=engine, client=client)


def _reach(named: str, settings: Settings) -> LoadedChatModel:
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0, "timeout": settings.chat_timeout_s}
    client: SteadyClient | None = None
    if settings.chat_base_url:
        options["base_url"] = settings.chat_base_url
    provider = named.split(":", 1)[0]
    if provider == "openai":
        import os

        client = steady_client(settings)
        options |= {"stream_usage": True, "http_client": client, "max_retries": 0}
        if settings.chat_base_url and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = _NO_KEY
    try:
        with chat_errors():
            model = init_chat_model(named, **options)
    except (ImportError, ValueError) as error:
        raise ModelNotFoundError(
            f"The chat model {named!r} cannot be set up: {error}.",
            hint="Install the provider's LangChain package, and see that the name is "
            "provider:model.",
        ) from error
    return LoadedChatModel(model, name=named, client=client)


@contextmanager
def chat_errors() -> Iterator[None]:
    """Say in our words what fails in the chat model's clients within the context.

    Raises:
        ModelServerError: see `translate_chat_error`; any other error passes as it is.
    """
    try:
        yield
    except Exception as error:
        translated = translate_chat_error(error)
        if translated is None:
            raise
        raise translated from error


def translate_chat_error(error: Exception) -> ModelServerError | None:
    """Return our error for one of the chat model's clients, None for any other error."""
    import json

    import httpx
    from langchain_core.exceptions import ModelError as LangChainModelError
    from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

    hint = "See that it runs and that ASSISTANT_CHAT_MODEL and ASSISTANT_CHAT_BASE_URL name it."
    if isinstance(error, CircuitOpenError):
        problem = str(error)
    elif isinstance(error, (APITimeoutError, httpx.TimeoutException, TimeoutError)):
        problem = "did not answer in time"
        hint = "See that it runs, or let it take longer with ASSISTANT_CHAT_TIMEOUT_S."
    elif isinstance(error, (APIConnectionError, httpx.TransportError, ConnectionError)):
        problem = "cannot be reached"
    elif isinstance(error, APIStatusError):
        problem = f"refused the request (HTTP {error.status_code}): {error.message}"
    elif isinstance(error, (OpenAIError, LangChainModelError)):
        problem = f"failed: {error}"
    elif isinstance(error, json.JSONDecodeError) or _NO_REPLY in str(error):
        problem = "sent no reply that can be read"
    else:
        return None
    return ModelServerError(f"The chat model's server {problem}.", hint=hint)
