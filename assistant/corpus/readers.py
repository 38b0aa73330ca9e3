"""One file to one article, by format."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.corpus.cleaning import clean_line, clean_text, decode, parse_published
from assistant.corpus.markup import strip_markup
from assistant.errors import SourceError
from assistant.splitting import split_sentences
from assistant.types import Article

READING_VERSION = 2
"""Raise it when a file reads otherwise than before: what was kept of files is read again."""

_TITLE_CHARS = 200
_CUT_TITLE_CHARS = 120
_METADATA_CHARS = 2000
_CHILD_TIMEOUT_S = 60.0


def read_file(path: Path, *, source_bytes: int) -> Article:
    """Read a .txt, .md, .html, .pdf or .docx file.

    Raises:
        SourceError: it cannot be read, or see `check_source` and `read_content`.
    """
    try:
        check_source(path.name, path.stat().st_size, source_bytes=source_bytes)
        content = path.read_bytes()
    except OSError as error:
        check_source(path.name, 0, source_bytes=source_bytes)  # a wrong format comes first
        raise SourceError(
            f"{path.name} cannot be read: {error.strerror or error}.",
            hint="Check that it exists and that you may read it.",
        ) from error
    return read_content(content, path.name)


def check_source(name: str, size: int, *, source_bytes: int) -> None:
    """Refuse by its name and size a file that need not be opened.

    Raises:
        SourceError: it is of no known format, or too large.
    """
    last = PurePosixPath(name)
    if last.suffix.lower() not in READERS:
        raise SourceError(
            f"{last.name} has a format that cannot be read ({last.suffix or 'no suffix'}).",
            hint=f"Formats are {', '.join(sorted(READERS))}.",
        )
    if size > source_bytes:
        raise SourceError(
            f"{last.name} has {size:,} bytes, more than {source_bytes:,}.",
            hint="Split it, or raise ASSISTANT_SOURCE_BYTES.",
        )


def read_content(content: bytes, name: str) -> Article:
    """Read what a file of a known format holds.

    Raises:
        SourceError: it is empty, encrypted, binary or broken; the message names the file and the
            reason.
    """
    if not content.strip():
        raise SourceError(f"{name} is empty.", hint="Remove it, or fill it.")
    try:
        return READERS[PurePosixPath(name).suffix.lower()](content, name)
    except SourceError:
        raise
    except Exception as error:  # whatever one file does to a parser, the others are read
        raise SourceError(
            f"{name} cannot be read: {type(error).__name__}: {error}.",
            hint="Save its text as a .txt file.",
        ) from error


def make_article(text: str, name: str, *, title: str | None = None, **metadata: Any) -> Article:
    """Clean a text and its metadata; a missing title is taken from the text.

    Raises:
        SourceError: no text is left.
    """
    text = clean_text(text)
    title = clean_line(title)
    if title is None:
        title, text = _split_title(text)
    if not text:
        raise SourceError(f"{name} holds no text.", hint="A scan needs to be read by OCR first.")
    published = parse_published(metadata.pop("published", None), name)
    fields = {key: clean_line(str(value)) for key, value in metadata.items() if value}
    return Article(title=title, text=text, published=published, **fields)


def read_html(content: bytes, name: str, *, url: str | None = None) -> Article:
    """Read the main text of a page, with title, author, site name and date where it has them."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    try:
        page = bare_extraction(
            decode(content, name), url=url, with_metadata=True, include_comments=False
        )
    except SourceError:
        raise
    except Exception as error:  # trafilatura and lxml raise many kinds on broken pages
        raise SourceError(
            f"{name} is no HTML that can be read: {error}.",
            hint="Save the article's text as a .txt or .md file.",
        ) from error
    if not isinstance(page, Document) or not page.text:
        raise SourceError(
            f"{name} has no main text.", hint="Save the article's text as a .txt or .md file."
        )
    published = str(page.date)[:10] if page.date else None
    return make_article(
        page.text,
        name,
        title=page.title,
        author=page.author,
        source=page.sitename,
        published=published,
        url=url or page.url,
    )


def _read_txt(content: bytes, name: str) -> Article:
    return make_article(decode(content, name), name)


def _read_markdown(content: bytes, name: str) -> Article:
    import frontmatter

    text = decode(content, name)
    try:
        metadata, body = frontmatter.parse(text)
    except Exception as error:  # YAML's loader raises many kinds on broken tags and deep nesting
        raise SourceError(
            f"{name} has front matter that is not YAML: "
            f"{' '.join(str(error).split()) or type(error).__name__}.",
            hint="Mend the lines between the --- marks.",
        ) from error
    for key in ("title", "source", "url", "author", "published"):
        _check_plain(metadata.get(key), key, name)
    title = metadata.get("title")
    if title is None:
        first, _, rest = body.lstrip().partition("\n")
        if first.startswith("# "):
            title, body = strip_markup(first), rest
    # Of an article that was added the bare text is stored.
    if not metadata.get("original") and metadata.get("markup") is not False:
        body = strip_markup(body)
    known = {key: metadata.get(key) for key in ("source", "url", "author", "published")}
    return make_article(body, name, title=None if title is None else str(title), **known)


def _check_plain(value: Any, key: str, name: str) -> None:
    """Refuse lists and mappings, which a few aliases in YAML make too large to write out."""
    plain = value is None or isinstance(value, (str, int, float, date))
    if not plain or (isinstance(value, str) and len(value) > _METADATA_CHARS):
        raise SourceError(
            f"{name} has front matter whose {key} is no text of at most {_METADATA_CHARS:,} "
            "characters.",
            hint="Write it on one line.",
        )


def _in_child(kind: str) -> Callable[[bytes, str], Article]:
    """Read a format whose parsers are open to bombs: in a process with limits of its own."""

    def read(content: bytes, name: str) -> Article:
        command = [sys.executable, "-m", "assistant.corpus.parser_child", kind]
        try:
            done = subprocess.run(
                command, input=content, capture_output=True, timeout=_CHILD_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise SourceError(
                f"{name} took longer than {_CHILD_TIMEOUT_S:.0f} s to read.",
                hint="It may be damaged; save its text as a .txt file.",
            ) from error
        try:
            found = json.loads(done.stdout)
        except ValueError:
            found = {"error": "its parser ran out of memory or time"}
        if "error" in found:
            raise SourceError(
                f"{name} cannot be read: {found['error']}.",
                hint="Save its text as a .txt file, or remove its password.",
            )
        return make_article(found.pop("text"), name, **found)

    return read


def _split_title(text: str) -> tuple[str, str]:
    """Take a short first line before a blank line as title, else the first sentence's start."""
    first, separator, rest = text.partition("\n\n")
    if separator and len(first) <= _TITLE_CHARS and "\n" not in first:
        return first, rest.strip()
    sentences = split_sentences(text[:2000])
    title = " ".join(sentences[0].text.split()) if sentences else ""
    if len(title) > _CUT_TITLE_CHARS:
        title = title[:_CUT_TITLE_CHARS].rsplit(" ", 1)[0] + " …"
    return title, text


READERS: dict[str, Callable[[bytes, str], Article]] = {
    ".txt": _read_txt,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": _in_child("pdf"),
    ".docx": _in_child("docx"),
}
