"""Views: what they show, and that text of others stays text."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import get_args

import pytest

from assistant import Article, ArticleEntry
from assistant.types import ArticleReference, Drafted, SearchFilter, Token, Verified
from assistant.web.conversations import LISTED, Conversation
from assistant.web.exporting import conversation_as_json, conversation_as_markdown
from assistant.web.rendering.adding import Adding, Fate, Outcome, render_adding
from assistant.web.rendering.answers import render_turn
from assistant.web.rendering.articles import render_article, render_evidence
from assistant.web.rendering.chrome import (
    render_conversations,
    render_header,
    render_past,
    render_title,
    render_welcome,
)
from assistant.web.rendering.corpus import (
    Health,
    TableView,
    render_health,
    render_table,
    render_timeline,
    select_entries,
)
from assistant.web.rendering.filters import describe_filter, render_filters
from assistant.web.rendering.markup import link, text
from assistant.web.rendering.settings import without_secret
from assistant.web.turns import Place, TurnView, advance, places_of, places_with
from tests.support.answers import make_answer, make_evidence, make_refusal
from tests.support.hostile import PAYLOADS, title_of

OURS = set(
    "article section div p h1 h2 h3 ol ul li span button details summary form label input em "
    "strong mark nav header table thead tbody tr th td figure figcaption svg rect line title "
    "progress select option fieldset legend a q br code".split()
)
ALLOWED = set(
    "class title type id for name value max maxlength autocomplete placeholder checked selected "
    "role tabindex href download target rel method action open viewbox preserveaspectratio x y "
    "x1 x2 y1 y2 rx width height colspan".split()
)


class Reader(HTMLParser):
    """Collects what a browser would see: elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown = ""
        self.values: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in OURS:
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ALLOWED and not name.startswith(("data-", "aria-")):
                self.problems.append(f"{tag} {name}={value}")
            self.values.append(value or "")

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


def turns_with(payload: str) -> list[TurnView]:
    """Every shape of a turn, each text of it the payload."""
    answer = make_answer(payload, question=payload, quote=payload, title=payload)
    evidence = (make_evidence(payload),)
    live = TurnView("t1", payload, evidence=evidence, rewritten=payload, draft=payload)
    return [
        *(
            dataclasses.replace(live, stage=stage, place=2)
            for stage in ("searching", "waiting", "reading", "writing", "stopped")
        ),
        dataclasses.replace(
            live,
            stage="writing",
            where=SearchFilter(sources=(payload,)),
            drafted=(payload, payload),
            checked=answer.statements,
            cited=answer.citations,
        ),
        dataclasses.replace(live, stage="failed", problem=payload),
        dataclasses.replace(live, stage="done", answer=answer, rated=True, note=payload),
        dataclasses.replace(
            live, stage="done", answer=make_answer(refusal=make_refusal(payload), title=payload)
        ),
    ]


def everything_with(payload: str) -> list[str]:
    """Every view there is, each text of it the payload."""
    turns = turns_with(payload)
    article = Article(payload, f"Before. {payload} After.", payload, payload, payload)
    place = Place("1", 1, article.id, payload, 8, 8 + len(payload), payload)
    reference = ArticleReference("a1", payload, payload, date(2031, 3, 4))
    entry = ArticleEntry("a1", payload, payload, date(2031, 3, 4), 3, datetime.now(UTC))
    listed = Conversation("c1", payload, 0.0, 0.0)
    where = SearchFilter(sources=(payload,), article_ids=("a1",))
    outcomes = tuple(Outcome(payload, fate, payload) for fate in get_args(Fate))
    return [
        *(render_turn(turn) for turn in turns),
        *(render_evidence(turn) for turn in turns),
        render_past(turns, drawing=1, opening=1),
        render_article(article, (place,), place, payload),
        render_header(payload),
        render_welcome(3, [payload]),
        render_conversations([listed], "c1", payload),
        render_title(listed),
        render_filters(where, [reference] * 9, payload, payload),
        render_table([entry], TableView(payload[:5], payload), may_edit=True),
        render_table([entry], TableView(), may_edit=True),
        render_timeline([entry]),
        render_adding(Adding(payload, 0.3, outcomes)),
        render_health([Health(False, payload, payload, payload)]),
    ]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_view_lets_text_become_markup(payload: str) -> None:
    for payload_or_title in (payload, title_of(payload)):
        for html in everything_with(payload_or_title):
            assert read(html).problems == []


def test_the_check_of_views_finds_what_is_not_escaped() -> None:
    assert read('<div><img src="x" onerror="y"></div>').problems == [
        "<img>",
        "img src=x",
        "img onerror=y",
    ]
    assert read('<p style="position:fixed">x</p>').problems == ["p style=position:fixed"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_is_shown_whole(payload: str) -> None:
    plain = payload.replace("\x1b", "\ufffd").replace("\x00", "\ufffd")
    for turning in "\u202e\u202c\u2066\u2069":
        plain = plain.replace(turning, "\ufffd")
    (turn,) = [turn for turn in turns_with(payload) if turn.rated]
    assert plain in read(render_turn(turn)).shown


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//outside.invalid", "file:///etc/passwd", "http://",
     "http://[::1", "vbscript:x", " javascript:alert(1)", "java\nscript:alert(1)"],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str) -> None:
    assert "<a" not in link(url)


def test_a_link_names_its_host_and_opens_no_opener() -> None:
    html = link("https://example.com/a?b=1&c=2")
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "example.com" in read(html).shown
    assert "https://example.com/a?b=1&c=2" in read(html).values


def test_a_verdict_is_said_by_a_word_and_a_shape() -> None:
    shown = read(render_turn(TurnView("t", "Q?", stage="done", answer=make_answer()))).shown
    assert "✓ supported" in shown
    assert "✕ not supported" in shown


def test_a_number_opens_its_source() -> None:
    html = render_turn(TurnView("t7", "Q?", stage="done", answer=make_answer()))
    assert 'data-act="open"' in html
    assert 'data-turn="t7" data-n="1"' in html
    assert 'aria-label="Open source 1 in its article"' in html


def test_a_refusal_says_what_is_missing_and_offers_the_nearest() -> None:
    answer = make_answer(refusal=make_refusal("Zorbon"))
    html = render_turn(TurnView("t", "Q?", stage="done", answer=answer))
    assert "The articles do not mention this" in read(html).shown
    assert "<li>Zorbon</li>" in html
    assert 'data-act="article" data-turn="t" data-article="a1"' in html
    assert 'role="alert"' not in html


def test_the_marked_text_of_an_article_is_the_span() -> None:
    whole = "Ünïcode 🌉 first. The second sentence. Third."
    start = whole.index("The second")
    end = whole.index(" Third")
    article = Article("T", whole)
    one = Place("1", 1, article.id, "T", start, end, whole[start:end])
    two = Place("2", 2, article.id, "T", start + 4, len(whole), whole[start + 4 :])
    html = render_article(article, (one, two), one, "t")
    current = "".join(
        part.split("</mark>")[0].split(">", 1)[1]
        for part in html.split('<mark class="current"')[1:]
    )
    assert current == whole[start:end]
    assert whole in read(html).shown
    assert "Source 1 of 2" in read(html).shown


def test_of_a_very_long_article_the_neighbourhood_of_the_span_is_shown() -> None:
    whole = "word " * 100_000
    article = Article("T", whole)
    place = Place("1", 1, article.id, "T", 250_000, 250_004, "word")
    html = render_article(article, (place,), place, "t")
    assert len(html) < 80_000
    assert '<mark class="current"' in html
    parts = re.findall(r'data-begin="(\d+)">(Earlier|Later) part', html)
    assert parts == [("160000", "Earlier"), ("280000", "Later")]


def test_every_part_of_a_very_long_article_can_be_reached() -> None:
    whole = "".join(f"word{index} " for index in range(20_000))
    article = Article("T", whole)
    begin, reached = 0, 0
    while True:
        html = render_article(article, (), None, None, begin=begin)
        assert read(html).shown.count(whole[begin : begin + 100]) == 1
        reached = begin + 60_000
        later = re.findall(r'data-begin="(\d+)">Later part', html)
        if not later:
            break
        begin = int(later[0])
    assert reached >= len(whole)


def test_a_statement_is_checked_in_its_place_with_its_numbers() -> None:
    answer = make_answer()
    drafted = (answer.statements[0].text, "It was painted red.", "It has no toll.")
    view = advance(TurnView("t", "Q?", draft="It"), Drafted(drafted))
    view = advance(view, Verified(answer.statements[0], answer.citations))
    view = advance(view, Verified(answer.dropped[0]))
    shown = read(render_turn(view)).shown
    assert "Checking each statement" in shown
    assert "✓ supported" in shown
    assert "✕ not supported" in shown
    assert "Draft, not checked yet: It has no toll." in shown
    assert "It was painted red" not in shown  # the dropped one stands for it
    assert 'data-act="open" title="Open source 1 in its article"' in render_turn(view)
    assert [place.key for place in places_of(view)] == ["1"]


def test_a_second_draft_takes_the_place_of_the_first() -> None:
    answer, evidence = make_answer(), (make_evidence(),)
    view = TurnView("t", "Q?", stage="reading", evidence=evidence)
    view = advance(advance(view, Token("It is red.")), Drafted(("It is red.",)))
    assert "Checking each statement" in read(render_turn(view)).shown
    view = advance(view, Verified(answer.dropped[0]))
    assert "The draft was not supported; reading 1 sentence again" in read(render_turn(view)).shown
    view = advance(view, Token("No,"))
    shown = read(render_turn(view)).shown
    assert "Drafting from the evidence" in shown
    assert "It is red" not in shown
    assert "not supported" not in shown
    assert "No," in shown


def test_an_article_that_was_opened_from_the_evidence_stays_in_it() -> None:
    answer = make_answer()
    view = TurnView("t", "Q?", evidence=(make_evidence(number=1), make_evidence(number=2)))
    assert [place.key for place in places_of(view)] == ["read-1", "read-2"]
    view = advance(view, Verified(answer.statements[0], answer.citations))
    assert [place.key for place in places_of(view)] == ["1"]
    assert [place.number for place in places_with(view, "read-2")] == [1, 2]
    assert places_with(view, "3") == ()


def test_the_table_can_be_searched_and_ordered() -> None:
    entries = [
        ArticleEntry("a", "Alpha", "Gazette", date(2020, 1, 1), 5, None),
        ArticleEntry("b", "Beta", "Courier", date(2021, 1, 1), 2, None),
        ArticleEntry("c", "Gamma ray", None, None, 9, None),
    ]
    ids = lambda **view: [entry.article_id for entry in select_entries(entries, TableView(**view))]  # noqa: E731
    assert ids(words="ray GAMMA") == ["c"]
    assert ids(source="Courier") == ["b"]
    assert ids(sort="published") == ["b", "a", "c"]
    assert ids(sort="passages") == ["c", "a", "b"]


def test_a_reader_without_rights_sees_no_remove() -> None:
    entries = [ArticleEntry("a", "Alpha", None, None, 5, None)]
    assert "Remove" not in render_table(entries, TableView(), may_edit=False)


def test_a_cut_list_of_conversations_says_so() -> None:
    listed = [Conversation(f"c{number}", "T", 0.0, 0.0) for number in range(LISTED)]
    assert f"The newest {LISTED}" in read(render_conversations(listed, "", "")).shown
    assert "The newest" not in read(render_conversations(listed[:-1], "", "")).shown


def test_a_turn_says_that_it_was_narrowed() -> None:
    where = SearchFilter(sources=("Gazette",))
    view = TurnView("t", "Q?", stage="done", where=where, answer=make_answer())
    assert "Searching only from Gazette" in read(render_turn(view)).shown
    assert "Searching only from Gazette" in conversation_as_markdown("T", [view])
    (turn,) = json.loads(conversation_as_json("T", [view]))["turns"]
    assert turn["where"]["sources"] == ["Gazette"]


def test_filters_are_said_in_words() -> None:
    where = SearchFilter(sources=("Gazette",), published_from=date(2020, 1, 2))
    assert describe_filter(where) == "Searching only from Gazette, since 2 January 2020"


def test_settings_show_no_password_of_an_address() -> None:
    assert without_secret("https://me:pw@host:8000/v1?key=1") == "https://host:8000/v1"
    assert without_secret("hybrid") == "hybrid"


def test_an_export_has_numbers_quotes_and_no_markup() -> None:
    answer = make_answer("It is *long* <b>", title="[x](http://y)")
    exported = conversation_as_markdown("My # title", [TurnView("t", "Q?", answer=answer)])
    assert "It is \\*long\\* \\<b\\> \\[1\\] (supported, 0.93)" in exported
    assert "\\[x\\](http://y)" in exported
    assert "a1 \\[0:26\\]" in exported


def test_text_of_any_kind_can_be_escaped() -> None:
    assert text(5) == "5"
    assert text("a\r\nb") == "a\nb"
