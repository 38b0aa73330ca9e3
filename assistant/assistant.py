"""The composition root and the Python API."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant.articles import ArticleList
from assistant.corpus.starter import ensure_starter
from assistant.corpus.store import CorpusFolder, supported_suffixes
from assistant.offline import stay_offline
from assistant.settings import Settings, load_settings
from assistant.streaming import iterate_in_thread
from assistant.syncing import Syncing
from assistant.tracing import open_tracing, stream_traced, use
from assistant.types import (
    AddReport,
    Answer,
    Article,
    ArticleEntry,
    ArticleReference,
    Event,
    Finished,
    FoundPassage,
    Original,
    Progress,
    SearchFilter,
    SyncReport,
    Turn,
    no_progress,
)

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from assistant.answering import AnswerChain
    from assistant.index import Following, Index
    from assistant.models.chat import LoadedChatModel
    from assistant.models.embeddings import EmbeddingModel
    from assistant.tracing.recording import Tracing


class Assistant:
    """Answers questions over a corpus of articles.

    Open one with `Assistant.open()`, close it or use it as a context manager. Asking,
    streaming and reading are safe from several threads at once. Models load when first
    needed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: Progress = no_progress,
        tracing: Tracing | None = None,
    ) -> None:
        self.settings = settings
        self.tracing = tracing
        self.corpus = CorpusFolder.of(settings)
        self._progress = progress
        self._lock = threading.RLock()
        self._syncing = Syncing(
            settings, self.corpus, index=lambda: self.index, embeddings=lambda: self.embeddings
        )
        self._articles = ArticleList(
            self.corpus, index=lambda: self.index, files=self._syncing.article_files
        )
        self._embeddings: EmbeddingModel | None = None
        self._chat: LoadedChatModel | None = None
        self._index: Index | None = None
        self._chain: AnswerChain | None = None

    @classmethod
    def open(
        cls,
        settings: Settings | None = None,
        *,
        sync: bool = True,
        progress: Progress = no_progress,
    ) -> Self:
        """Open the corpus and, with `sync`, make sure that it is indexed.

        On first use the corpus folder is made, with the starter article in it, unless the corpus
        is at a URL. Models that are not on this machine yet are pulled and verified.

        Raises:
            SettingsError, ExtraMissingError, ModelError, SearchIndexError, CorpusStoreError: see
                `assistant.errors`.
        """
        given = settings if settings is not None else load_settings()
        assistant = cls(given, progress=progress, tracing=open_tracing(given))
        assistant.corpus.check()
        stay_offline()
        if assistant.settings.chroma_url is None:
            ensure_starter(assistant.settings.corpus_location)
        else:
            assistant.index.catch_up(progress=progress)
        if sync and not assistant.index.exists() and not assistant.settings.replica:
            # A server that has an index has its articles: the starter would replace them.
            ensure_starter(assistant.settings.corpus_location)
            assistant.sync()
        return assistant

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the index, end the embedded engine and send the last spans."""
        with self._lock:
            if self._chat is not None:
                self._chat.close()
            if self._index is not None:
                self._index.close()
            self.corpus.close()
            self._chat = self._index = self._chain = None
        if self.tracing is not None:
            self.tracing.close()

    @property
    def embeddings(self) -> EmbeddingModel:
        """The embedding model, loaded when first asked for."""
        with self._lock:
            if self._embeddings is None:
                from assistant.models.embeddings import load_embedding_model

                self._embeddings = load_embedding_model(self.settings, progress=self._progress)
            return self._embeddings

    @property
    def index(self) -> Index:
        """The index of the corpus under these settings."""
        with self._lock:
            if self._index is None:
                from assistant.index import Index, ServerOptions

                self._index = Index.open(
                    self.settings.index_path,
                    self.embeddings,
                    passage_tokens=self.settings.passage_tokens,
                    server=ServerOptions.of(self.settings),
                )
            return self._index

    @property
    def chain(self) -> AnswerChain:
        """The chain that answers; loads the chat model and warms its prefix."""
        with self._lock:
            if self._chain is None:
                from assistant.answering import AnswerChain
                from assistant.answering.prompting import Prompts
                from assistant.models.chat import load_chat_model
                from assistant.models.reranker import load_reranker
                from assistant.models.verifier import load_verifier

                prompts = Prompts.load(worked_examples=self.settings.worked_examples)
                self._chat = load_chat_model(self.settings, progress=self._progress)
                self._chat.warm([prompt.prefix() for prompt in prompts.all])
                self._chain = AnswerChain(
                    self.index,
                    self.embeddings,
                    load_reranker(self.settings, progress=self._progress),
                    load_verifier(self.settings),
                    self._chat,
                    prompts,
                    self.settings,
                )
            return self._chain

    def load(self) -> None:
        """Load all models now, so that the first question does not wait for them."""
        _ = self.chain

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        where: SearchFilter | None = None,
    ) -> Iterator[Event]:
        """Yield the events of an answer as they happen; `Finished` is the last.

        Raises:
            QuestionError: the question is empty or too long.
            ModelServerError: the chat model failed.
        """
        return stream_traced(self.tracing, self.chain.stream(question, history, where))

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        where: SearchFilter | None = None,
    ) -> Answer:
        """Answer a question, or refuse and say why. Raises what `stream` raises."""
        for event in self.stream(question, history, where=where):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    async def astream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        where: SearchFilter | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Do what `stream` does without blocking the event loop.

        A caller that stops reading closes the stream, which ends the model's writing. A step
        that is under way cannot be interrupted: the stream is closed right after it.
        """
        events = iterate_in_thread(lambda: self.stream(question, history, where=where))
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    async def aask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        where: SearchFilter | None = None,
    ) -> Answer:
        """Do what `ask` does without blocking the event loop."""
        async for event in self.astream(question, history, where=where):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def search(
        self, question: str, *, k: int = 10, where: SearchFilter | None = None
    ) -> list[FoundPassage]:
        """Return the passages that fit a question best, at most `k`, best first; no model writes.

        Raises:
            QuestionError: the question is empty or too long.
        """
        from assistant.retrieval import HybridRetriever
        from assistant.retrieval.asking import check_question

        asked = check_question(question, limit_chars=self.settings.question_chars)
        retriever = HybridRetriever(
            index=self.index, embeddings=self.embeddings, k=k, mode=self.settings.retrieval
        )
        with use(self.tracing):
            found = retriever.search(asked, where=where)
        return [
            FoundPassage(
                ranked.indexed.article,
                ranked.indexed.passage.start,
                ranked.indexed.passage.end,
                ranked.indexed.passage.text,
                ranked.score,
                ranked.similarity,
            )
            for ranked in found
        ]

    def as_runnable(self) -> Runnable[str | dict[str, Any], Answer]:
        """Return the assistant as a step of a LangChain expression.

        It takes a question, or `{"question": …, "history": [Turn, …]}`, and gives an Answer.
        """
        from langchain_core.runnables import RunnableLambda

        def invoke(given: str | dict[str, Any]) -> Answer:
            if isinstance(given, str):
                return self.ask(given)
            return self.ask(given["question"], given.get("history", ()))

        async def ainvoke(given: str | dict[str, Any]) -> Answer:
            if isinstance(given, str):
                return await self.aask(given)
            return await self.aask(given["question"], given.get("history", ()))

        return RunnableLambda(invoke, afunc=ainvoke, name="assistant")

    def sync(
        self,
        *,
        rebuild: bool = False,
        allow_empty: bool = False,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Make the index equal to the corpus folder. One bad file is reported, never fatal.

        `progress` is told of this sync alone, instead of what the assistant was opened with.

        Raises:
            CorpusEmptyError: the folder reads as empty while the index is not, and
                `allow_empty` was not given; or it has nothing of a shared index that it is new to.
            CorpusStoreError: the corpus cannot be listed or read; the index stays as it is.
            IndexLockedError: another process is writing.
            IndexServerError: the Chroma server failed.
            IndexWriteError: the data folder cannot be written.
            ReplicaError: this process only follows.
        """
        return self._syncing.sync(
            "local",
            rebuild=rebuild,
            allow_empty=allow_empty,
            progress=self._progress if progress is None else progress,
        )

    def refresh(self) -> SyncReport | None:
        """Sync if a file of the corpus changed since the last sync; cheap if none did.

        With a Chroma server what others published is fetched first; a replica does only that.
        """
        self.index.catch_up()
        if self.settings.replica:
            return None
        return self.sync() if self._syncing.is_due() else None

    def following(self) -> Following | None:
        """Tell how far this process is behind the Chroma server; None without one."""
        return self.index.following()

    def ingest(self, *sources: str | Path, rebuild: bool = False) -> SyncReport:
        """Store files, folders and URLs in the corpus, then sync the index.

        A source that cannot become an article is listed in `failed`; the rest is ingested. The
        setting `ingest_engine` says who reads, splits and embeds.

        Raises:
            ExtraMissingError, WorkersError: Ray is asked for, and is not there or fails.
        """
        failed = self.add(*sources).failed if sources else ()
        report = self._syncing.sync(
            self.settings.ingest_engine,
            rebuild=rebuild,
            allow_empty=False,
            progress=self._progress,
        )
        return dataclasses.replace(report, failed=(*failed, *report.failed))

    def add(self, *sources: str | Path) -> AddReport:
        """Store files, folders and URLs in the corpus; `sync` or the next `refresh` indexes it.

        Raises:
            ReplicaError: this process only follows.
        """
        self._syncing.refuse_as_replica()
        return self.corpus.add(
            sources, self.settings, progress=lambda name: self._progress(name, 0, 0)
        )

    @property
    def readable_suffixes(self) -> tuple[str, ...]:
        """The suffixes of files that can become articles, ".md" and the like."""
        return supported_suffixes()

    def articles(self) -> list[ArticleReference]:
        """List the indexed articles, by title."""
        return self._articles.articles()

    def entries(self) -> list[ArticleEntry]:
        """List the indexed articles with what a table of them shows, by title."""
        return self._articles.entries()

    def example_questions(self, limit: int = 4) -> list[str]:
        """Return questions that these articles answer, for somebody who does not know them.

        Articles may bring their own, as `questions` in their front matter; others are found
        where a text says who somebody is.
        """
        return self._articles.example_questions(limit)

    def article(self, article_id: str) -> Article:
        """Return one article; the first digits of its id do, if only one article has them.

        Raises:
            ArticleNotFoundError: no article, or several, have this id.
        """
        return self._articles.article(article_id)

    def original(self, article_id: str) -> Original:
        """Return the file that an article was read from, as it was added.

        Raises:
            ArticleNotFoundError: no article has this id, its file cannot be read any more, or
                it lies elsewhere: a replica has the text alone.
        """
        return self._articles.original(article_id)

    def article_id(self, prefix: str) -> str:
        """Complete an id of which the first digits are given.

        Raises:
            ArticleNotFoundError: no article, or several, have ids that begin so.
        """
        return self._articles.article_id(prefix)

    def remove(self, article_id: str) -> str:
        """Delete an article's file from the corpus and sync; returns its name in the corpus.

        The last article of a corpus can be removed as well.
        """
        self._syncing.refuse_as_replica()
        name = self.corpus.remove(self.article_id(article_id))
        self.sync(allow_empty=True)
        return name
