"""Passages in, the few sentences that the chat model reads out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from assistant.facts import (
    announces,
    content_words,
    flatten,
    is_head,
    is_row,
    leans_on_predecessor,
    quoted_phrases,
    read_row,
    rows_of_others,
)
from assistant.models.cross_encoder import CrossEncoder, log_odds, read_context
from assistant.retrieval.fusion import fuse
from assistant.retrieval.hints import find_hints, names_author
from assistant.retrieval.hybrid import RankedPassage
from assistant.tracing import span
from assistant.types import ArticleReference, Evidence, Span

_SENTENCE_RANK_CONSTANT = 20
"""Smaller than the usual 60: with some fifty candidates the first ranks should weigh more."""

_READ = 16
"""Candidates that the reranker reads, each after its predecessor. Of 165 questions of `briefings`
(dev) sixteen keep all the evidence of 145, twelve of 142, 24 and 32 of 145 as well; to read each
after two sentences keeps fewer."""

_FAR = 2.5
"""How far below the best sentence, in log-odds, one is not shown any more: of six sentences it
leaves 5.0 with what they lean on, and keeps the answer of 85 % of the questions of `briefings`
(dev). What does not answer leads a small chat model astray."""

_GAP = 4
"""Characters at most between two sentences that have only white space between them."""

_FOLLOWED = 3
"""So many of the best sentences are read with what leans on them: of the `dev` questions all
evidence reaches the model for 146 of 165 of `briefings`, 55 of 56 of `summit`, 21 of 25 of
`features` and ten of 14 of `longreads`, one more of each; so it does with all six."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    article: ArticleReference
    sentence: Span
    predecessor: Span | None
    row: str | None
    """A row of a table with the names of its columns, of those that concern the question."""
    vector: np.ndarray
    """Embedding of predecessor and sentence, shape (dimension,), L2-normalised."""
    with_origin: bool
    """Whether outlet and date are read as well, since the question speaks of one of them."""
    with_author: bool
    """Whether the author is read as well, since the question speaks of one of that name."""

    @property
    def key(self) -> tuple[str, int]:
        return self.article.article_id, self.sentence.start

    @property
    def context(self) -> str:
        lead = self.predecessor.text if self.predecessor else self.article.title
        origin = f"{self.article.origin} " if self.with_origin else ""
        return f"{origin}{lead} {self.reading}"

    @property
    def reading(self) -> str:
        return self.sentence.text if self.row is None else self.row

    @property
    def lead(self) -> Span | None:
        """The predecessor, where the sentence leans on it."""
        return self.predecessor if leans_on_predecessor(self.sentence.text) else None

    def goes_on_with(self, other: _Candidate) -> bool:
        """Tell whether another sentence stands right behind this one and leans on it."""
        gap = other.sentence.start - self.sentence.end
        if other.article.article_id != self.article.article_id or not 0 <= gap <= _GAP:
            return False
        return announces(self.sentence.text) or leans_on_predecessor(other.sentence.text)

    @property
    def read(self) -> str:
        """The sentence as the reranker reads it: under its title, after its predecessor."""
        lead = self.predecessor.text if self.predecessor else ""
        told = [self.article.author if self.with_author else ""]
        told.append(self.article.origin if self.with_origin else "")
        origin = ", ".join(filter(None, told))
        heading = f"{self.article.title} ({origin})" if origin else self.article.title
        return read_context(heading, lead, self.reading)


def select_evidence(
    question: str,
    vector: Sequence[float],
    passages: Sequence[RankedPassage],
    *,
    reranker: CrossEncoder,
    sentences: int,
    tokens: int,
    count_tokens: Callable[[str], int],
    whole_passages: bool = False,
) -> tuple[Evidence, ...]:
    """Choose the sentences that best fit the question, within both budgets.

    Each sentence is scored together with its predecessor, by meaning and by words; the reranker
    reads the best of them and puts them in its own order. A chosen sentence that leans on its
    predecessor ("He said …") brings it along, beyond the number of `sentences`; so do the very best
    what leans on them. The result is in document order, articles by the rank of their best passage,
    numbered from 1. With `whole_passages` nothing is chosen: the best passages are taken sentence
    by sentence until `tokens` are spent.
    """
    articles = {ranked.indexed.article for ranked in passages}
    hints = find_hints(question)
    with_origin = any(
        hint.published_from or any(article.source in hint.sources for article in articles)
        for hint in hints
    )
    candidates = _candidates(question, passages, with_origin=with_origin)
    if not candidates:
        return ()
    similarities = np.stack([c.vector for c in candidates]) @ np.asarray(vector, dtype=np.float32)
    dense = sorted(range(len(candidates)), key=lambda index: (-similarities[index], index))
    lexical = _rank_by_words(question, candidates)
    fused = [index for index, _ in fuse([dense, lexical], rank_constant=_SENTENCE_RANK_CONSTANT)]
    named = {source for hint in hints for source in hint.sources}
    if not (whole_passages or with_origin):
        fused = _without_copies(fused, candidates, named)
    read = fused[:_READ]
    relevance = dict.fromkeys(range(len(candidates)), 0.0)
    pairs = [(question, candidates[index].read) for index in read]
    with span("rerank", {"assistant.model": reranker.name, "assistant.sentences": len(pairs)}):
        relevance |= dict(zip(read, reranker.probabilities(pairs), strict=True))
    choice = _Choice(candidates, tokens, count_tokens)
    if whole_passages:
        for index in range(len(candidates)):
            choice.take(index)
    else:
        quoting = _that_quote(question, candidates)
        fused.sort(key=lambda index: (index not in quoting, -relevance[index]))
        astray = _rows_of_others(question, candidates, read)
        fused = [index for index in fused if index not in astray]
        fused = _without_copies(fused, candidates, named)
        least = log_odds(max(relevance.values())) - _FAR
        near = [index for index in fused if index in quoting or log_odds(relevance[index]) >= least]
        best = choice.take_best(near, sentences)
        choice.take_followers(best[:_FOLLOWED], fused)
    rank: dict[str, int] = {}
    for candidate in candidates:
        rank.setdefault(candidate.article.article_id, len(rank))
    ordered = sorted(
        choice.chosen,
        key=lambda index: (
            rank[candidates[index].article.article_id],
            candidates[index].sentence.start,
        ),
    )
    return tuple(
        Evidence(
            number=number,
            article=candidates[index].article,
            start=candidates[index].sentence.start,
            end=candidates[index].sentence.end,
            text=candidates[index].sentence.text,
            score=float(similarities[index]),
            relevance=relevance[index],
            row=candidates[index].row,
        )
        for number, index in enumerate(ordered, start=1)
    )


@dataclass(slots=True)
class _Choice:
    """What was chosen of the candidates, by index, and the tokens that it takes."""

    candidates: Sequence[_Candidate]
    tokens: int
    count_tokens: Callable[[str], int]
    chosen: list[int] = field(default_factory=list)
    spent: int = 0

    def take(self, *wanted: int) -> bool:
        """Choose candidates together if there is room; the first ones always have it."""
        new = [index for index in wanted if index not in self.chosen]
        cost = sum(self.count_tokens(self.candidates[index].sentence.text) for index in new)
        if self.chosen and self.spent + cost > self.tokens:
            return False
        self.chosen += new
        self.spent += cost
        return True

    def take_best(self, ranked: Sequence[int], sentences: int) -> list[int]:
        """Choose so many of the ranked ones, and what they lean on; return them without that."""
        positions = {candidate.key: index for index, candidate in enumerate(self.candidates)}
        best: list[int] = []
        for index in ranked:
            if len(best) == sentences:
                break
            candidate = self.candidates[index]
            before = None
            if candidate.lead is not None:
                before = positions.get((candidate.article.article_id, candidate.lead.start))
            if self.take(index) if before is None else self.take(index, before):
                best.append(index)
        return best

    def take_followers(self, best: Sequence[int], admitted: Collection[int]) -> None:
        """Choose what goes on from the best: somebody's own words, the answer to a question."""
        in_order = sorted(range(len(self.candidates)), key=lambda index: self.candidates[index].key)
        behind = dict(pairwise(in_order))
        for index in best:
            after = behind.get(index)
            if after is None or after not in admitted:
                continue
            if self.candidates[index].goes_on_with(self.candidates[after]):
                self.take(after)


def _candidates(
    question: str, passages: Sequence[RankedPassage], *, with_origin: bool
) -> list[_Candidate]:
    found: dict[tuple[str, int], _Candidate] = {}
    for ranked in passages:
        passage, article = ranked.indexed.passage, ranked.indexed.article
        with_author = names_author(question, article.author)
        predecessor: Span | None = None
        for sentence, vector in zip(
            passage.sentences, ranked.indexed.sentence_vectors, strict=True
        ):
            row: str | None = None
            if is_row(sentence.text):
                before = passage.text[: sentence.start - passage.start]
                row = read_row(before, sentence.text, question=question)
                predecessor = None
            if is_head(sentence.text):
                continue
            candidate = _Candidate(
                article, sentence, predecessor, row, vector, with_origin, with_author
            )
            found.setdefault(candidate.key, candidate)
            predecessor = sentence
    return list(found.values())


def _that_quote(question: str, candidates: Sequence[_Candidate]) -> set[int]:
    """Find the sentences with a phrase that the question quotes: nothing fits better."""
    phrases = [flatten(phrase) for phrase in quoted_phrases(question) if len(phrase.split()) > 1]
    return {
        index
        for index, candidate in enumerate(candidates)
        if any(phrase in flatten(candidate.sentence.text) for phrase in phrases)
    }


def _without_copies(
    ranked: Sequence[int], candidates: Sequence[_Candidate], named: Collection[str]
) -> list[int]:
    """Leave out what says, after the same sentence, word for word what one before it says.

    Several outlets print one wire story: its copies would take the place of what else there is.
    "He declined to comment" of another story is no copy, nor what one of the `named` outlets or
    a named author printed.
    """
    first: dict[tuple[str, str, str | None, str | None], int] = {}
    for index in ranked:
        candidate = candidates[index]
        before = candidate.predecessor.text if candidate.predecessor else ""
        source = candidate.article.source if candidate.article.source in named else None
        author = candidate.article.author if candidate.with_author else None
        first.setdefault((flatten(before), flatten(candidate.reading), source, author), index)
    return list(first.values())


def _rows_of_others(
    question: str, candidates: Sequence[_Candidate], read: Sequence[int]
) -> set[int]:
    """Find the rows that stand in a table beside the one that the question is about."""
    tables: dict[tuple[str, int], list[int]] = {}
    for index in read:
        candidate = candidates[index]
        if candidate.row is not None:
            cells = candidate.sentence.text.count("|")
            tables.setdefault((candidate.article.article_id, cells), []).append(index)
    return {
        table[place]
        for table in tables.values()
        for place in rows_of_others(question, [candidates[i].sentence.text for i in table])
    }


def _rank_by_words(question: str, candidates: Sequence[_Candidate]) -> list[int]:
    """Rank by BM25 among the candidates; those without a shared word are left out."""
    import bm25s

    wanted = content_words(question)
    documents = [content_words(candidate.context) for candidate in candidates]
    vocabulary = {word for document in documents for word in document}
    wanted = [word for word in wanted if word in vocabulary]
    if not wanted:
        return []
    scorer = bm25s.BM25()
    scorer.index(documents, show_progress=False)
    scores = scorer.get_scores(wanted)
    ranked = sorted(range(len(candidates)), key=lambda index: (-scores[index], index))
    return [index for index in ranked if scores[index] > 0]
