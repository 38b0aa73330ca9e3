"""Words in tantivy: BM25 over passages, and what the corpus has words for."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.facts import STOPWORDS, alias_forms, same_word
from assistant.index.catalogue import Catalogue
from assistant.index.dense import published_number
from assistant.types import SearchFilter

_ANALYZER = "english"
_TITLE_WEIGHT = 0.5
_HEAP_BYTES = 128_000_000
_LONGEST_TOKEN = 60
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_FUZZY_LETTERS = 6
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """A passage as the lexical index stores it."""

    passage_id: str
    article_id: str
    title: str
    text: str
    source: str | None
    published: date | None
    author: str | None


class LexicalIndex:
    """An open tantivy index. Readers share one; a writer opens its own copy."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        import tantivy

        self._tantivy: Any = tantivy  # its stubs lack SearchResult.count
        if create:
            path.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(_schema(), path=str(path))
        else:
            self._index = tantivy.Index.open(str(path))
        self._analyzer = _analyzer()
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._schema = self._index.schema
        self._searcher: Any = self._index.searcher()

    def change(self, *, remove: Sequence[str], add: Iterable[LexicalRow]) -> None:
        """Delete the passages of articles and add rows, in one commit."""
        writer = self._index.writer(_HEAP_BYTES, 1)
        for article_id in remove:
            writer.delete_documents_by_term("article_id", article_id)
        for row in add:
            fields: dict[str, Any] = {
                "passage_id": row.passage_id,
                "article_id": row.article_id,
                "title": join_initials(f"{row.title} {row.author or ''}"),
                "text": join_initials(row.text),
            }
            if row.source is not None:
                fields["source"] = row.source
            if row.published is not None:
                fields["published"] = published_number(row.published)
            writer.add_document(self._tantivy.Document(**fields))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, text: str, *, k: int, where: SearchFilter) -> list[tuple[str, str, float]]:
        """Return (passage id, article id, BM25 score), best first. Any text is a query."""
        query_type, occur = self._tantivy.Query, self._tantivy.Occur
        words = list(dict.fromkeys(self._tokens(text)))
        kept = [word for word in words if word not in STOPWORDS] or words
        if not kept:
            return []
        should = []
        for word in kept:
            should.append((occur.Should, query_type.term_query(self._schema, "text", word)))
            in_title = query_type.term_query(self._schema, "title", word)
            should.append((occur.Should, query_type.boost_query(in_title, _TITLE_WEIGHT)))
        clauses = [(occur.Must, query_type.boolean_query(should)), *self._restrict(where)]
        found = self._searcher.search(query_type.boolean_query(clauses), k)
        hits = []
        for score, address in found.hits:
            document = self._searcher.doc(address)
            hits.append((document["passage_id"][0], document["article_id"][0], float(score)))
        return hits

    def has_term(self, term: str, where: SearchFilter) -> bool:
        """Tell whether any passage, title or author has a word, or several in a row ("Hwasong-15").

        Only articles that pass `where` count. Another name of the same thing counts ("USA" for
        "US"), a nationality for its country, for longer words without digits one typing error,
        for a year an article published in it, and a word of an outlet's name.
        """
        forms = alias_forms(term)
        if any(self._occurs(self._tokens(form), where) for form in forms) or (
            _YEAR.fullmatch(term) and self._finds(self._published_in(int(term)), where)
        ):
            return True
        tokens = self._tokens(term)
        if not tokens or self._is_of_outlet(tokens, where):
            return True
        if len(tokens) > 1 or any(character.isdigit() for character in term):
            return False
        word = tokens[0]
        for field in ("text", "title"):
            prefixed = self._searcher.terms_with_prefix(field, word[:4]) if len(word) >= 4 else []
            alike = [other for other, _ in prefixed if same_word(word, other)]
            if any(self._occurs([other], where) for other in alike):
                return True
            if len(word) >= _FUZZY_LETTERS:
                fuzzy = self._tantivy.Query.fuzzy_term_query(self._schema, field, word, distance=1)
                if self._finds(fuzzy, where):
                    return True
        return False

    def count(self) -> int:
        """Count the passages."""
        return int(self._searcher.num_docs)

    def ids(self) -> list[str]:
        """List all passage ids, sorted."""
        total = self.count()
        if not total:
            return []
        found = self._searcher.search(self._tantivy.Query.all_query(), total)
        return sorted(self._searcher.doc(address)["passage_id"][0] for _, address in found.hits)

    def _tokens(self, text: str) -> list[str]:
        return list(self._analyzer.analyze(join_initials(text)))

    def _occurs(self, tokens: Sequence[str], where: SearchFilter) -> bool:
        if not tokens:
            return False
        query_type = self._tantivy.Query
        for field in ("text", "title"):
            if len(tokens) == 1:
                query = query_type.term_query(self._schema, field, tokens[0])
            else:
                query = query_type.phrase_query(self._schema, field, list(tokens))
            if self._finds(query, where):
                return True
        return False

    def _is_of_outlet(self, tokens: Sequence[str], where: SearchFilter) -> bool:
        for source, _ in self._searcher.terms_with_prefix("source", ""):
            if set(tokens).issubset(self._tokens(source)) and self._finds(
                self._tantivy.Query.term_query(self._schema, "source", source), where
            ):
                return True
        return False

    def _finds(self, query: Any, where: SearchFilter) -> bool:
        must = self._tantivy.Occur.Must
        narrowed = self._tantivy.Query.boolean_query([(must, query), *self._restrict(where)])
        return bool(self._searcher.search(narrowed, 1).count)

    def _published_in(self, year: int) -> Any:
        first, last = published_number(date(year, 1, 1)), published_number(date(year, 12, 31))
        integer = self._tantivy.FieldType.Integer
        return self._tantivy.Query.range_query(self._schema, "published", integer, first, last)

    def _restrict(self, where: SearchFilter) -> list[tuple[Any, Any]]:
        query_type, occur = self._tantivy.Query, self._tantivy.Occur
        clauses = []
        for field, values in (("source", where.sources), ("article_id", where.article_ids)):
            if values:
                terms = query_type.term_set_query(self._schema, field, list(values))
                clauses.append((occur.Must, terms))
        if where.published_from or where.published_to:
            low = published_number(where.published_from) if where.published_from else 0
            high = published_number(where.published_to) if where.published_to else 99_999_999
            span = query_type.range_query(
                self._schema, "published", self._tantivy.FieldType.Integer, low, high
            )
            clauses.append((occur.Must, span))
        return clauses


def rows_of(catalogue: Catalogue, article_ids: Sequence[str], generation: int) -> list[LexicalRow]:
    """Return the rows for articles of a generation, by passage id."""
    ids = [row[0] for row in catalogue.passages_of(article_ids)]
    return [
        LexicalRow(
            passage_id,
            reference.article_id,
            reference.title,
            passage.text,
            reference.source,
            reference.published,
            reference.author,
        )
        for passage_id, (passage, reference, _) in catalogue.passages(ids, generation).items()
    ]


def begin_lexical(new: Path, old: Path | None) -> LexicalIndex:
    """Open a new index to be changed: a copy of an old one, or an empty one."""
    if old is None:
        return LexicalIndex(new, create=True)
    copy_lexical(old, new)
    return LexicalIndex(new)


def copy_lexical(old: Path, new: Path) -> None:
    """Give a writer its own copy, by hard links where the file system has them.

    tantivy never writes into an existing file: segments are immutable and its two lists are
    replaced, so what `old` names stays as it is.
    """
    new.mkdir(parents=True)
    for file in old.iterdir():
        if file.name.endswith(".lock"):
            continue
        try:
            os.link(file, new / file.name)
        except OSError:
            shutil.copy2(file, new / file.name)


def join_initials(text: str) -> str:
    """Write "U.N." as "UN", so that both forms are one word."""
    return _DOTTED.sub(lambda match: match.group().replace(".", "") + " ", text)


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in ("passage_id", "article_id"):
        builder.add_text_field(field, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("published", indexed=True, fast=True)
    builder.add_text_field("title", tokenizer_name=_ANALYZER, index_option="position")
    builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="position")
    return builder.build()


def _analyzer() -> Any:
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_TOKEN))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
