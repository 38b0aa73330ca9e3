"""Articles into passages and sentences, with exact offsets.

Sentence boundaries come from sentencex, which on our table of cases (tests/cases/sentences.toml)
did better than pysbd on abbreviations and quotations and is maintained; what it gets wrong on
news text is repaired here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from assistant.types import Article, Passage, Span

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LIST_LINE = re.compile(r"\n(?=[^\S\n]*(?:[-*•‣–]|\d{1,3}[.)]|\|)\s)")
_TITLE_ONLY = re.compile(
    r"(?:^|\s)(?:Dr|Mr|Mrs|Ms|Prof|Gen|Lt|Col|Sgt|Capt|Gov|Sen|Rep|Rev|St|Jr|Sr|No|vs)\.$"
)
_SPEAKER_FOLLOWS = (
    r"(?:[A-Z][\w.’'-]*\s+){1,4}(?:said|says|asked|told|added|wrote|replied|warned|tweeted)\b"
)
_AFTER_QUOTE = re.compile(r"[.!?…][”\"’»]+\s+(?=[“\"‘«]?[A-Z0-9])(?!" + _SPEAKER_FOLLOWS + ")")
_SPEAKER = re.compile(_SPEAKER_FOLLOWS)
_QUOTE_CLOSED = re.compile(r"[.!?…][”\"’»]+$")
_NUMBER_ONLY = re.compile(r"(?:^|\n)\s*\d{1,3}[.)]$")
_LONGEST_SENTENCE_CHARS = 600
_SHADOWS = dict(zip("“”„«»‘’…。！？–—", '"""""\'\'..!?--', strict=True))
_BREAKS = ("; ", ": ", ", ", " – ", " — ", " ")


def passage_context(article: Article) -> str:
    """Return the line of title and date that is embedded before each passage."""
    if article.published:
        return f"{article.title} ({article.published.isoformat()})\n"
    return f"{article.title}\n" if article.title else ""


def split_sentences(text: str) -> tuple[Span, ...]:
    """Split a text into sentences, in order, without surrounding white space.

    `text[span.start:span.end] == span.text`; every character that is not white space belongs
    to exactly one sentence; none crosses a blank line.
    """
    spans: list[Span] = []
    for start, end in _blocks(text):
        boundaries = _repaired(text, start, end)
        for first, last in itertools.pairwise(boundaries):
            spans += _stripped(text, first, last)
    return tuple(spans)


def split_passages(
    article: Article,
    *,
    count_tokens: Callable[[str], int],
    passage_tokens: int,
    limit_tokens: int,
) -> tuple[Passage, ...]:
    """Split an article into passages of whole sentences.

    `count_tokens` is the embedding model's own count, special tokens included. A passage has
    at most `passage_tokens`, and with `passage_context` never more than `limit_tokens`. A new
    one begins at the end of a paragraph once it is half full. A sentence that alone is too
    long is cut at white space, or anywhere if there is none.
    """
    room = min(passage_tokens, limit_tokens - count_tokens(passage_context(article)))
    if room < limit_tokens // 4:
        # A title this long would crowd out the text: the passage goes without it.
        room = min(passage_tokens, limit_tokens)
    pieces: list[Span] = []
    for sentence in split_sentences(article.text):
        pieces += _fitting(sentence, count_tokens, room)

    passages: list[Passage] = []
    current: list[Span] = []
    spent = 0
    for piece in pieces:
        cost = count_tokens(piece.text)
        begins_paragraph = bool(current) and bool(
            _BLANK_LINE.search(article.text, current[-1].end, piece.start)
        )
        full = bool(current) and (
            spent + cost > room or count_tokens(article.text[current[0].start : piece.end]) > room
        )
        if full or (begins_paragraph and spent * 2 >= room):
            passages.append(_passage(article, current))
            current, spent = [], 0
        current.append(piece)
        spent += cost
    if current:
        passages.append(_passage(article, current))
    return tuple(passages)


def embedded_text(
    article: Article, passage: Passage, *, count_tokens: Callable[[str], int], limit_tokens: int
) -> str:
    """Return what is embedded for a passage: its context and its text, if both fit."""
    together = passage_context(article) + passage.text
    return together if count_tokens(together) <= limit_tokens else passage.text


def _passage(article: Article, sentences: list[Span]) -> Passage:
    start, end = sentences[0].start, sentences[-1].end
    return Passage(article.id, start, end, article.text[start:end], tuple(sentences))


def _blocks(text: str) -> list[tuple[int, int]]:
    """Return the ranges between blank lines, list items and table rows apart."""
    cuts = sorted(
        {0, len(text)}
        | {match.end() for match in _BLANK_LINE.finditer(text)}
        | {match.end() for match in _LIST_LINE.finditer(text)}
    )
    return list(itertools.pairwise(cuts))


def _repaired(text: str, start: int, end: int) -> list[int]:
    """Return the boundaries of the sentences of a block, both ends included."""
    block = text[start:end]
    if not block.strip():
        return [start, end]
    cuts = _library_cuts(block)
    kept: list[int] = []
    previous = 0
    for cut in cuts:
        before = block[previous:cut].rstrip()
        attributed = _QUOTE_CLOSED.search(before) and _SPEAKER.match(block, cut)
        goes_on = before.endswith(("…", "...")) and block[cut:].lstrip()[:1].islower()
        if not (_TITLE_ONLY.search(before) or _NUMBER_ONLY.search(before) or attributed or goes_on):
            kept.append(cut)
            previous = cut
    kept += [match.end() for match in _AFTER_QUOTE.finditer(block)]
    boundaries = sorted({0, len(block), *kept})
    fine: list[int] = []
    for first, last in itertools.pairwise(boundaries):
        fine += _cut_long(block, first, last)
    return [start + cut for cut in [*fine, len(block)]]


def _library_cuts(block: str) -> list[int]:
    """Return the starts of the library's sentences after the first.

    The library sees an ASCII shadow of equal length: on some Unicode text it slices inside a
    character and panics.
    """
    import sentencex

    found = sentencex.get_sentence_boundaries("en", "".join(map(_shadow, block)))
    return [boundary["start_index"] for boundary in found][1:]


def _shadow(character: str) -> str:
    """Return an ASCII character that plays the same part in a sentence."""
    if character.isascii():
        return character
    if character in _SHADOWS:
        return _SHADOWS[character]
    if character.isspace():
        return " "
    if character.isdigit():
        return "0"
    return "X" if character.isupper() else "x" if character.isalnum() else ","


def _cut_long(block: str, first: int, last: int) -> list[int]:
    """Return the starts of the pieces of a sentence, cut where it is longer than a reader bears."""
    starts = [first]
    while last - starts[-1] > _LONGEST_SENTENCE_CHARS:
        low, high = starts[-1] + _LONGEST_SENTENCE_CHARS // 2, starts[-1] + _LONGEST_SENTENCE_CHARS
        for mark in _BREAKS:
            found = block.rfind(mark, low, high)
            if found >= 0:
                starts.append(found + len(mark))
                break
        else:
            starts.append(high)
    return starts


def _stripped(text: str, start: int, end: int) -> list[Span]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    bare = piece.strip()
    return [Span(start + left, start + left + len(bare), bare)] if bare else []


def _fitting(sentence: Span, count_tokens: Callable[[str], int], room: int) -> list[Span]:
    """Halve a sentence until every piece fits."""
    if count_tokens(sentence.text) <= room or len(sentence.text) < 2:
        return [sentence]
    middle = len(sentence.text) // 2
    space = sentence.text.rfind(" ", 1, middle)
    cut = space if space > middle // 2 else middle
    pieces: list[Span] = []
    for first, last in ((0, cut), (cut, len(sentence.text))):
        for part in _stripped(sentence.text, first, last):
            whole = Span(sentence.start + part.start, sentence.start + part.end, part.text)
            pieces += _fitting(whole, count_tokens, room)
    return pieces
