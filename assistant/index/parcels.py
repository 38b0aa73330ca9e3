"""An article with its passages and embeddings as records that Chroma can keep.

A replica needs more than vectors to answer: texts, the ranges of passages and sentences, and
the sentences' embeddings, bit for bit. They travel as metadata of records whose own vector
means nothing, for Chroma would build a word index over documents.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.fields import article_fields, article_of, passage_of
from assistant.types import Article, Passage

PART_CHARS = 48_000
_LENGTH_BYTES = 8


class BrokenParcelError(Exception):
    """What was read is not what was written."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: an id, the meaningless vector, and metadata with a piece of the content."""

    id: str
    vector: list[float]
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An article as the catalogue keeps it: rows are (passage, vector key, sentences' keys)."""

    article: Article
    position: int
    rows: list[tuple[Passage, bytes, list[bytes]]]
    vectors: Mapping[bytes, np.ndarray]


def pack(parcel: Parcel) -> bytes:
    """Return a parcel as bytes."""
    keys = list(dict.fromkeys(key for _, own, others in parcel.rows for key in (own, *others)))
    place = {key: index for index, key in enumerate(keys)}
    header = {
        "article": article_fields(parcel.article),
        "position": parcel.position,
        "keys": [key.hex() for key in keys],
        "passages": [
            [
                passage.start,
                passage.end,
                place[own],
                [
                    [sentence.start, sentence.end, place[key]]
                    for sentence, key in zip(passage.sentences, others, strict=True)
                ],
            ]
            for passage, own, others in parcel.rows
        ],
    }
    head = json.dumps(header).encode()
    body = b"".join(np.asarray(parcel.vectors[key], dtype="<f4").tobytes() for key in keys)
    return zlib.compress(len(head).to_bytes(_LENGTH_BYTES, "big") + head + body, 1)


def unpack(content: bytes, article_id: str) -> Parcel:
    """Return the parcel of an article.

    Raises:
        BrokenParcelError: it holds another article.
    """
    plain = zlib.decompress(content)
    end = _LENGTH_BYTES + int.from_bytes(plain[:_LENGTH_BYTES], "big")
    header = json.loads(plain[_LENGTH_BYTES:end])
    article = article_of(header["article"])
    if article.id != article_id:
        raise BrokenParcelError(f"it holds the article {article.id} instead of {article_id}")
    keys = [bytes.fromhex(key) for key in header["keys"]]
    numbers = np.frombuffer(plain[end:], dtype="<f4")
    matrix = numbers.reshape(len(keys), -1) if keys else numbers
    rows = []
    for start, stop, own, sentences in header["passages"]:
        ranges = ((first, last) for first, last, _ in sentences)
        passage = passage_of(article_id, article.text, start, stop, ranges)
        rows.append((passage, keys[own], [keys[index] for _, _, index in sentences]))
    return Parcel(article, header["position"], rows, dict(zip(keys, matrix, strict=True)))


def to_records(name: str, content: bytes) -> list[Record]:
    """Cut content into records `name.index.total`, each with the digest of the whole."""
    plain = base64.b64encode(content).decode("ascii")
    total = max(1, math.ceil(len(plain) / PART_CHARS))
    digest = hashlib.sha256(content).hexdigest()
    records = []
    for index in range(total):
        record_id = f"{name}.{index}.{total}"
        angle = int.from_bytes(hashlib.sha256(record_id.encode()).digest()[:4], "big")
        records.append(
            Record(
                record_id,
                [math.cos(angle), math.sin(angle)],
                {"sha256": digest, "part": plain[index * PART_CHARS : (index + 1) * PART_CHARS]},
            )
        )
    return records


def names_of(record_ids: Iterable[str]) -> dict[str, list[str]]:
    """Group record ids by the name of what they are parts of, parts in order.

    Raises:
        BrokenParcelError: parts are missing.
    """
    parts: dict[str, dict[int, str]] = {}
    totals: dict[str, int] = {}
    for record_id in record_ids:
        name, index, total = record_id.rsplit(".", 2)
        parts.setdefault(name, {})[int(index)] = record_id
        totals[name] = int(total)
    for name, found in parts.items():
        if len(found) != totals[name]:
            raise BrokenParcelError(f"{len(found)} of {totals[name]} parts of {name} are there")
    return {name: [found[index] for index in sorted(found)] for name, found in parts.items()}


def from_records(metadata: Sequence[Mapping[str, Any]]) -> bytes:
    """Join the parts of one content, in their order.

    Raises:
        BrokenParcelError: the digest is another one.
    """
    content = base64.b64decode("".join(item["part"] for item in metadata))
    if hashlib.sha256(content).hexdigest() != metadata[0]["sha256"]:
        raise BrokenParcelError("its content has another digest than was written")
    return content
