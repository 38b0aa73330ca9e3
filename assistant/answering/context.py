"""What surrounds each evidence sentence, for the checks that need more than the sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.facts import announces, leans_on_predecessor
from assistant.models.cross_encoder import read_context
from assistant.splitting import split_sentences
from assistant.types import Article, Citation, Evidence

_PARAGRAPH = "\n\n"
_LEAD_SENTENCES = 4


@dataclass(frozen=True, slots=True)
class EvidenceContext:
    """An evidence sentence with its article and the sentences that lead up to it."""

    evidence: Evidence
    article: Article
    lead: tuple[str, ...]
    """Up to four sentences before it in its paragraph, in order.

    The last sentence of the paragraph before comes first where what follows leans on it: the
    question of an interview, or who "he" is.
    """

    after: str = ""
    """The sentence after it in its paragraph, or the empty string."""

    @property
    def predecessor(self) -> str:
        """The sentence before it in its paragraph, or the empty string."""
        return self.lead[-1] if self.lead else ""

    @property
    def close(self) -> str:
        """The sentence with its predecessor."""
        return f"{self.predecessor} {self.evidence.reading}".strip()

    @property
    def readings(self) -> tuple[str, ...]:
        """The sentence as the verifier reads it: alone, and after its predecessor."""
        title, sentence = self.article.title, self.evidence.reading
        leads = ("", self.predecessor) if self.predecessor else ("",)
        return tuple(read_context(title, lead, sentence) for lead in leads)

    @property
    def heading(self) -> str:
        """Title, date, source and author, as far as known."""
        published = self.article.published
        date = f"{published:%d %B %Y} {published.isoformat()}" if published else ""
        parts = (self.article.title, date, self.article.source or "", self.article.author or "")
        return ". ".join(part for part in parts if part)

    @property
    def wide(self) -> str:
        """Heading, lead and sentence: where the words of a question are looked for."""
        return ". ".join((self.heading, *self.lead, self.evidence.reading))

    def cite(self, number: int) -> Citation:
        """Return the citation of the sentence, printed as `number`."""
        item = self.evidence
        return Citation(
            number=number,
            article_id=item.article.article_id,
            title=item.article.title,
            source=item.article.source,
            published=item.article.published,
            start=item.start,
            end=item.end,
            quote=self.article.text[item.start : item.end],
        )


def read_contexts(
    evidence: Sequence[Evidence], article: Callable[[str], Article]
) -> tuple[EvidenceContext, ...]:
    """Give each evidence sentence its context; `article` finds an article by id."""
    articles: dict[str, Article] = {}
    contexts = []
    for item in evidence:
        article_id = item.article.article_id
        if article_id not in articles:
            articles[article_id] = article(article_id)
        found = articles[article_id]
        begin = found.text.rfind(_PARAGRAPH, 0, item.start)
        before = found.text[begin + len(_PARAGRAPH) if begin >= 0 else 0 : item.start]
        lead = tuple(span.text for span in split_sentences(before))
        if len(lead) < _LEAD_SENTENCES and begin >= 0:
            lead = (*_last_before(found.text, begin, (*lead, item.reading)[0]), *lead)
        lead = lead[-_LEAD_SENTENCES:] if item.row is None else ()
        close = found.text.find(_PARAGRAPH, item.end)
        rest = found.text[item.end : close if close >= 0 else len(found.text)]
        after = next((span.text for span in split_sentences(rest)), "")
        contexts.append(EvidenceContext(item, found, lead, after))
    return tuple(contexts)


def _last_before(text: str, end: int, first: str) -> tuple[str, ...]:
    """Return the last sentence of the paragraph that ends at `end`, if `first` leans on it."""
    begin = text.rfind(_PARAGRAPH, 0, end)
    paragraph = text[begin + len(_PARAGRAPH) if begin >= 0 else 0 : end]
    sentences = [span.text for span in split_sentences(paragraph)]
    leans = sentences and (announces(sentences[-1]) or leans_on_predecessor(first))
    return tuple(sentences[-1:]) if leans else ()
