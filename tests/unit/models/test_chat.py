"""Which chat model a setting names."""

from __future__ import annotations

import httpx
import openai
import pytest
from langchain_core.runnables import RunnableSequence

from assistant.answering.drafting import draft_chain
from assistant.answering.prompting import Prompts
from assistant.answering.witness import witness_model
from assistant.errors import ModelNotFoundError
from assistant.models.chat import LoadedChatModel, load_chat_model, translate_chat_error
from assistant.settings import load_settings
from tests.support.chat import ScriptedChatModel


def test_a_server_is_named_by_provider_model_and_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings = load_settings(chat_model="openai:my-model", chat_base_url="http://127.0.0.1:9/v1")
    with load_chat_model(settings) as chat:
        assert chat.name == "openai:my-model"
        assert not chat.embedded


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("openai:m", {"max_tokens": 7}),
        ("anthropic:m", {"max_tokens": 7}),
        # LangChain's package for Ollama refuses `max_tokens` in a call.
        ("ollama:m", {"options": {"num_predict": 7, "temperature": 0}}),
    ],
)
def test_each_call_is_limited_in_the_words_of_its_provider(
    name: str, options: dict[str, object]
) -> None:
    chat = LoadedChatModel(ScriptedChatModel(script=lambda _: "yes"), name=name)
    prompts = Prompts.load()
    drafting = draft_chain(chat, prompts.answer, tokens=7)
    assert isinstance(drafting, RunnableSequence)
    assert drafting.last.kwargs == options
    if name.startswith("ollama:"):
        assert witness_model(chat).kwargs["options"]["num_predict"] == 1
    else:
        assert witness_model(chat).kwargs["max_tokens"] == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nonsense", "no catalogue name"),
        ("/no/such/file.gguf", "is not a file"),
        ("martian:model", "cannot be set up"),
    ],
)
def test_a_name_that_fits_nothing_is_refused(name: str, message: str) -> None:
    with pytest.raises(ModelNotFoundError, match=message):
        load_chat_model(load_settings(chat_model=name))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (openai.APITimeoutError(httpx.Request("POST", "http://x")), "in time"),
        (openai.APIConnectionError(request=httpx.Request("POST", "http://x")), "cannot be reached"),
        (ConnectionRefusedError(), "cannot be reached"),
        (
            openai.AuthenticationError(
                "bad key",
                response=httpx.Response(401, request=httpx.Request("POST", "http://x")),
                body=None,
            ),
            "HTTP 401",
        ),
    ],
)
def test_a_failing_server_is_told_apart(error: Exception, says: str) -> None:
    translated = translate_chat_error(error)
    assert translated is not None
    assert says in str(translated)


def test_other_errors_are_not_the_servers() -> None:
    assert translate_chat_error(KeyError("x")) is None
