"""A server that ends and starts again under an open page. Only the models are scripted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from assistant import Assistant
from assistant.server.options import ServeOptions
from tests.browser.conftest import ask, free_port, serving_here
from tests.support.scripted import answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

ASKED = "How long is the Marlow1 bridge?"
LATER = "How long is the Marlow2 bridge?"


@pytest.fixture
def open_bridges(tmp_path: Path) -> Callable[[], Assistant]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(3):
        line = f"The Marlow{number} bridge is {number + 3} kilometres long."
        (corpus / f"bridge{number}.txt").write_text(f"Bridge {number}\n\n{line}\n")
    return lambda: open_scripted(
        tmp_path / "data", answer_from_first_line, corpus=corpus, verification=False
    )


def test_a_page_outlives_its_server_with_its_conversation_and_what_was_asked_meanwhile(
    browser: Browser, open_bridges: Callable[[], Assistant]
) -> None:
    port = free_port()
    # Not a watched page: while nobody listens, the console has errors.
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    with open_bridges() as first, serving_here(first, ServeOptions(), port=port) as address:
        page.goto(address)
        page.wait_for_selector(".welcome")
        ask(page, ASKED)
        conversation = page.url
        assert "?c=" in conversation
    page.fill("#question textarea", LATER)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connection to the server was lost")).to_be_visible(timeout=20_000)
    assert page.locator("#live .question").inner_text() == ASKED
    with open_bridges() as second, serving_here(second, ServeOptions(), port=port):
        typed = page.locator("#question textarea")
        page.wait_for_function("document.querySelector('#send')?.checkVisibility()", timeout=60_000)
        page.wait_for_selector("#live .turn[data-stage=done]")
        assert page.url == conversation
        expect(page.locator("#live .question")).to_have_text(ASKED)
        expect(typed).to_have_value(LATER)
        typed.press("Enter")
        expect(page.locator("#live .question")).to_have_text(LATER)
        expect(page.locator("#live .answer")).to_contain_text("5 kilometres long")
        expect(page.locator("#past .question")).to_have_text(ASKED)
        page.context.close()
