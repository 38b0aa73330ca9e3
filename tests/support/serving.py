"""An assistant over invented articles with scripted models, and the API in front of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from langchain_core.messages import BaseMessage

from assistant import Article, Assistant, load_settings
from assistant.answering import AnswerChain
from assistant.answering.prompting import Prompts
from assistant.index import Index
from assistant.models.chat import LoadedChatModel
from assistant.models.embeddings import EmbeddingModel
from assistant.server.api import ApiOptions, api_lifespan, include_api
from tests.support.chat import ScriptedChatModel
from tests.support.embeddings import WordEmbeddings
from tests.support.verifier import ScriptedVerifier

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


class ScriptedAssistant(Assistant):
    """Reads and writes a real corpus and a real index; `draft` is what its model writes."""

    def __init__(self, folder: Path, **values: Any) -> None:
        super().__init__(
            load_settings(data_dir=folder, minimum_similarity=-1, passage_tokens=60, **values)
        )
        self.draft: Callable[[], str] = lambda: HEIGHT_DRAFT
        self.prompts = Prompts.load()
        self.model = ScriptedChatModel(script=self._reply)
        self._words = WordEmbeddings()
        self._own_index = Index.open(self.settings.index_path, self._words, passage_tokens=60)

    def _reply(self, messages: list[BaseMessage]) -> str:
        if messages[0].content == self.prompts.verify.system:
            return "yes"
        if messages[0].content == self.prompts.rewrite.system:
            return HEIGHT
        return self.draft()

    @property
    def embeddings(self) -> EmbeddingModel:
        return self._words

    @property
    def index(self) -> Index:
        return self._own_index

    @property
    def chain(self) -> AnswerChain:
        return AnswerChain(
            self.index,
            self._words,
            ScriptedVerifier(),
            ScriptedVerifier(),
            LoadedChatModel(self.model, name="scripted"),
            self.prompts,
            self.settings,
        )

    def close(self) -> None:
        super().close()
        self._own_index.close()


def make_assistant(folder: Path, **values: Any) -> ScriptedAssistant:
    """Write the corpus, index it, and return an assistant over it."""
    assistant = ScriptedAssistant(folder, **values)
    corpus = assistant.settings.corpus_path
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


def make_app(assistant: Assistant, **options: Any) -> FastAPI:
    """Return an app with the API alone."""
    values = {"keys_file": assistant.settings.data_dir / "keys.json"} | options
    app = FastAPI(lifespan=api_lifespan)
    include_api(app, assistant, ApiOptions(**values))
    return app


def article_of(assistant: Assistant, title: str) -> Article:
    """Return the article of this title."""
    (found,) = [item for item in assistant.articles() if item.title == title]
    return assistant.article(found.article_id)
