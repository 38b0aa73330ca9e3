"""Refusals: why there is no answer, said so that a person can go on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.facts import STOPWORDS, flatten, identifying_names, words
from assistant.types import ArticleReference, Evidence, Refusal, RefusalCode, SearchFilter

REFUSAL_PHRASE = "NOT STATED"
_NEAREST = 3
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_REFUSES = re.compile(
    r"\bnot stated\b|\b(?:sentences?|evidence|articles?|texts?) (?:do|does|did) not "
    r"(?:state|mention|say|give|provide|specify|contain)|\bno (?:information|mention)\b|"
    r"\b(?:is|are|was|were) not (?:stated|mentioned|specified|provided|given)\b|\bcannot answer\b",
    re.IGNORECASE,
)


def is_refusal(statement: str, source: str = "") -> bool:
    """Tell whether a statement says that there is no answer.

    One that repeats the words of `source`, the text that was read, reports them: "The venue was
    not specified" may be news.
    """
    reported = flatten(source)
    return any(flatten(match.group()) not in reported for match in _REFUSES.finditer(statement))


def named_terms(question: str) -> list[str]:
    """Return what an answer cannot do without: the words of names, "Hwasong-14" whole, years."""
    found: dict[str, None] = {}
    for name in identifying_names(question):
        for word in name.text.split():
            if any(character.isdigit() for character in word):
                found[word] = None
            else:
                found.update(dict.fromkeys(part for part in words(word) if len(part) > 1))
    found.update(dict.fromkeys(_YEAR.findall(question)))
    return list(found)


def searched_terms(question: str) -> list[str]:
    """Return the words of a question that carry meaning, as written."""
    return [word for word in words(question) if word.lower() not in STOPWORDS]


def build_refusal(
    code: RefusalCode,
    *,
    missing: Sequence[str],
    evidence: Sequence[Evidence],
    where: SearchFilter,
) -> Refusal:
    """Word a refusal. `missing` are the question's terms that occur in no article."""
    nearest: dict[str, ArticleReference] = {}
    for item in sorted(evidence, key=lambda item: -item.score):
        nearest.setdefault(item.article.article_id, item.article)
    scope, hold = ("The selected articles", "hold") if where else ("The corpus", "holds")
    no_article = "None of the selected articles" if where else "No article"
    quoted = ", ".join(f"“{term}”" for term in missing)
    message = {
        "empty_corpus": "The corpus holds no article yet.",
        "nothing_selected": "No article fits what the search is narrowed to. Widen it.",
        "not_a_question": "This instructs the assistant and asks nothing of the articles.",
        "nothing_close": f"{scope} {hold} nothing close to this question.",
        "missing_terms": f"{no_article} mentions {quoted}.",
        "not_stated": "The articles come near the question but do not state the answer.",
        "unsupported": "An answer was drafted, but the articles do not support it.",
    }[code]
    if quoted and code in {"nothing_close", "not_stated", "unsupported"}:
        message += f" {no_article} mentions {quoted}."
    return Refusal(code, message, tuple(missing), tuple(nearest.values())[:_NEAREST])
