"""What a text asserts that can be checked without a model: numbers, dates, quotes, names.

English news text is assumed. Everything here is lenient about form ("4,500 km" and
"4500 kilometres" are equal) and strict about content.
"""

from assistant.facts.dates import MONTHS, WEEKDAYS, Day, calendar_words, days
from assistant.facts.leaning import announces, leans_on_predecessor
from assistant.facts.names import Name, identifying_names, names, quoted_phrases
from assistant.facts.numbers import Number, numbers, states_number
from assistant.facts.tables import is_head, is_row, read_row, rows_of_others
from assistant.facts.words import (
    STOPWORDS,
    abbreviate_phrases,
    alias_forms,
    as_written,
    content_words,
    countries_of,
    flatten,
    fold,
    fold_phrase,
    folded_plain,
    folded_words,
    found_in,
    same_name,
    same_word,
    stem,
    word_share,
    words,
)

__all__ = [
    "MONTHS",
    "STOPWORDS",
    "WEEKDAYS",
    "Day",
    "Name",
    "Number",
    "abbreviate_phrases",
    "alias_forms",
    "announces",
    "as_written",
    "calendar_words",
    "content_words",
    "countries_of",
    "days",
    "flatten",
    "fold",
    "fold_phrase",
    "folded_plain",
    "folded_words",
    "found_in",
    "identifying_names",
    "is_head",
    "is_row",
    "leans_on_predecessor",
    "names",
    "numbers",
    "quoted_phrases",
    "read_row",
    "rows_of_others",
    "same_name",
    "same_word",
    "states_number",
    "stem",
    "word_share",
    "words",
]
