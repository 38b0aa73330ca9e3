"""Evidence for a question, with what stands around it and what the verifier thinks of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from assistant.answering.context import read_contexts
from assistant.answering.run import Run
from assistant.errors import ArticleNotFoundError
from assistant.index import Index
from assistant.models.cross_encoder import CrossEncoder
from assistant.models.embeddings import EmbeddingModel
from assistant.retrieval import HybridRetriever, embed_question, select_evidence
from assistant.settings import Settings
from assistant.tracing import span

_SEARCHES = 3
"""How often evidence is looked for at most, when its articles go while they are read."""


@dataclass(frozen=True, slots=True)
class EvidenceGatherer:
    """Fills a run with evidence. Safe to use from several threads."""

    index: Index
    embeddings: EmbeddingModel
    reranker: CrossEncoder
    verifier: CrossEncoder
    settings: Settings

    def gather(self, run: Run) -> None:
        """Find the evidence, and read the articles around it, so that what follows needs no index.

        An article may go between being found and being read: then it is searched anew.
        """
        began = time.monotonic()
        with span("retrieve"):
            run.vector = embed_question(run.asked, self.embeddings)
            for tries_left in reversed(range(_SEARCHES)):
                self._search(run)
                try:
                    contexts = read_contexts(run.evidence, self.index.article)
                except ArticleNotFoundError:
                    if not tries_left:
                        raise
                else:
                    run.contexts = {context.evidence.number: context for context in contexts}
                    break
        run.retrieve_s = time.monotonic() - began

    def weigh(self, run: Run) -> None:
        """Have the verifier read the evidence: does a sentence answer the question?"""
        with span("weigh evidence", {"assistant.model": self.verifier.name}) as here:
            contexts = run.contexts.values()
            read = self.verifier.pooled(run.asked, [context.readings for context in contexts])
            run.chances = dict(zip(run.contexts, read, strict=True))
            here.set_attribute("assistant.answerable", run.answerable)

    def _search(self, run: Run) -> None:
        retriever = HybridRetriever(
            index=self.index,
            embeddings=self.embeddings,
            k=self.settings.retrieve_passages,
            where=run.where,
            mode=self.settings.retrieval,
        )
        run.passages = retriever.search(run.asked, vector=run.vector)
        with span("select evidence") as here:
            run.evidence = select_evidence(
                run.asked,
                run.vector,
                run.passages,
                reranker=self.reranker,
                sentences=self.settings.evidence_sentences,
                tokens=self.settings.evidence_tokens,
                count_tokens=self.embeddings.count_tokens,
                whole_passages=not self.settings.evidence_selection,
            )
            here.set_attribute("assistant.sentences", len(run.evidence))
