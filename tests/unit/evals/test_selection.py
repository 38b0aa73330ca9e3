"""Which questions, and which articles, a run is about."""

from __future__ import annotations

from evals.selection import reduced
from evals.suites import LoadedSuite, SuiteArticle
from tests.support.evals import sample

ARTICLES = tuple(SuiteArticle(f"Title {n}", f"Text {n}.") for n in range(6))


def suite(*, own: bool = True) -> LoadedSuite:
    samples = tuple(
        sample(id=f"s{n}", articles=(article.key,) if own else None)
        for n, article in enumerate(ARTICLES)
    )
    return LoadedSuite("public", samples=samples, articles=ARTICLES)


def test_only_the_articles_of_drawn_samples_are_kept() -> None:
    small = reduced(suite(), "all", 2, 0)
    assert len(small.samples) == 2
    assert {article.key for article in small.articles} == {
        key for found in small.samples for key in found.articles or ()
    }


def test_a_smaller_draw_is_the_beginning_of_a_larger_one() -> None:
    small, large = reduced(suite(), "all", 2, 0), reduced(suite(), "all", 4, 0)
    assert large.samples[:2] == small.samples
    assert set(small.articles) < set(large.articles)


def test_questions_of_the_whole_corpus_keep_all_of_it() -> None:
    whole = suite(own=False)
    assert reduced(whole, "all", 2, 0) is whole
