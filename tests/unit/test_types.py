"""The domain's values."""

from __future__ import annotations

import json
from datetime import date

from assistant.types import (
    Article,
    ArticleReference,
    Passage,
    Refusal,
    SearchFilter,
    answer_from_dict,
)
from tests.support.answers import make_answer


def test_the_json_of_an_answer_keeps_its_contract() -> None:
    plain = json.loads(json.dumps(make_answer().to_dict()))
    assert plain["text"] == "The bridge is 7.4 kilometres long. [1]"
    assert plain["statements"][0]["citations"] == [1]
    assert plain["statements"][0]["support"]["checks"]["numbers"]["passed"] is True
    assert plain["citations"][0] == {
        "number": 1,
        "article_id": "a1",
        "title": "A bridge",
        "source": "Gazette",
        "published": "2031-03-04",
        "start": 0,
        "end": 26,
        "quote": "It is 7.4 kilometres long.",
    }
    assert plain["refusal"] is None
    assert set(plain["timings"]) == {"retrieve_s", "first_token_s", "total_s"}
    for name in ("question", "rewritten", "model", "embedding_model", "prompt_version"):
        assert name in plain
    assert plain["index_digest"] == "i"


def test_a_refusal_is_the_text_of_its_answer() -> None:
    plain = make_answer(refusal=Refusal("not_stated", "No.", ("x",))).to_dict()
    assert plain["text"] == "No."
    assert plain["refusal"] == {
        "code": "not_stated",
        "message": "No.",
        "missing_terms": ["x"],
        "nearest": [],
    }


def test_an_article_id_depends_on_every_field() -> None:
    base = Article("t", "x", "s", "u", "a", date(2020, 1, 1))
    others = [
        Article("T", "x", "s", "u", "a", date(2020, 1, 1)),
        Article("t", "y", "s", "u", "a", date(2020, 1, 1)),
        Article("t", "x", None, "u", "a", date(2020, 1, 1)),
        Article("t", "x", "s", "", "a", date(2020, 1, 1)),
        Article("t", "x", "s", "u", None, date(2020, 1, 1)),
        Article("t", "x", "s", "u", "a", None),
    ]
    assert len({base.id, *(article.id for article in others)}) == 7
    assert base.id == Article("t", "x", "s", "u", "a", date(2020, 1, 1)).id


def test_a_passage_id_depends_on_its_place() -> None:
    assert Passage("a", 0, 1, "x").id != Passage("a", 1, 2, "x").id


def test_a_filter_admits_articles_of_its_sources_ids_and_days() -> None:
    dated = ArticleReference("a1", "A bridge", "Gazette", date(2031, 3, 4))
    undated = ArticleReference("a2", "A ferry", None, None)
    for where, admitted in (
        (SearchFilter(), [True, True]),
        (SearchFilter(sources=("Gazette", "Reuters")), [True, False]),
        (SearchFilter(article_ids=("a2",)), [False, True]),
        (SearchFilter(published_from=date(2031, 3, 4)), [True, False]),
        (SearchFilter(published_from=date(2031, 3, 5)), [False, False]),
        (SearchFilter(published_to=date(2031, 3, 4)), [True, False]),
        (SearchFilter(published_to=date(2031, 3, 3), sources=("Gazette",)), [False, False]),
    ):
        assert [where.admits(article) for article in (dated, undated)] == admitted


def test_an_empty_filter_is_false() -> None:
    assert not SearchFilter()
    assert SearchFilter(sources=("Reuters",))


def test_an_answer_comes_back_from_its_json_as_it_was() -> None:
    nearest = (ArticleReference("a2", "Near", "Gazette", date(2021, 3, 4)),)
    refused = make_answer(refusal=Refusal("missing_terms", "No.", ("Q",), nearest))
    for answer in (make_answer(), refused):
        assert answer_from_dict(json.loads(json.dumps(answer.to_dict()))) == answer
