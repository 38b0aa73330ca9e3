"""What a text asserts that can be checked without a model: numbers, dates, quotes, names.

English news text is assumed. Everything here is lenient about form ("4,500 km" and
"4500 kilometres" are equal) and strict about content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?(?:[-–‑][^\W_]+)*", re.UNICODE)
_NUMBER = re.compile(
    r"(?<![\w.])(?:(?P<designates>[A-Z][A-Za-z]*)[-–‑])?(?P<currency>[$€£¥])?(?P<sign>[-−]?)"
    r"(?P<digits>\d{1,3}(?:[,\u202f\u00a0]\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?:(?P<suffix>st|nd|rd|th|bn|m|k|s)(?!\w))?"
    r"(?:[ \u00a0-]?(?P<scale>hundred|thousand|million|billion|trillion)\b)?"
    r"(?:[ \u00a0-]?(?P<unit>%|per\s?cent|°[CF]|[A-Za-z]+))?",
    re.IGNORECASE,
)
_CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|s)", re.IGNORECASE)
_QUOTED = re.compile(r"„([^”“]{2,}?)[”“]|[“\"«]([^”\"»“]{2,}?)[”\"»]|(?<!\w)‘([^‘]{2,}?)’(?!\w)")
_SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}
_NUMBER_WORDS = {
    word: float(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen "
        "fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "first": 1.0,
    "second": 2.0,
    "third": 3.0,
    "twice": 2.0,
}
# Alone, "one", "first" and "second" are more often articles and adverbs than counts.
_WEAK_NUMBER_WORDS = {"one", "first", "second", "third", "twice"}
_MULTIPLIERS = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
_UNITS = {
    alias: unit
    for unit, aliases in {
        "km": "km kilometre kilometres kilometer kilometers",
        "mile": "mile miles mi",
        "m": "metre metres meter meters",
        "ft": "foot feet ft",
        "kg": "kg kilogram kilograms kilo kilos",
        "t": "tonne tonnes ton tons",
        "lb": "lb lbs pound pounds",
        "%": "% percent percentage",
        "°c": "°c",
        "°f": "°f",
        "usd": "dollar dollars usd",
        "eur": "euro euros eur",
        "kph": "kph kmh",
        "mph": "mph",
        "second": "seconds",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
    }.items()
    for alias in aliases.split()
}
MONTHS = (
    "january february march april may june july august september october november december".split()
)
WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_CALENDAR = re.compile(
    r"\b(" + "|".join(MONTHS + WEEKDAYS) + r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?",
    re.IGNORECASE,
)
_SHORT_MONTHS = {month[:3]: month for month in MONTHS} | {"sept": "september"}

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


@dataclass(frozen=True, slots=True)
class Number:
    """A value, the unit that follows it (None where none is known) and its text."""

    value: float
    unit: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words, or a word with digits such as `Hwasong-15`."""

    words: tuple[str, ...]
    text: str


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return the Snowball English stem of a lower-case word."""
    import snowballstemmer

    stemmed: str = snowballstemmer.stemmer("english").stemWord(word)
    return stemmed


def words(text: str) -> list[str]:
    """Split into words as written; "U.N." is one, "Hwasong-15" two, "Kim's" is "Kim"."""
    found = []
    for match in _WORD.finditer(text):
        for part in re.split(r"[-–‑]", match.group()):
            bare = re.sub(r"['’]s?$", "", part).rstrip(".")
            if bare:
                found.append(bare)
    return found


def fold(word: str) -> str:
    """Return the form in which words are compared."""
    lowered = word.lower().replace(".", "").replace("’", "'")
    return _ALIASES.get(lowered) or stem(lowered)


def folded_words(text: str) -> list[str]:
    """Return the comparable forms of all words, names of several words made one."""
    for pattern, alias in _PHRASES:
        text = pattern.sub(alias, text)
    return [fold(word) for word in words(text)]


def content_words(text: str) -> list[str]:
    """Return the comparable forms of the words that carry meaning, each once, in order."""
    for pattern, alias in _PHRASES:
        text = pattern.sub(alias, text)
    kept: dict[str, None] = {}
    for word in words(text):
        if word.lower() not in STOPWORDS or (word.isupper() and len(word) > 1):
            kept[fold(word)] = None
    return list(kept)


def numbers(text: str) -> list[Number]:
    """Find the numbers, in digits or words, with the unit or currency beside them.

    The number of a designation ("Hwasong-15") has the designation as its unit.
    """
    found = []
    for match in _NUMBER.finditer(text):
        value = float(re.sub(r"[^\d]", "", match["digits"]) + (match["fraction"] or ""))
        suffix = (match["suffix"] or "").lower()
        value *= _SCALES.get(suffix, 1.0) * _SCALES.get((match["scale"] or "").lower(), 1.0)
        unit = _UNITS.get(re.sub(r"\s", "", match["unit"] or "").lower())
        if match["designates"]:
            unit = f"-{match['designates'].lower()}"
        elif match["currency"]:
            unit = _CURRENCIES[match["currency"]]
        elif suffix == "s":
            unit = "decade"
        if match["sign"]:
            value = -value
        found.append(Number(value, unit, match.group().strip()))
    return found + _worded_numbers(text.lower())


def _worded_numbers(lowered: str) -> list[Number]:
    """Find the numbers in words: "twenty-three", "two hundred", "a dozen"."""
    found = []
    for match in _WORDED.finditer(lowered):
        parts = re.findall(r"[a-z]+", match.group())
        alone = len(parts) == 1 and (parts[0] in _WEAK_NUMBER_WORDS or parts[0] in _MULTIPLIERS)
        if alone or re.search(r"\d[ ,-]?$", lowered[: match.start()]):
            continue
        total = current = 0.0
        for part in parts:
            if part in _NUMBER_WORDS:
                current += _NUMBER_WORDS[part]
            elif _MULTIPLIERS.get(part, 0.0) >= 1e3:
                total, current = total + max(current, 1.0) * _MULTIPLIERS[part], 0.0
            elif part in _MULTIPLIERS:
                current = max(current, 1.0) * _MULTIPLIERS[part]
        following = re.match(r"[ -]?(per ?cent|[a-z]+)", lowered[match.end() :])
        unit = _UNITS.get(following.group(1).replace(" ", "")) if following else None
        found.append(Number(total + current, unit, match.group()))
    return found


_SMALL = "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_LARGE = "|".join(_MULTIPLIERS)
_WORDED = re.compile(rf"\b(?:(?:a|{_SMALL})(?:[ -](?:and )?(?:{_SMALL}|{_LARGE}))+|{_SMALL})\b")


def states_number(evidence: str, wanted: Number) -> bool:
    """Tell whether the evidence has the value, with the same unit where both name one."""
    for number in numbers(evidence):
        same = abs(number.value - wanted.value) <= 1e-9 * max(1.0, abs(wanted.value))
        units = (number.unit, wanted.unit)
        designates = any(unit is not None and unit.startswith("-") for unit in units)
        if same and (number.unit == wanted.unit or (None in units and not designates)):
            return True
    weak = {_NUMBER_WORDS[word] for word in folded_plain(evidence) if word in _WEAK_NUMBER_WORDS}
    return wanted.value in weak


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as a text gives it; the month is always known."""

    month: str
    day: int | None
    year: int | None
    text: str

    def is_part_of(self, other: Day) -> bool:
        """Tell whether the other date says at least as much, and the same."""
        return (
            self.month == other.month
            and self.day in {None, other.day}
            and (self.year in {None, other.year} or other.year is None)
        )


_DAY = re.compile(
    r"(?:\b(?P<before>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+)?\b(?P<month>"
    + "|".join(MONTHS)
    + r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
    r"(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:,?\s+(?:of\s+)?(?P<year>\d{4})\b)?",
    re.IGNORECASE,
)


def days(text: str) -> list[Day]:
    """Find dates with a month: "5 June", "Jan. 5, 2019", "November 2017"."""
    found = []
    for match in _DAY.finditer(text):
        month = match["month"].lower()
        if not match["month"][0].isupper():
            continue
        day = match["before"] or match["after"]
        year = match["year"]
        whole = _SHORT_MONTHS.get(month, month)
        found.append(
            Day(whole, int(day) if day else None, int(year) if year else None, match.group())
        )
    return found


def folded_plain(text: str) -> list[str]:
    """Return the words in lower case, unstemmed."""
    return [word.lower() for word in words(text)]


def calendar_words(text: str) -> list[str]:
    """Find months and weekdays, in full; "may" and "march" count only when capitalised."""
    found = []
    for match in _CALENDAR.finditer(text):
        written = text[match.start() : match.start() + 1]
        name = match.group(1).lower()
        if not written.isupper() and (len(name) < 4 or name in {"may", "march"}):
            continue
        found.append(_SHORT_MONTHS.get(name, name))
    return found


def quoted_phrases(text: str) -> list[str]:
    """Find the phrases inside quotation marks."""
    return [next(filter(None, match.groups())).strip(" ,.") for match in _QUOTED.finditer(text)]


def flatten(text: str) -> str:
    """Fold case, white space, punctuation and quotation marks for verbatim comparison."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def names(text: str) -> list[Name]:
    """Find runs of capitalised words and words with digits and letters.

    A capitalised word that begins a sentence counts only when another capitalised word
    follows it, or when it is written in capitals or with digits.
    """
    for pattern, alias in _PHRASES:
        text = pattern.sub(alias, text)
    found: list[Name] = []
    for clause in re.split(r"(?<=[!?:;])\s+|(?<=[a-z0-9)”\"]\.)\s+|[,()]|\s[–—]\s", text):
        run: list[str] = []
        begins = True
        for match in _WORD.finditer(clause):
            word = match.group()
            if _is_name_word(word):
                run.append(word)
            else:
                found += _close_run(run, begins=begins)
                begins = False
                run = []
        found += _close_run(run, begins=begins)
    return found


def _is_name_word(word: str) -> bool:
    bare = re.sub(r"['’]s?$", "", word)
    if bare.lower() in STOPWORDS and not (bare.isupper() and len(bare) > 1):
        return False
    if bare.lower().rstrip(".") in MONTHS + WEEKDAYS:
        return False
    if _ORDINAL.fullmatch(bare):
        return False
    has_letter = any(letter.isalpha() for letter in bare)
    return has_letter and (bare[0].isupper() or any(letter.isdigit() for letter in bare))


def _close_run(run: list[str], *, begins: bool) -> list[Name]:
    if not run:
        return []
    plain_single = len(run) == 1 and run[0][0].isupper() and run[0][1:].islower()
    plain_single = plain_single and not any(letter.isdigit() for letter in run[0])
    if begins and plain_single and not re.search(r"['’]s$", run[0]):
        return []
    if begins and run[0].lower() in _OPENERS:
        run = run[1:]
        if not run:
            return []
    text = re.sub(r"['’]s?$", "", " ".join(run))
    return [Name(tuple(words(text)), text)]


_OPENERS = frozenset(
    "is are was were do does did has have had can could will would should name list explain "
    "describe tell give summarize summarise compare ignore in on at by since".split()
)


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
