"""Questions that are found in articles."""

from __future__ import annotations

import time

from assistant.corpus.examples import find_questions


def test_who_is_introduced_is_asked_about() -> None:
    text = "Ivo Brandt, the keeper of the lighthouse, waved. Ann Lee, a captain, did not."
    assert find_questions([((), text)], limit=4) == ["Who is Ivo Brandt?", "Who is Ann Lee?"]


def test_an_article_cannot_hold_up_whoever_opens_the_page() -> None:
    text = "Ivo Brandt, the " + "a" * 5000 + " " + "b c " * 5000
    began = time.process_time()
    assert find_questions([((), text)], limit=4) == []
    assert time.process_time() - began < 2
