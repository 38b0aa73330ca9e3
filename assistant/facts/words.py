"""Words as they are compared: stems, aliases, countries, what carries meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?(?:[-–‑][^\W_]+)*", re.UNICODE)

STOPWORDS = frozenset(
    "a about after again against all also am an and any anyone are as at be because been before "
    "being between both but by can could did do does doing down during each else ever every exact "
    "exactly few for from further get give given gave had has have having he her here hers him his "
    "how i if in into is it its itself just kind know like made make many may me might more most "
    "much must my name named no nor not of off on once only or other our out over own please s "
    "said same say says shall she should so some such t tell than that the their them then there "
    "these they this those through to too under until up upon us very was we were what when where "
    "whether which while who whom whose why will with within without would you your according "
    "article articles author mention mentioned state stated happen happened don doesn didn isn "
    "wasn won let".split()
)

# Different names of one thing that news texts use side by side.
_ALIASES = {
    alias: names[0]
    for names in (
        ("unitedstates", "us", "usa", "america", "american", "americans"),
        ("unitedkingdom", "uk", "britain", "british"),
        ("unitednations", "un"),
        ("europeanunion", "eu"),
        ("northkorea", "dprk", "nk"),
        ("southkorea", "rok"),
    )
    for alias in names
}

_SPELLED_OUT = {
    "unitedstates": ("United States",),
    "unitedkingdom": ("United Kingdom",),
    "unitednations": ("United Nations",),
    "europeanunion": ("European Union",),
    "northkorea": ("North Korea", "North Korean", "North Koreans"),
    "southkorea": ("South Korea", "South Korean", "South Koreans"),
}

_PHRASES = (
    (re.compile(r"\bunited\s+states(\s+of\s+america)?\b", re.IGNORECASE), "US"),
    (re.compile(r"\bunited\s+kingdom\b", re.IGNORECASE), "UK"),
    (re.compile(r"\bunited\s+nations\b", re.IGNORECASE), "UN"),
    (re.compile(r"\beuropean\s+union\b", re.IGNORECASE), "EU"),
    (re.compile(r"\bNorth[\s-]+Korea(n|ns)?\b"), "DPRK"),
    (re.compile(r"\bSouth[\s-]+Korea(n|ns)?\b"), "ROK"),
)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the Snowball English stem of a lower-case word."""
    import snowballstemmer

    stemmed: str = snowballstemmer.stemmer("english").stemWord(word)
    return stemmed


def words(text: str) -> list[str]:
    """Split into words as written; "U.N." is one, "Hwasong-15" two, "Kim's" is "Kim"."""
    found = []
    for match in WORD.finditer(text):
        for part in re.split(r"[-–‑]", match.group()):
            bare = re.sub(r"['’]s?$", "", part).rstrip(".")
            if bare:
                found.append(bare)
    return found


def fold(word: str) -> str:
    """Return the form in which words are compared."""
    lowered = word.lower().replace(".", "").replace("’", "'")
    return _ALIASES.get(lowered) or stem(lowered)


def abbreviate_phrases(text: str) -> str:
    """Make names of several words one: "North Korean" becomes "DPRK"."""
    for pattern, alias in _PHRASES:
        text = pattern.sub(alias, text)
    return text


def folded_words(text: str) -> list[str]:
    """Return the comparable forms of all words, names of several words made one."""
    return [fold(word) for word in words(abbreviate_phrases(text))]


def content_words(text: str) -> list[str]:
    """Return the comparable forms of the words that carry meaning, each once, in order."""
    kept: dict[str, None] = {}
    for word in words(abbreviate_phrases(text)):
        if word.lower() not in STOPWORDS or (word.isupper() and len(word) > 1):
            kept[fold(word)] = None
    return list(kept)


def folded_plain(text: str) -> list[str]:
    """Return the words in lower case, unstemmed."""
    return [word.lower() for word in words(text)]


def flatten(text: str) -> str:
    """Fold case, white space, punctuation and quotation marks for verbatim comparison."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


@lru_cache(maxsize=1)
def _countries() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Map folded capitals, and folded nationalities, to the folded names of their countries."""
    from countryinfo import all_countries

    capitals: dict[str, tuple[str, ...]] = {}
    nationalities: dict[str, tuple[str, ...]] = {}
    for entry in all_countries():
        country = fold_phrase(entry.name())
        for found, given in ((capitals, entry.capital()), (nationalities, entry.demonym())):
            for word in given if isinstance(given, list) else [given]:
                if word and " " not in word:
                    found[fold(word)] = (*found.get(fold(word), ()), country)
    for capital, alias in (("Pyongyang", "DPRK"), ("Seoul", "ROK"), ("Washington", "US")):
        capitals[fold(capital)] = (fold(alias),)
    capitals[fold("Korea")] = (fold("DPRK"), fold("ROK"))
    return capitals, nationalities


def fold_phrase(text: str) -> str:
    """Fold a name of one or several words into one comparable word."""
    return "".join(folded_words(text))


def countries_of(word: str) -> tuple[str, ...]:
    """Return the countries that a folded capital or nationality stands for in news texts."""
    capitals, nationalities = _countries()
    return (*capitals.get(word, ()), *nationalities.get(word, ()))


def same_name(left: str, right: str) -> bool:
    """Tell whether two folded words are one name: equal, or a country and its nationality."""
    _, nationalities = _countries()
    return (
        left == right
        or right in nationalities.get(left, ())
        or left in nationalities.get(right, ())
    )


def same_word(left: str, right: str) -> bool:
    """Tell whether two folded words name the same: equal, or country and nationality."""
    if left == right:
        return True
    if any(letter.isdigit() for letter in left + right):
        return False
    shortest = min(len(left), len(right))
    need = max(4, shortest - 1)
    return shortest >= 4 and left[:need] == right[:need] and abs(len(left) - len(right)) <= 3


def found_in(word: str, others: Iterable[str]) -> bool:
    """Tell whether one of the folded words names the same as this one; see `same_word`."""
    return any(same_word(word, other) for other in others)


def word_share(text: str, source: str, *, of_none: float = 1.0) -> float:
    """Return the share of the content words of `text` that `source` has, in [0, 1].

    `of_none` is the share of a text that has no content words.
    """
    wanted, have = content_words(text), content_words(source)
    if not wanted:
        return of_none
    return sum(found_in(word, have) for word in wanted) / len(wanted)


def as_written(term: str, text: str) -> str:
    """Return how `text` writes a term that `names` abbreviated: "DPRK" for "North Korea"."""
    for pattern, alias in _PHRASES:
        if alias == term and (match := pattern.search(text)):
            return match.group()
    return term


def alias_forms(word: str) -> list[str]:
    """Return a word and the other names of the same thing, as they are written.

    For a capital or a nationality that is its country.
    """
    head = _ALIASES.get(word.lower().replace(".", ""))
    if head is None:
        spelled = [_SPELLED_OUT.get(country, (country,)) for country in countries_of(fold(word))]
        return [word, *(form for forms in spelled for form in forms)]
    aliases = (alias for alias, other in _ALIASES.items() if other == head)
    return [word, *_SPELLED_OUT[head], *aliases]
