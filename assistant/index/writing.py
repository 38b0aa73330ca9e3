"""Make the index equal to the corpus: build beside the old, verify, publish, clean up.

Dense segments are merged as in a log-structured merge tree: a sync writes one new segment and
takes in the newest old ones that are not much larger, so there are about log2(n) of them and a
passage is rewritten about as often.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import CorpusEmptyError, IndexDamagedError
from assistant.index.catalogue import Catalogue, open_or_replace, vector_key
from assistant.index.dense import published_number
from assistant.index.inspection import segment_problem
from assistant.index.lexical import begin_lexical, rows_of
from assistant.index.preparing import PreparedArticle, Work
from assistant.index.state import (
    LEXICAL,
    PREVIOUS,
    SEGMENTS,
    SegmentState,
    State,
    damage_of,
    damaged,
    mark_files,
    publish,
    read_state,
)
from assistant.index.store import SegmentStore, remove_others
from assistant.types import Article, Progress, SyncReport

Step = Callable[[str], None]

_EMBED_BATCH = 64
_MERGE_RATIO = 2
_DEAD_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What a sync needs besides the articles. `step` is told each step of publishing."""

    folder: Path
    digest: str
    store: SegmentStore
    work: Work
    progress: Progress
    step: Step


@dataclass(frozen=True, slots=True)
class _Change:
    wanted: dict[str, Article]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def sync(
    plan: SyncPlan, articles: Sequence[Article], *, rebuild: bool, allow_empty: bool
) -> SyncReport:
    """Do the whole of it; the caller holds the writer's lock.

    Raises:
        CorpusEmptyError: there are no articles, the index has some and `allow_empty` is false.
        IndexDamagedError: what was built does not pass its verification.
    """
    catalogue, current = _open(plan)
    try:
        broken = current is not None and bool(
            damage_of(plan.folder, current) or plan.store.damage(current, catalogue)
        )
        kept = None if current is None or broken or rebuild else current
        generation = current.generation if current else 0
        known = catalogue.article_ids(generation)
        if not articles and known and not allow_empty:
            raise CorpusEmptyError(
                f"The corpus reads as empty while the index has {len(known)} articles.",
                hint="Check ASSISTANT_CORPUS_DIR. Nothing was deleted; to delete the last "
                "article use `assistant articles remove`.",
            )
        change = _compare(articles, known)
        if kept is not None and not change.added and not change.removed:
            return SyncReport(unchanged=change.unchanged)
        state = _build(plan, catalogue, kept, change, generation)
        _verify(plan, catalogue, state, kept)
        plan.step("publish")
        plan.store.publish(state, catalogue)
        publish(plan.folder, state)
        plan.step("published")
        _clean(plan, catalogue, state)
        plan.step("cleaned")
        return SyncReport(change.added, change.removed, change.unchanged)
    finally:
        catalogue.close()


def _open(plan: SyncPlan) -> tuple[Catalogue, State | None]:
    """Open the catalogue and undo what an interrupted sync left."""
    for name in (SEGMENTS, LEXICAL):
        (plan.folder / name).mkdir(parents=True, exist_ok=True)
    try:
        current = read_state(plan.folder)
    except IndexDamagedError:
        current = None
    catalogue, is_new = open_or_replace(plan.folder / "catalogue.sqlite3", thorough=True)
    if is_new:
        current = None
    names = [segment.name for segment in current.segments] if current else []
    with catalogue.transaction():
        catalogue.forget_after(current.generation if current else 0, names)
    keep = {current.lexical, *names} if current else set()
    keep |= _previous_names(plan.folder)
    for name in (SEGMENTS, LEXICAL):
        remove_others(plan.folder / name, keep)
    return catalogue, current


def _compare(articles: Sequence[Article], known: Sequence[str]) -> _Change:
    wanted = {article.id: article for article in articles}
    before = set(known)
    return _Change(
        wanted,
        tuple(article_id for article_id in wanted if article_id not in before),
        tuple(article_id for article_id in known if article_id not in wanted),
        tuple(article_id for article_id in wanted if article_id in before),
    )


def _build(
    plan: SyncPlan, catalogue: Catalogue, kept: State | None, change: _Change, generation: int
) -> State:
    """Write the next generation beside the published one."""
    born = plan.store.next_generation(generation)
    name = f"g{born:06d}-{secrets.token_hex(3)}"
    positions = {article_id: place for place, article_id in enumerate(change.wanted)}
    read = _prepare(plan, [change.wanted[article_id] for article_id in change.added])
    _embed(plan, catalogue, [text for item in read for text in item.texts])
    with catalogue.transaction():
        catalogue.end_articles(change.removed, generation=born)
        for item in read:
            catalogue.add_article(
                item.article, item.rows, generation=born, position=positions[item.article.id]
            )
    plan.step("catalogued")

    fresh = kept is None
    members = list(change.wanted) if fresh else list(change.added)
    segments, absorbed = _merge(catalogue, kept, members, born)
    members = list(dict.fromkeys([*members, *absorbed]))
    if members:
        segments.append(_write_segment(plan, catalogue, name, members, change.wanted))
    plan.step("segment written")

    path = plan.folder / LEXICAL / name
    lexical = begin_lexical(path, plan.folder / LEXICAL / kept.lexical if kept else None)
    added = list(change.wanted) if fresh else list(change.added)
    lexical.change(remove=change.removed, add=rows_of(catalogue, added, born))
    plan.step("lexical written")
    marks = mark_files(path)
    content = "\n".join([plan.digest, *sorted(change.wanted)])
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return State(born, digest, name, marks, tuple(segments))


def _prepare(plan: SyncPlan, articles: Sequence[Article]) -> list[PreparedArticle]:
    prepared = []
    for done, item in enumerate(plan.work.prepare(articles), start=1):
        prepared.append(item)
        plan.progress("Splitting articles", done, len(articles))
    return prepared


def _embed(plan: SyncPlan, catalogue: Catalogue, texts: Sequence[str]) -> None:
    """Embed what has never been embedded, shortest first; kept batch by batch."""
    by_key = {vector_key(text): text for text in texts}
    missing = set(by_key) - set(catalogue.vectors(list(by_key)))
    todo = sorted(missing, key=lambda key: (len(by_key[key]), key))
    batches = [todo[start : start + _EMBED_BATCH] for start in range(0, len(todo), _EMBED_BATCH)]
    texts_of = [[by_key[key] for key in keys] for keys in batches]
    done = 0
    for place, vectors in plan.work.embed(texts_of):
        with catalogue.transaction():
            catalogue.keep_vectors(
                (key, np.asarray(vector, dtype=np.float32))
                for key, vector in zip(batches[place], vectors, strict=True)
            )
        done += len(batches[place])
        plan.progress("Embedding", done, len(todo))


def _merge(
    catalogue: Catalogue, kept: State | None, members: Sequence[str], born: int
) -> tuple[list[SegmentState], list[str]]:
    """Decide which old segments stay, and which articles of the others move to the new one."""
    if kept is None:
        return [], []
    staying: list[SegmentState] = []
    absorbed: list[str] = []
    size = catalogue.passage_count(members)
    merging = bool(members)
    for segment in reversed(kept.segments):
        dead = set(catalogue.dead(segment.name, born))
        alive = [article for article in catalogue.placed(segment.name) if article not in dead]
        count = catalogue.passage_count(alive) if dead else segment.count
        worn = segment.count - count > _DEAD_SHARE * segment.count
        if not alive:
            continue
        if worn or (merging and count <= _MERGE_RATIO * size):
            absorbed += alive
            size += count
        else:
            merging = False
            staying.insert(0, segment)
    return staying, absorbed


def _write_segment(
    plan: SyncPlan,
    catalogue: Catalogue,
    name: str,
    members: Sequence[str],
    articles: dict[str, Article],
) -> SegmentState:
    rows = catalogue.passages_of(members)
    vectors = catalogue.vectors([row[2] for row in rows])
    if any(row[2] not in vectors for row in rows):
        again = _prepare(plan, [articles[article_id] for article_id in members])
        _embed(plan, catalogue, [text for item in again for text in item.texts])
        vectors = catalogue.vectors([row[2] for row in rows])
    segment = plan.store.create(name, len(rows))
    try:
        total = len(rows)
        metadata = {article_id: _metadata(articles[article_id]) for article_id in members}
        block = 2000
        for start in range(0, total, block):
            part = rows[start : start + block]
            segment.add((row[0], vectors[row[2]], metadata[row[1]]) for row in part)
            plan.progress("Indexing vectors", min(start + block, total), total)
    finally:
        segment.close()
    with catalogue.transaction():
        catalogue.place(name, members)
    return SegmentState(name, len(rows), plan.store.seal(name))


def _metadata(article: Article) -> dict[str, Any]:
    metadata: dict[str, Any] = {"article_id": article.id}
    if article.source is not None:
        metadata["source"] = article.source
    if article.published is not None:
        metadata["published"] = published_number(article.published)
    return metadata


def _verify(plan: SyncPlan, catalogue: Catalogue, state: State, kept: State | None) -> None:
    """Have a child process open what is new and query it."""
    plan.step("verify")
    old = {segment.name for segment in kept.segments} if kept else set()
    new = [segment.name for segment in state.segments if segment.name not in old]
    lexical = plan.folder / LEXICAL / state.lexical
    reply = plan.store.examine(lexical, state, catalogue, only=new[0] if new else "")
    if "error" in reply:
        raise damaged(f"what was just built fails its check, {reply['error']}")
    for name, found in zip(new, reply["segments"], strict=True):
        if problem := segment_problem(catalogue, name, found):
            raise damaged(f"what was just built fails its check, {problem}")
    wanted = catalogue.passage_count(catalogue.article_ids(state.generation))
    if reply["lexical"]["count"] != wanted:
        raise damaged(f"tantivy holds {reply['lexical']['count']} of {wanted} passages")
    plan.step("verified")


def _clean(plan: SyncPlan, catalogue: Catalogue, state: State) -> None:
    """Drop what neither this generation nor the one before it needs."""
    previous = _previous_names(plan.folder)
    names = {segment.name for segment in state.segments}
    keep = names | {state.lexical} | previous
    remove_others(plan.folder / LEXICAL, keep)
    plan.store.clean(keep, state.generation)
    with catalogue.transaction():
        catalogue.forget_before(state.generation - 1, sorted(names | previous))


def _previous_names(folder: Path) -> set[str]:
    try:
        previous = read_state(folder, PREVIOUS)
    except IndexDamagedError:
        return set()
    if previous is None:
        return set()
    return {previous.lexical, *(segment.name for segment in previous.segments)}
