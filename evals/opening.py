"""A suite's corpus in a folder of its own, indexed once and asked by one assistant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant import Article, Assistant, SearchFilter, Settings
from evals.samples import Sample, SampleError, load_samples
from evals.suites import LoadedSuite, SuiteArticle

_SCHEME = "evals:"
"""A suite's article carries its key as `url`, which neither prompts nor embeddings show."""
_NOWHERE = SearchFilter(article_ids=("0" * 16,))
"""Matches no article: for samples that come without any."""


@dataclass(frozen=True, slots=True)
class OpenSuite:
    """An assistant over the articles of a suite, and the suite's samples."""

    name: str
    assistant: Assistant
    samples: list[Sample]
    _ids: dict[str, str]
    _articles: dict[str, Article]

    def article(self, article_id: str) -> Article | None:
        """Return an article of the index by its whole id; None if there is none."""
        return self._articles.get(article_id)

    def where(self, sample: Sample) -> SearchFilter | None:
        """Restrict the search to the sample's own articles; None for the whole corpus."""
        if sample.articles is None:
            return None
        if not sample.articles:
            return _NOWHERE
        return SearchFilter(article_ids=tuple(self._ids[key] for key in sample.articles))


@contextmanager
def open_suite(suite: LoadedSuite, settings: Settings) -> Iterator[OpenSuite]:
    """Open one assistant for all samples of a suite; only what changed is indexed anew.

    One corpus holds the articles of all samples, and a filter keeps each question to its own:
    models are loaded once, not once a question.

    Raises:
        SampleError: the question file does not fit the articles.
        AssistantError: see `Assistant.open`.
    """
    home = settings.data_dir / "evals" / suite.name
    if suite.corpus is not None and suite.corpus.is_dir():
        corpus = suite.corpus
        place = hashlib.sha256(str(corpus.resolve()).encode()).hexdigest()[:8]
        home = home.with_name(f"{suite.name}-{place}")  # other files may have the same name
    else:
        corpus = home / "corpus"
        files = (
            {suite.corpus.name: suite.corpus.read_bytes()}
            if suite.corpus is not None
            else {f"{article.key}.md": to_markdown(article) for article in suite.articles}
        )
        make_equal(corpus, files)
    own = settings.model_copy(update={"data_dir": home, "corpus_dir": corpus})
    with Assistant.open(own) as assistant:
        assistant.refresh()
        if failed := assistant.corpus.read(source_bytes=own.source_bytes).failed:
            raise SampleError(
                f"{len(failed)} articles of {suite.name} cannot be read, and without them other "
                f"answers would be right: {failed[0].name}: {failed[0].reason}"
            )
        found = [assistant.article(reference.article_id) for reference in assistant.articles()]
        articles = {article.id: article for article in found}
        ids = {
            article.url.removeprefix(_SCHEME): article.id
            for article in found
            if article.url and article.url.startswith(_SCHEME)
        }
        if suite.questions is not None:
            samples = load_samples(suite.questions, [article.text for article in found])
        else:
            samples = list(suite.samples)
        missing = {key for sample in samples for key in sample.articles or () if key not in ids}
        if missing:
            raise SampleError(f"{len(missing)} articles of {suite.name} are not in its index.")
        yield OpenSuite(suite.name, assistant, samples, ids, articles)


def make_equal(folder: Path, files: dict[str, bytes]) -> None:
    """Write what is new or changed, delete what is not listed."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def to_markdown(article: SuiteArticle) -> bytes:
    """Write an article as a file of a corpus, with its key as address."""
    import yaml

    metadata: dict[str, str | bool] = {
        "title": article.title,
        "url": f"{_SCHEME}{article.key}",
        "markup": False,  # the text of a public set is no Markdown
    }
    if article.source:
        metadata["source"] = article.source
    header = yaml.safe_dump(metadata, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{header}---\n\n{article.text}\n".encode()
