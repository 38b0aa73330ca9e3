"""Several people at once in real browsers: with the real models, and with one that is slow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from assistant.server.options import ServeOptions
from tests.browser.conftest import ANSWER_MS, Watched, serving_here, violations
from tests.support.scripted import answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

QUESTIONS = ("What height did the Hwasong-15 reach?", "What is the Hwasong-15?")
LONGER = ", longer than any other" * 15
SLOWLY = f"The Marlow bridge is 7 kilometres long{LONGER}."
BRIDGE = "How long is the Marlow bridge?"
EVIDENCE = "#pane .place"
DONE = "#live .turn[data-stage=done]"
FREED_S = 30
"""Half of what an answer takes. Gradio's heartbeat notices within 15 s that a page is closed."""

OpenPage = Callable[..., Watched]


WATCH = """() => {
    window.seen = {};
    new MutationObserver(() => {
        const stage = document.querySelector('#live .turn')?.dataset.stage;
        if (document.querySelector('#pane .place')) window.seen.evidence ??= Date.now();
        if (stage) window.seen[stage] ??= Date.now();
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def begin(*asking: tuple[Page, str]) -> None:
    """Ask one question on each page, and wait for the evidence of all."""
    for page, question in asking:
        page.evaluate(WATCH)
        page.fill("#question textarea", question)
    for page, _ in asking:
        page.keyboard.press("Enter")
    for page, _ in asking:
        page.wait_for_selector(EVIDENCE, timeout=ANSWER_MS)


def when(page: Page) -> dict[str, int]:
    """Return when the page showed the evidence and each stage first, in ms of the clock."""
    return dict(page.evaluate("window.seen"))


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
    begin((first, QUESTIONS[0]), (second, QUESTIONS[1]))
    for page, question in ((first, QUESTIONS[0]), (second, QUESTIONS[1])):
        page.wait_for_selector(DONE, timeout=ANSWER_MS)
        expect(page.locator("#live .question")).to_have_text(question)
    assert when(first)["evidence"] < when(second)["done"]
    assert when(second)["evidence"] < when(first)["done"]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app that answers one at a time; its model takes a second for each word."""
    folder = tmp_path_factory.mktemp("slow")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "bridge.txt").write_text(f"Bridge\n\n{SLOWLY}\n")
    assistant = open_scripted(
        folder / "data",
        answer_from_first_line,
        corpus=corpus,
        pause_s=1.0,
        verification=False,
        answers_at_once=1,
    )
    with serving_here(assistant, ServeOptions()) as address:
        yield address
    assistant.close()


@pytest.mark.filterwarnings("ignore")  # the server runs in this process, libraries and all
@pytest.mark.parametrize("how", ["stop", "close"])
def test_who_stops_or_closes_the_page_lets_the_next_one_in(
    open_page: OpenPage, slow: str, how: str
) -> None:
    watcher, leaver, waiting = (open_page(slow).page for _ in range(3))
    begin((leaver, BRIDGE))
    begin((waiting, BRIDGE))
    status = waiting.locator("#live .status")
    expect(status).to_contain_text("Place 1 in the queue; the evidence is here already")
    assert queue(watcher, slow) == (1, 1)
    assert violations(leaver) == violations(waiting) == []
    if how == "stop":
        leaver.get_by_role("button", name="Stop").click()
        leaver.wait_for_selector("#live .turn[data-stage=stopped]", timeout=5_000)
    else:
        leaver.close()
    left = time.monotonic()
    waiting.wait_for_selector("#live .turn[data-stage=writing]", timeout=ANSWER_MS)
    assert time.monotonic() - left < FREED_S
    assert queue(watcher, slow) == (1, 0)
    waiting.get_by_role("button", name="Stop").click()
    until_queue(watcher, slow, (0, 0))
