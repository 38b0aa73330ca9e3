"""The corpus folder: the truth from which everything else is derived."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.bundled import bundled_path
from assistant.corpus.readers import READERS, read_file
from assistant.corpus.web import read_url
from assistant.errors import ArticleNotFoundError, SourceError
from assistant.settings import Settings
from assistant.types import AddReport, Article, FailedSource

_ORIGINALS = "originals"
_SLUG_CHARS = 60
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CorpusReading:
    """The articles of a folder in the order of their paths, and the files that failed."""

    articles: tuple[Article, ...]
    failed: tuple[FailedSource, ...]
    paths: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class _Found:
    article: Article
    content: bytes
    suffix: str
    inside: bool


class CorpusFolder:
    """A folder of articles. Originals of what was added lie in its `originals/`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, *, source_bytes: int) -> CorpusReading:
        """Read every article. A file that cannot be read is listed, never fatal."""

        def read_all() -> Iterator[tuple[str, Article | FailedSource]]:
            for name in self.names():
                try:
                    yield name, self.read_one(name, source_bytes=source_bytes)
                except SourceError as error:
                    yield name, FailedSource(name, str(error))

        return self.gather(read_all())

    def names(self) -> list[str]:
        """List the files that may be articles, relative to the folder, in the order of reading."""
        return [str(file.relative_to(self.path)) for file in self._files()]

    def read_one(self, name: str, *, source_bytes: int) -> Article:
        """Read one file of the folder.

        Raises:
            SourceError: it leads out of the folder, or see `read_file`.
        """
        file = self.path / name
        self._refuse_outside(file)
        return read_file(file, source_bytes=source_bytes)

    def stamp(self, name: str) -> str | None:
        """Return what changes when a file does; None for a link or a file that is gone."""
        try:
            found = (self.path / name).lstat()
        except OSError:
            return None
        return None if stat.S_ISLNK(found.st_mode) else f"{found.st_size}-{found.st_mtime_ns}"

    def gather(self, results: Iterable[tuple[str, Article | FailedSource]]) -> CorpusReading:
        """Make a reading of what was read, by name; of equal articles the first counts."""
        articles: dict[str, Article] = {}
        paths: dict[str, Path] = {}
        failed: list[FailedSource] = []
        for name, result in results:
            if isinstance(result, FailedSource):
                failed.append(result)
            elif result.id not in articles:
                articles[result.id] = result
                paths[result.id] = self.path / name
        return CorpusReading(tuple(articles.values()), tuple(failed), paths)

    def add(
        self,
        sources: Sequence[str | Path],
        settings: Settings,
        *,
        progress: Callable[[str], None] | None = None,
    ) -> AddReport:
        """Store files, folders (with all below them) and URLs.

        The original goes to `originals/` under its digest, the text beside it as Markdown with
        front matter. What the corpus has already is left alone.
        """
        known = set(self.read(source_bytes=settings.source_bytes).paths)
        added: list[str] = []
        unchanged: list[str] = []
        failed: list[FailedSource] = []
        for source in sources:
            for name, read in self._expand(source, settings):
                if progress is not None:
                    progress(name)
                try:
                    found = read()
                    if found.article.id in known:
                        unchanged.append(found.article.id)
                        continue
                    self._store(found)
                except SourceError as error:
                    failed.append(FailedSource(name, str(error)))
                    continue
                except OSError as error:
                    failed.append(FailedSource(name, f"It cannot be stored: {error}."))
                    continue
                known.add(found.article.id)
                added.append(found.article.id)
        return AddReport(tuple(added), tuple(dict.fromkeys(unchanged)), tuple(failed))

    def remove(self, article_id: str) -> Path:
        """Delete every file of an article, and the original that was kept for it.

        Raises:
            ArticleNotFoundError: no file holds it.
        """
        removed: Path | None = None
        for file in self._files():
            try:
                article = read_file(file, source_bytes=file.stat().st_size + 1)
            except SourceError:
                continue
            if article.id != article_id:
                continue
            original = _original_of(file)
            file.unlink()
            if original is not None:
                (self.path / _ORIGINALS / original).unlink(missing_ok=True)
            removed = removed or file
        if removed is None:
            raise ArticleNotFoundError(
                f"No file of {self.path} holds the article {article_id}.",
                hint="Run `assistant ingest` to bring the index in step with the folder.",
            )
        return removed

    def fingerprint(self) -> str:
        """Return a digest of names, sizes and times, which changes when a file does."""
        digest = hashlib.sha256()
        for file in self._files():
            found = file.lstat()
            name = os.fsencode(file.relative_to(self.path))
            digest.update(b"%s\0%d\0%d\0" % (name, found.st_size, found.st_mtime_ns))
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        """Yield the files that may be articles, by path; no hidden ones, no originals."""
        if not self.path.is_dir():
            return
        for folder, folders, files in os.walk(self.path):
            here = Path(folder)
            at_top = here == self.path
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".") and not (at_top and name == _ORIGINALS)
            )
            for name in sorted(files):
                if name.startswith(".") or (at_top and name.lower().startswith("readme")):
                    continue
                yield here / name

    def _refuse_outside(self, file: Path) -> None:
        if file.is_symlink() and not file.resolve().is_relative_to(self.path.resolve()):
            raise SourceError(
                f"{file.name} is a link that leads out of the corpus.", hint="Copy the file in."
            )

    def _expand(
        self, source: str | Path, settings: Settings
    ) -> Iterator[tuple[str, Callable[[], _Found]]]:
        """Yield a name and a reading function for each thing that a source stands for."""
        if isinstance(source, str) and _URL.match(source):
            yield source, lambda: _fetch(source, settings)
            return
        path = Path(source).expanduser()
        if path.is_dir():
            for file in CorpusFolder(path)._files():
                yield str(file), lambda file=file: self._read(file, settings)  # type: ignore[misc]
        else:
            yield str(path), lambda: self._read(path, settings)

    def _read(self, path: Path, settings: Settings) -> _Found:
        article = read_file(path, source_bytes=settings.source_bytes)
        inside = path.resolve().is_relative_to(self.path.resolve())
        return _Found(article, path.read_bytes(), path.suffix.lower(), inside)

    def _store(self, found: _Found) -> None:
        if found.inside:
            return
        article = found.article
        original = f"{hashlib.sha256(found.content).hexdigest()[:16]}{found.suffix}"
        text = _to_markdown(article, original)
        target = self.path / f"{_slug(article.title)}-{article.id[:8]}.md"
        _write(self.path / _ORIGINALS / original, found.content)
        _write(target, text.encode("utf-8"))
        again = read_file(target, source_bytes=len(text.encode("utf-8")) + 1)
        if again.id != article.id:
            target.unlink()
            raise SourceError(
                f"The text of “{article.title}” does not survive being stored as Markdown.",
                hint="Please report this with the file.",
            )


def ensure_starter(path: Path) -> None:
    """Make the corpus folder, with the starter article in it, unless there is one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    shutil.copytree(bundled_path("corpus"), partial)
    try:
        partial.rename(path)
    except OSError:
        shutil.rmtree(partial)
        if not path.exists():
            raise


def supported_suffixes() -> tuple[str, ...]:
    """List the suffixes of files that can be read."""
    return tuple(sorted(READERS))


def _fetch(url: str, settings: Settings) -> _Found:
    page = read_url(
        url,
        source_bytes=settings.source_bytes,
        timeout_s=settings.url_timeout_s,
        allow_private=settings.allow_private_urls,
    )
    return _Found(page.article, page.content, page.suffix, inside=False)


def _to_markdown(article: Article, original: str) -> str:
    import frontmatter

    metadata = {
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "author": article.author,
        "published": article.published,
        "original": f"{_ORIGINALS}/{original}",
    }
    post = frontmatter.Post("")
    post.metadata.update(metadata)
    header: str = frontmatter.dumps(post, allow_unicode=True, sort_keys=False)
    return f"{header.rstrip()}\n\n{article.text}\n"


def _original_of(file: Path) -> str | None:
    import frontmatter

    if file.suffix.lower() != ".md":
        return None
    metadata, _ = frontmatter.parse(file.read_text(encoding="utf-8", errors="replace"))
    original = str(metadata.get("original") or "")
    return Path(original).name if original.startswith(f"{_ORIGINALS}/") else None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words)[:_SLUG_CHARS].strip("-") or "article"
