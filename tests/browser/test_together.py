"""Several people at once in real browsers, with the real models."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANSWER_MS, Watched

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

QUESTIONS = (
    "What height did the Hwasong-15 reach?",
    "What is the Hwasong-15?",
    "Who confirmed the plans for a second summit?",
)
EVIDENCE = "#pane .place"
DONE = "#live .turn[data-stage=done]"
FREED_S = 30
"""A place is free when the thread has ended the step of the model that it is in."""

OpenPage = Callable[..., Watched]


def begin(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(EVIDENCE, timeout=ANSWER_MS)


def queue(page: Page, address: str) -> tuple[int, int]:
    """Return how many are answered, and how many wait, by the server's own counters."""
    told = page.request.get(f"{address}/metrics").text()
    found = [
        re.search(rf"^assistant_queue_{name} (\d+)", told, re.MULTILINE)
        for name in ("running", "waiting")
    ]
    assert all(found), told
    running, waiting = (int(match.group(1)) for match in found if match)
    return running, waiting


def until_queue(page: Page, address: str, wanted: tuple[int, int]) -> None:
    until = time.monotonic() + FREED_S
    while (found := queue(page, address)) != wanted:
        assert time.monotonic() < until, found
        page.wait_for_timeout(50)


def test_an_answer_that_is_being_written_does_not_hold_up_the_evidence_of_another(
    open_page: OpenPage, served: str
) -> None:
    first, second = open_page(served).page, open_page(served).page
    begin(first, QUESTIONS[0])
    begin(second, QUESTIONS[1])
    assert first.locator(DONE).count() == 0
    assert second.locator(DONE).count() == 0
    for page, question in ((first, QUESTIONS[0]), (second, QUESTIONS[1])):
        page.wait_for_selector(DONE, timeout=ANSWER_MS)
        expect(page.locator("#live .question")).to_have_text(question)


@pytest.mark.parametrize("how", ["stop", "close"])
def test_who_stops_or_closes_the_page_lets_the_next_one_in(
    open_page: OpenPage, served: str, how: str
) -> None:
    """The server answers two at once: of three pages one waits, with its evidence on screen."""
    watcher = open_page(served).page
    until_queue(watcher, served, (0, 0))
    pages = [open_page(served).page for _ in QUESTIONS]
    for page, question in zip(pages, QUESTIONS, strict=True):
        begin(page, question)
    leaver, _, waiting = pages
    expect(waiting.locator("#live .status")).to_contain_text("Place 1 in the queue")
    assert queue(watcher, served) == (2, 1)
    if how == "stop":
        leaver.get_by_role("button", name="Stop").click()
        leaver.wait_for_selector("#live .turn[data-stage=stopped]", timeout=2_000)
    else:
        leaver.close()
    waiting.wait_for_selector("#live .turn:not([data-stage=waiting])", timeout=FREED_S * 1000)
    waiting.wait_for_selector(DONE, timeout=ANSWER_MS)
    until_queue(watcher, served, (0, 0))
