"""An assistant over invented articles with scripted models, and the API in front of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from langchain_core.messages import BaseMessage

from assistant import Article, Assistant, load_settings
from assistant.server.api import ApiOptions, api_lifespan, include_api
from tests.support.scripted import ScriptedAssistant

if TYPE_CHECKING:
    from starlette.types import Lifespan

    from assistant.tracing.recording import Tracing

BRIDGE_TEXT = (
    "The Marlow-2 bridge reached a height of 45 metres on Friday.\n\n"
    "Mayor Ines Pell wrote a letter to the council about traffic. "
    "The council has not decided on a toll."
)
FERRY_TEXT = (
    "The last ferry left the harbour in 2015. Captain Arno Reiss said that he felt sad. "
    "The ferry carried 300 people."
)
HEIGHT = "What height did the Marlow-2 bridge reach?"
HEIGHT_DRAFT = "The Marlow-2 bridge reached a height of 45 metres. [1]"


class BridgeAssistant(ScriptedAssistant):
    """Answers about two articles; `draft` is what its model writes."""

    def __init__(self, folder: Path, *, tracing: Tracing | None = None, **values: Any) -> None:
        settings = load_settings(
            data_dir=folder, minimum_similarity=-1, passage_tokens=60, **values
        )
        super().__init__(settings, self._reply, tracing=tracing)
        self.draft: Callable[[], str] = lambda: HEIGHT_DRAFT

    def _reply(self, messages: list[BaseMessage]) -> str:
        if messages[0].content == self.prompts.verify.system:
            return "yes"
        if messages[0].content == self.prompts.rewrite.system:
            return HEIGHT
        return self.draft()


def make_assistant(folder: Path, **values: Any) -> BridgeAssistant:
    """Write the corpus, index it, and return an assistant over it."""
    assistant = BridgeAssistant(folder, **values)
    corpus = assistant.settings.corpus_location
    corpus.mkdir(parents=True)
    (corpus / "bridge.md").write_text(
        "---\ntitle: Marlow bridge opens\nsource: Gazette\npublished: 2020-03-04\n---\n\n"
        + BRIDGE_TEXT
    )
    (corpus / "ferry.md").write_text(
        "---\ntitle: Ferry line ends\nsource: Courier\n---\n\n" + FERRY_TEXT
    )
    assistant.sync()
    return assistant


def make_app(
    assistant: Assistant, *, lifespan: Lifespan[FastAPI] = api_lifespan, **options: Any
) -> FastAPI:
    """Return an app with the API alone."""
    values = {"keys_file": assistant.settings.data_dir / "keys.json"} | options
    app = FastAPI(lifespan=lifespan)
    include_api(app, assistant, ApiOptions(**values))
    return app


def article_of(assistant: Assistant, title: str) -> Article:
    """Return the article of this title."""
    (found,) = [item for item in assistant.articles() if item.title == title]
    return assistant.article(found.article_id)
