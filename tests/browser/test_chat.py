"""The chat in a real browser, with the real models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANSWER_MS, Watched, ask, violations

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

HEIGHT = "What height did the Hwasong-15 reach?"
QUOTE = (
    "The Hwasong-15 missile reached an unprecedented height of almost 4,500 kilometres "
    "(2,800 miles)."
)
OTHER = "What height did the Hwasong-14 reach?"
LAST_DONE = "#live .turn[data-stage=done]"


def in_view(page: Page, selector: str) -> bool:
    return bool(
        page.evaluate(
            """selector => {
                const mark = document.querySelector(selector).getBoundingClientRect();
                const box = document.querySelector('.scroller').getBoundingClientRect();
                return mark.height > 0 && mark.top >= box.top && mark.bottom <= box.bottom;
            }""",
            selector,
        )
    )


def test_evidence_then_a_checked_answer_then_its_span_in_the_article(page: Page) -> None:
    page.fill("#question textarea", HEIGHT)
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane .place", timeout=ANSWER_MS)
    assert page.locator(LAST_DONE).count() == 0
    page.wait_for_selector(LAST_DONE, timeout=ANSWER_MS)
    expect(page.locator("#live .verdict").first).to_have_text("✓ supported")
    page.get_by_role("button", name="Open source 1 in its article").click()
    page.wait_for_selector("#pane mark.current")
    assert page.locator("#pane mark.current").inner_text() == QUOTE
    page.wait_for_timeout(700)
    assert in_view(page, "#pane mark.current")
    expect(page.locator("#pane h2")).to_contain_text("White House confirms plans")
    expect(page.locator("#pane .text")).to_contain_text("This represents a serious escalation")


def test_a_follow_up_is_understood_and_says_how(page: Page) -> None:
    ask(page, "What is the Hwasong-15?")
    ask(page, "How high did it go?")
    expect(page.locator("#live .asked")).to_contain_text("Hwasong-15")
    expect(page.locator("#live .answer")).to_contain_text("4,500")
    expect(page.locator("#past .question")).to_have_text("What is the Hwasong-15?")


def test_a_refusal_says_why_and_opens_the_nearest_article(page: Page) -> None:
    ask(page, OTHER)
    card = page.locator("#live .refusal")
    expect(card).to_contain_text("The articles do not mention this")
    expect(card.locator(".terms")).to_have_text("Hwasong-14")
    card.get_by_role("button").first.click()
    expect(page.locator("#pane .text")).to_contain_text("Hwasong-15")


def test_stop_ends_an_answer_and_another_can_be_asked(page: Page) -> None:
    page.fill("#question textarea", HEIGHT)
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane .place", timeout=ANSWER_MS)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("#live .turn[data-stage=stopped]", timeout=2_000)
    expect(page.locator("#send")).to_be_visible()
    page.get_by_role("button", name="Edit question").click()
    expect(page.locator("#question textarea")).to_have_value(HEIGHT)
    ask(page, OTHER)


def test_a_reload_keeps_the_conversation_which_can_be_renamed_exported_and_deleted(
    page: Page,
) -> None:
    ask(page, OTHER)
    before = page.locator("#live").inner_text()
    page.reload()
    page.wait_for_selector(LAST_DONE)
    assert page.locator("#live").inner_text() == before
    page.get_by_role("button", name="Rename").click()
    page.locator("dialog input").fill("Missiles <b>")
    page.keyboard.press("Enter")
    expect(page.locator(".named h2")).to_have_text("Missiles <b>")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as Markdown").click()
    exported = Path(download.value.path()).read_text("utf-8")
    assert exported.startswith("# Missiles \\<b\\>")
    assert "Hwasong-14" in exported
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog button.danger").click()
    page.wait_for_selector(".welcome")
    assert "c=" not in page.url
    expect(page.locator(".conversations")).not_to_contain_text("Missiles <b>")


def test_the_answer_is_copied_with_its_sources_and_rated(page: Page) -> None:
    ask(page, HEIGHT)
    page.get_by_role("button", name="Copy with sources").click()
    expect(page.locator("#notice")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"[1] “{QUOTE}”" in copied
    assert "[771:867]" in copied
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    page.locator(".comment input").fill("Just what I wanted")
    page.keyboard.press("Enter")
    expect(page.locator("#live .comment")).to_contain_text("your comment is kept")


def test_two_browsers_at_once_do_not_mix(open_page: Callable[..., Watched], served: str) -> None:
    one, two = open_page(served).page, open_page(served).page
    for page, question in ((one, HEIGHT), (two, OTHER)):
        page.fill("#question textarea", question)
        page.keyboard.press("Enter")
    for page in (one, two):
        page.wait_for_selector("#pane .place", timeout=ANSWER_MS)
    for page, question, text in ((one, HEIGHT, "4,500"), (two, OTHER, "Hwasong-14")):
        page.wait_for_selector(LAST_DONE, timeout=ANSWER_MS)
        expect(page.locator("#live .question")).to_have_text(question)
        expect(page.locator("#live")).to_contain_text(text)
    assert one.locator("#live .refusal").count() == 0


def test_everything_works_from_the_keyboard(page: Page) -> None:
    def tab_to(name: str, *, within: str = "body") -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            here = "document.activeElement.closest(within) && (document.activeElement.ariaLabel"
            here += " || document.activeElement.innerText || document.activeElement.tagName)"
            if name in str(page.evaluate(f"within => {here}", within)):
                return
        pytest.fail(f"{name} is not reached by Tab")

    tab_to("TEXTAREA", within="#question")
    page.keyboard.type(HEIGHT)
    page.keyboard.press("Enter")
    page.wait_for_selector(LAST_DONE, timeout=ANSWER_MS)
    page.locator("#question textarea").press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    tab_to("Open source 1", within="#live")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane mark.current")
    page.wait_for_timeout(700)
    assert page.evaluate("document.activeElement.matches('mark.current')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#pane .pane.evidence")
    page.wait_for_timeout(200)
    assert page.evaluate("document.activeElement.matches('#live .cite')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_needs_no_sideways_scrolling(
    open_page: Callable[..., Watched], served: str, scheme: str
) -> None:
    options = {"viewport": {"width": 400, "height": 800}, "color_scheme": scheme}
    page = open_page(served, **options).page
    dark = page.evaluate("document.body.classList.contains('dark')")
    assert dark is (scheme == "dark")
    ask(page, HEIGHT)
    page.locator("#live .cite").first.click()
    page.wait_for_selector("#pane mark.current")
    page.wait_for_timeout(700)
    assert in_view(page, "#pane mark.current")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.locator("#pane .close").click()
    for name in ("corpus", "evals", "settings", "chat"):
        page.locator(f"[data-page-link={name}]").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_accessibility_violation(
    open_page: Callable[..., Watched], served: str, scheme: str
) -> None:
    page = open_page(served, color_scheme=scheme).page

    def check(state: str) -> None:
        assert violations(page) == [], state

    check("welcome")
    ask(page, HEIGHT)
    page.locator("#live summary").click()
    check("answer")
    page.locator("#live .cite").first.click()
    page.wait_for_selector("#pane mark.current")
    check("article")
    ask(page, OTHER)
    page.locator("#filters summary").click()
    check("refusal and filters")
    for name in ("corpus", "evals", "settings"):
        page.locator(f"[data-page-link={name}]").first.click()
        page.wait_for_timeout(200)
        check(name)


def test_an_answer_grows_without_moving_what_is_above_it(page: Page) -> None:
    page.evaluate(
        """() => {
            window.tops = new Set(); window.moved = 0;
            new PerformanceObserver(list => {
                for (const shift of list.getEntries()) window.moved += shift.value;
            }).observe({type: 'layout-shift', buffered: false});
            new MutationObserver(() => {
                const question = document.querySelector('#live .question');
                if (question) window.tops.add(Math.round(question.getBoundingClientRect().top));
            }).observe(document.querySelector('#live'), {subtree: true, childList: true});
        }"""
    )
    ask(page, HEIGHT)
    assert len(page.evaluate("[...window.tops]")) == 1
    assert page.evaluate("window.moved") < 0.1
