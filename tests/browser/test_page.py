"""The page itself in a real browser; only the models are scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assistant.server.options import ServeOptions
from tests.browser.conftest import Watched, ask, serving_here, violations
from tests.support.scripted import answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

BRIDGES = 4
NARROW = {"viewport": {"width": 400, "height": 800}}


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app behind a proxy's header, by which `ann` alone may edit."""
    folder = tmp_path_factory.mktemp("bridges")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number in range(BRIDGES):
        line = f"The Marlow{number} bridge is {number + 3} kilometres long."
        (corpus / f"bridge{number}.txt").write_text(f"Bridge {number}\n\n{line}\n")
    assistant = open_scripted(
        folder / "data", answer_from_first_line, corpus=corpus, verification=False
    )
    options = ServeOptions(user_header="X-User", editors=("ann",), questions_per_minute=1000)
    with serving_here(assistant, options) as address:
        yield address
    assistant.close()


def as_user(name: str, **options: Any) -> dict[str, Any]:
    return {"extra_http_headers": {"X-User": name}} | options


def count_of_bytes(page: Page) -> Callable[[], int]:
    """Count what the page receives from now on."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[int] = []
    network.on("Network.dataReceived", lambda event: sizes.append(event["dataLength"]))
    return lambda: sum(sizes)


def test_a_long_conversation_sends_no_turn_twice_and_keeps_all(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges, **as_user("long")).page
    sent = count_of_bytes(page)
    questions = [f"How long is the Marlow{n % BRIDGES} bridge, asked {n:02}?" for n in range(12)]
    redrawn: list[bool] = []
    page.on("request", lambda request: redrawn.append("redraw" in (request.post_data or "")))
    sizes = []
    for question in questions:
        before = sent()
        ask(page, question)
        page.wait_for_timeout(200)
        sizes.append(sent() - before)
    # How often a draft is drawn depends on the clock; earlier turns would add 2 KB each.
    assert min(sizes[8:]) < 1.3 * min(sizes[1:4]), sizes
    page.wait_for_timeout(800)
    shown = page.locator("#past .question").all_inner_texts()
    assert shown == questions[:-1]
    assert not any(redrawn)  # none was missed, so that all had to be sent
    page.reload()
    page.wait_for_selector("#live .turn")
    assert page.locator("#past .question").all_inner_texts() == shown
    page.locator("#past").get_by_role("button", name="Good answer").first.click()
    expect(page.locator("#past [aria-pressed=true]")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    assert page.locator("#past .turn").count() == 0


def test_a_turn_that_was_moved_up_is_gone_with_its_conversation(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges, **as_user("mover")).page
    for name in ("first", "second"):
        ask(page, f"How long is the Marlow1 bridge, asked {name}?")
    expect(page.locator("#past .turn")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    expect(page.locator("#past .turn")).to_have_count(0)


@pytest.mark.parametrize("width", [400, 1000])
def test_conversations_are_reached_from_the_keyboard_on_narrow_screens(
    open_page: Callable[..., Watched], bridges: str, width: int
) -> None:
    viewport = {"width": width, "height": 800}
    page = open_page(bridges, **as_user(f"narrow{width}", viewport=viewport)).page
    ask(page, "How long is the Marlow2 bridge?")
    toggle = page.locator("[data-toggles=drawer]")
    aside = page.locator("#aside")
    expect(aside).not_to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.press("Enter")
    expect(aside).to_be_visible()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    assert page.evaluate("document.activeElement.matches('#aside button')")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(aside).not_to_be_visible()
    assert page.evaluate("document.activeElement.matches('[data-toggles=drawer]')")
    toggle.press("Enter")
    page.keyboard.press("Enter")  # a new conversation
    page.wait_for_selector(".welcome")
    expect(page.locator("#question textarea")).to_be_focused()
    expect(aside).not_to_be_visible()
    toggle.press("Enter")
    aside.get_by_role("button", name="How long is the Marlow2 bridge?").press("Enter")
    page.wait_for_selector("#live .turn[data-stage=done]")
    expect(aside).not_to_be_visible()


def test_a_conversation_is_renamed_and_deleted_on_a_narrow_screen(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges, **as_user("renamer", **NARROW)).page
    ask(page, "How long is the Marlow3 bridge?")
    acts = page.locator("[data-toggles=acts]")
    rename = page.get_by_role("button", name="Rename", exact=True)
    expect(rename).not_to_be_visible()
    acts.press("Enter")
    expect(acts).to_have_attribute("aria-expanded", "true")
    rename.press("Enter")
    page.locator("dialog input").fill("Bridges")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".named h2")).to_have_text("Bridges")
    with page.expect_download():
        page.get_by_role("button", name="Export as JSON").press("Enter")
    page.get_by_role("button", name="Delete").press("Enter")
    page.locator("dialog button.danger").press("Enter")
    page.wait_for_selector(".welcome")


def test_what_was_typed_but_not_asked_is_there_after_a_reload(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges, **as_user("typist")).page
    ask(page, "How long is the Marlow1 bridge?")
    typed = page.locator("#question textarea")
    typed.fill("How long is the <b>other</b>?")
    page.reload()
    page.wait_for_selector("#live .turn")
    expect(typed).to_have_value("How long is the <b>other</b>?")
    page.keyboard.press("Escape")
    ask(page, "How long is the Marlow2 bridge?")
    page.reload()
    page.wait_for_selector("#live .turn")
    expect(typed).to_have_value("")


def test_only_those_who_may_add_articles_see_the_form(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    def form(page: Page) -> Any:
        page.locator("[data-page-link=corpus]").first.click()
        page.wait_for_selector("#table table")
        return page.locator("#add-button")

    expect(form(open_page(bridges, **as_user("ann")).page)).to_be_visible()
    expect(form(open_page(bridges, **as_user("reader")).page)).not_to_be_visible()
