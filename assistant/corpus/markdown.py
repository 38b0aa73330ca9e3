"""How an article that was added is stored: Markdown with front matter, beside its original."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata

from assistant.corpus.storage import ORIGINALS
from assistant.types import Article

_SLUG_CHARS = 60


def is_markdown(name: str) -> bool:
    """Tell by its name whether a file may have front matter."""
    return name.lower().endswith((".md", ".markdown"))


def original_name(content: bytes, suffix: str) -> str:
    """Return the name inside a corpus under which an original is kept."""
    return f"{ORIGINALS}/{hashlib.sha256(content).hexdigest()[:16]}{suffix}"


def markdown_name(article: Article) -> str:
    """Return the name inside a corpus under which the text of an article is stored."""
    plain = unicodedata.normalize("NFKD", article.title).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    slug = "-".join(words)[:_SLUG_CHARS].strip("-") or "article"
    return f"{slug}-{article.id[:8]}.md"


def to_markdown(article: Article, original: str) -> bytes:
    """Write an article with what is known of it; `original` is the name that it is kept under."""
    import frontmatter

    metadata = {
        "title": article.title,
        "source": article.source,
        "url": article.url,
        "author": article.author,
        "published": article.published,
        "original": original,
    }
    post = frontmatter.Post("")
    post.metadata.update(metadata)
    header: str = frontmatter.dumps(post, allow_unicode=True, sort_keys=False)
    return f"{header.rstrip()}\n\n{article.text}\n".encode()


def original_of(name: str, content: bytes) -> str | None:
    """Return the name of the original that a stored Markdown file tells of."""
    import frontmatter

    if not is_markdown(name):
        return None
    metadata, _ = frontmatter.parse(content.decode("utf-8", errors="replace"))
    original = str(metadata.get("original") or "")
    if not original.startswith(f"{ORIGINALS}/"):
        return None
    return f"{ORIGINALS}/{posixpath.basename(original)}"
