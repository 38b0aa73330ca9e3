"""Parse an untrusted PDF or DOCX from standard input, under limits of memory and time.

Run as `python -m assistant.corpus.parser_child pdf|docx`. Writes one JSON object: text and
metadata, or `error`. A bomb ends this process, never the one that asked.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

_MEMORY_BYTES = 1_500_000_000
_CPU_S = 50
_INFLATED_BYTES = 200_000_000
_PAGES = 5_000


def main() -> None:
    """Read, parse, write."""
    _limit()
    content = sys.stdin.buffer.read()
    try:
        found = {"pdf": _read_pdf, "docx": _read_docx}[sys.argv[1]](content)
    except MemoryError:
        found = {"error": "it needs too much memory"}
    except Exception as error:  # any parser's error is the file's fault here
        found = {"error": " ".join(str(error).split()) or type(error).__name__}
    sys.stdout.write(json.dumps(found))


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the caller's time limit remains
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _read_pdf(content: bytes) -> dict[str, Any]:
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        return {"error": "it is encrypted"}
    if len(reader.pages) > _PAGES:
        return {"error": f"it has {len(reader.pages)} pages, more than {_PAGES}"}
    text = "\n\n".join(_unwrap(page.extract_text()) for page in reader.pages)
    metadata = reader.metadata
    return {
        "text": text,
        "title": metadata.title if metadata else None,
        "author": metadata.author if metadata else None,
    }


def _unwrap(text: str) -> str:
    """Join the lines of a page that were only wrapped; hyphens at line ends are kept."""
    lines = [line.strip() for line in text.splitlines()]
    joined = ""
    for line in lines:
        if not line:
            joined += "\n\n"
        elif joined.endswith("\n\n") or not joined:
            joined += line
        else:
            joined += " " + line
    return joined


def _read_docx(content: bytes) -> dict[str, Any]:
    inflated = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                while block := member.read(1 << 20):
                    inflated += len(block)
                    if inflated > _INFLATED_BYTES:
                        return {"error": "it unpacks to more than 200 MB"}
    from docx import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    document = Document(io.BytesIO(content))
    parts: list[str] = []
    for block_item in document.iter_inner_content():
        if isinstance(block_item, Paragraph):
            parts.append(block_item.text)
        elif isinstance(block_item, Table):
            rows = (" | ".join(cell.text.strip() for cell in row.cells) for row in block_item.rows)
            parts += [f"| {row} |" for row in rows]
    properties = document.core_properties
    return {
        "text": "\n\n".join(part for part in parts if part.strip()),
        "title": properties.title or None,
        "author": properties.author or None,
    }


if __name__ == "__main__":
    main()
