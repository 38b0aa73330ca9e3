"""A chain over a real index of invented articles, with a scripted chat model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from assistant.answering.chain import AnswerChain
from assistant.answering.prompting import Prompts
from assistant.index import Index
from assistant.models.chat import LoadedChatModel
from assistant.models.engine import EmbeddedEngine
from assistant.settings import load_settings
from assistant.types import Answer, Article, Event, Finished, SearchFilter, Turn
from tests.support.chat import ScriptedChatModel
from tests.support.embeddings import WordEmbeddings
from tests.support.verifier import ScriptedVerifier

BRIDGE = Article(
    "Marlow bridge opens",
    "The Marlow-2 bridge reached a height of 45 metres on Friday.\n\n"
    "Mayor Ines Pell wrote a letter to the council about traffic. "
    "The council has not decided on a toll.",
    source="Gazette",
    published=date(2020, 3, 4),
)
FERRY = Article(
    "Ferry line ends",
    "The last ferry left the harbour in 2015. Captain Arno Reiss said that he felt sad. "
    "The ferry carried 300 people.",
    source="Courier",
)


@dataclass(frozen=True)
class Run:
    """What a question brought about."""

    events: tuple[Event, ...]
    model: BaseChatModel
    prompts: Prompts

    @property
    def answer(self) -> Answer:
        last = self.events[-1]
        assert isinstance(last, Finished)
        return last.answer

    def asked_of_model(self, name: str) -> list[list[BaseMessage]]:
        """Return the conversations that the prompt `name` began."""
        assert isinstance(self.model, ScriptedChatModel)
        system = getattr(self.prompts, name).system
        return [call for call in self.model.calls if call[0].content == system]


ENGINE = cast(EmbeddedEngine, object())
"""Stands for an engine in this process; the scripted model never calls it."""

IndexOf = Callable[..., Index]


@pytest.fixture(scope="module")
def index_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexOf]:
    """Build an index of the given articles."""
    with ExitStack() as stack:

        def build(*articles: Article) -> Index:
            folder = tmp_path_factory.mktemp("index")
            index = Index.open(folder, WordEmbeddings(), passage_tokens=60)
            stack.callback(index.close)
            index.sync(articles)
            return index

        yield build


@pytest.fixture(scope="module")
def index(index_of: IndexOf) -> Index:
    return index_of(BRIDGE, FERRY)


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return Prompts.load()


@pytest.fixture
def chain_of(tmp_path: Path, prompts: Prompts) -> Callable[..., AnswerChain]:
    def build(
        index: Index,
        model: BaseChatModel,
        verifier: ScriptedVerifier | None = None,
        reranker: ScriptedVerifier | None = None,
        embedded: bool = False,
        **values: object,
    ) -> AnswerChain:
        settings = load_settings(**{"data_dir": tmp_path, "minimum_similarity": -1, **values})
        return AnswerChain(
            index,
            WordEmbeddings(),
            reranker or ScriptedVerifier(),
            verifier or ScriptedVerifier(),
            LoadedChatModel(model, name="scripted", engine=ENGINE if embedded else None),
            prompts,
            settings,
        )

    return build


@pytest.fixture
def run(index: Index, chain_of: Callable[..., AnswerChain], prompts: Prompts) -> Callable[..., Run]:
    """Ask a question of a model that drafts, judges and rewrites as told."""

    def ask(
        question: str,
        draft: str,
        *,
        says: str = "yes",
        certainty: float = 0.97,
        rewriting: str = "What of it?",
        insisting: str = "NOT STATED",
        history: Sequence[Turn] = (),
        where: SearchFilter | None = None,
        over: Index | None = None,
        verifier: ScriptedVerifier | None = None,
        reranker: ScriptedVerifier | None = None,
        **values: object,
    ) -> Run:
        replies = {
            prompts.verify.system: says,
            prompts.rewrite.system: rewriting,
            prompts.insist.system: insisting,
        }

        def script(messages: list[BaseMessage]) -> str:
            return replies.get(str(messages[0].content), draft)

        model = ScriptedChatModel(script=script, certainty=certainty)
        chain = chain_of(index if over is None else over, model, verifier, reranker, **values)
        return Run(tuple(chain.stream(question, history, where)), model, prompts)

    return ask
