"""What people do that nobody plans for. Only the models are scripted."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.server.options import ServeOptions
from tests.browser.conftest import Watched, ask, serving_here
from tests.support.pages import WEB_PAGE, serving_page
from tests.support.scripted import ScriptedAssistant, answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

OpenPage = Callable[..., Watched]
UNBROKEN = "quarterly_report_2031_final_version_reviewed_by_legal_and_finance_v12"
QUESTION = "How long is the Marlow bridge?"
RAIN = "Rain fell on most days, so shops stayed shut until noon and trains ran late.\n\n" * 60
BUSY = "setTimeout(() => { const end = Date.now() + 300; while (Date.now() < end); }, 40)"
"""Keeps a page from drawing for a while: then what comes meanwhile comes all at once."""

SLOWLY = f"The Tolmen bridge is 9 kilometres long{', longer than any other' * 15}."


def serve(folder: Path, *, pause_s: float = 0.0, **values: object) -> ScriptedAssistant:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    head = f"---\ntitle: {UNBROKEN}.pdf\nsource: {UNBROKEN}_{UNBROKEN}_{UNBROKEN}\n---\n\n"
    (corpus / "bridge.md").write_text(f"{head}The Marlow bridge is 7 kilometres long.\n\n{RAIN}")
    (corpus / "slow.txt").write_text(f"Tolmen\n\n{SLOWLY}\n")
    values |= {"corpus": corpus, "pause_s": pause_s, "verification": False}
    return open_scripted(folder / "data", answer_from_first_line, **values)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app behind a header, over names that do not break; it writes slowly."""
    options = ServeOptions(user_header="X-User", questions_per_minute=1000)
    with (
        serve(tmp_path_factory.mktemp("site"), pause_s=0.1) as assistant,
        serving_here(assistant, options) as address,
    ):
        yield address


def as_user(name: str, **options: object) -> dict[str, object]:
    return {"extra_http_headers": {"X-User": name}} | options


def beyond(page: Page, width: int) -> list[str]:
    """Return the buttons, cards and names that end beyond the screen, which nobody can see."""
    found: list[str] = page.evaluate(
        """width => [...document.querySelectorAll(
                '.bar button, .bar form, .source, .place, .verdict, .turn-acts button, #filters *')]
            .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > width + 1)
            .map(one => one.outerHTML.slice(0, 120))""",
        width,
    )
    return found


@pytest.mark.parametrize("width", [400, 700, 1400])
def test_long_names_push_nothing_off_the_screen(open_page: OpenPage, site: str, width: int) -> None:
    viewport = {"width": width, "height": 800}
    page = open_page(site, **as_user("maria.schneider@example.com", viewport=viewport)).page
    ask(page, QUESTION)
    assert beyond(page, width) == []
    page.locator("#filters summary").click()
    page.locator("#filters .boxes input").first.check()
    expect(page.locator("#filters summary")).to_contain_text("Searching only")
    assert beyond(page, width) == []
    page.locator("[data-page-link=corpus]").first.click()
    cell = page.locator("#table tbody td").first
    assert cell.evaluate("cell => cell.offsetWidth") > 80
    remove = page.locator("#table").get_by_role("button", name="Remove").first
    assert remove.evaluate("button => button.offsetHeight") < 40


def test_an_open_source_that_was_scrolled_away_from_comes_back(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("scroller")).page
    ask(page, QUESTION)
    page.locator("#live .cite").first.click()
    page.wait_for_selector("#pane mark.current")
    page.wait_for_timeout(700)
    page.locator("#pane .scroller").evaluate("box => box.scrollTop = box.scrollHeight")
    expect(page.locator("#pane mark.current")).not_to_be_in_viewport()
    page.locator("#live .cite").first.click()
    expect(page.locator("#pane mark.current")).to_be_in_viewport()
    page.locator("[data-page-link=corpus]").first.click()
    for _ in range(2):  # the same article opens twice
        page.locator("#table button.title").first.click()
        expect(page.locator("#reader h2")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.locator("#reader .pane")).to_have_count(0)


def test_escape_closes_the_article_before_it_stops_the_answer(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("hasty")).page
    page.fill("#question textarea", "How long is the Tolmen bridge?")
    page.keyboard.press("Enter")
    page.locator("#pane .place").first.click()
    page.wait_for_selector("#pane .pane.article")
    page.keyboard.press("Escape")
    page.wait_for_selector("#pane .pane.evidence")
    expect(page.locator("#live .turn")).not_to_have_attribute("data-stage", "stopped")
    page.keyboard.press("Escape")
    page.wait_for_selector("#live .turn[data-stage=stopped]")


def test_a_new_conversation_may_begin_while_an_answer_is_written(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("leaver")).page
    for _ in range(3):
        page.fill("#question textarea", "How long is the Tolmen bridge?")
        page.keyboard.press("Enter")
        page.wait_for_selector("#live .turn[data-stage=writing]")
        page.evaluate(BUSY)
        page.get_by_role("button", name="New conversation").click()
        page.wait_for_selector(".welcome")


def test_a_conversation_that_another_tab_deleted_hangs_no_answer(
    open_page: OpenPage, site: str
) -> None:
    first = open_page(site, **as_user("two tabs")).page
    ask(first, QUESTION)
    other = first.context.new_page()
    other.goto(first.url)
    other.wait_for_selector("#live .turn")
    other.get_by_role("button", name="Delete").click()
    other.locator("dialog button.danger").click()
    other.wait_for_selector(".welcome")
    ask(first, "How long is the Marlow bridge, again?")
    expect(first.locator("#notice")).to_contain_text("deleted meanwhile")
    assert "c=" not in first.url
    ask(first, "How long is the Marlow bridge, now?")
    first.reload()
    expect(first.locator("#live .question")).to_have_text("How long is the Marlow bridge, now?")


def test_who_comes_while_there_is_no_index_is_told_so_and_a_first_article_changes_the_page(
    open_page: OpenPage, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    with (
        open_scripted(tmp_path / "data", answer_from_first_line, verification=False) as assistant,
        serving_here(assistant, ServeOptions()) as address,
    ):
        page = open_page(address).page
        expect(page.locator(".welcome h2")).to_have_text("There are no articles yet")
        page.get_by_role("button", name="Add articles").click()
        file = tmp_path / "ferry.txt"
        file.write_text("Ferry\n\nThe ferry Lark-2 crosses the strait in 41 minutes.\n")
        page.set_input_files("#files input[type=file]", [str(file)])
        page.wait_for_selector("#files tr")
        page.get_by_role("button", name="Add to the articles").click()
        expect(page.locator("#adding")).to_contain_text("1 added", timeout=30_000)
        page.locator("[data-page-link=chat]").first.click()
        expect(page.locator(".welcome h2")).to_have_text("Ask the articles")

        assistant.index.close()
        kept = assistant.settings.index_path.rename(tmp_path / "away")
        page.reload()
        expect(page.locator(".welcome h2")).to_have_text("The articles cannot be searched now")
        expect(page.locator(".welcome")).to_contain_text("assistant ingest")
        expect(page.locator("[data-page-link=settings]")).to_be_visible()
        shutil.rmtree(assistant.settings.index_path, ignore_errors=True)
        kept.rename(assistant.settings.index_path)


def test_back_and_forward_lead_through_conversations_and_pages(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("walker")).page
    question, chat = page.locator("#live .question"), page.locator("#page-chat")
    ask(page, QUESTION)
    expect(page).to_have_url(re.compile(r"\?c="))
    first = page.url
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    expect(page).to_have_url(f"{site}/")
    ask(page, "How long is the Marlow bridge, then?")
    expect(page).to_have_url(re.compile(r"\?c="))
    second = page.url
    page.locator(".conversations button", has_text=QUESTION).click()
    expect(question).to_have_text(QUESTION)
    page.locator("[data-page-link=corpus]").first.click()
    expect(page).to_have_url(f"{first}#corpus")
    page.reload()
    expect(page.locator("#table table")).to_be_visible()
    expect(chat).not_to_be_visible()
    visited = page.evaluate("history.length")
    page.evaluate("history.go(-1); setTimeout(() => history.go(-1))")  # quicker than the server
    expect(question).to_have_text("How long is the Marlow bridge, then?")
    expect(page).to_have_url(second)
    page.go_back()
    expect(question).to_have_text(QUESTION)
    expect(page).to_have_url(first)
    page.evaluate("history.go(1); setTimeout(() => history.go(2))")
    expect(page.locator("#table table")).to_be_visible()
    expect(page).to_have_url(f"{first}#corpus")
    assert page.evaluate("history.length") == visited


def test_back_to_a_conversation_that_is_gone_shows_an_empty_page(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("returner")).page
    ask(page, QUESTION)
    gone = page.url
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    other = page.context.new_page()
    other.goto(gone)
    other.get_by_role("button", name="Delete").click()
    other.locator("dialog button.danger").click()
    other.wait_for_selector(".welcome")
    expect(other).to_have_url(f"{site}/")
    page.fill("#question textarea", "How long is the Tolmen bridge?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live .turn[data-stage=writing]")
    page.evaluate(f"history.back(); {BUSY}")
    expect(page.locator("#notice")).to_contain_text("no such conversation")
    page.wait_for_selector(".welcome")
    expect(page).to_have_url(f"{site}/")
    page = open_page(f"{site}/?c=nonsense", **as_user("returner")).page
    page.wait_for_selector(".welcome")
    expect(page).to_have_url(f"{site}/")


def test_a_page_loaded_again_shows_what_is_being_added(open_page: OpenPage, tmp_path: Path) -> None:
    may_answer = threading.Event()
    with (
        serve(tmp_path, allow_private_urls=True) as assistant,
        serving_here(assistant, ServeOptions()) as address,
        serving_page("/", WEB_PAGE, may_answer) as web,
    ):
        watched = open_page(address)
        page = watched.page
        page.locator("[data-page-link=corpus]").first.click()
        page.fill("#urls textarea", web.url)
        page.get_by_role("button", name="Add to the articles").click()
        expect(page.locator("#adding")).to_contain_text(f"Reading 1 of 1: {web.url}")
        page.reload()
        expect(page.locator("#adding")).to_contain_text(f"Reading 1 of 1: {web.url}")
        cut = ("AbortError", "Connection errored out")  # so says Gradio of what a reload cuts
        assert [said for said in watched.problems if not any(part in said for part in cut)] == []
        watched.problems.clear()
        may_answer.set()
        expect(page.locator("#adding")).to_contain_text("1 added", timeout=30_000)
        expect(page.locator("#table")).to_contain_text("Ferry")
        page.reload()  # what was seen is not shown again
        expect(page.locator("#table")).to_contain_text("Ferry")
        expect(page.locator("#adding")).not_to_contain_text("1 added")


def test_enter_pressed_twice_asks_once(open_page: OpenPage, site: str) -> None:
    page = open_page(site, **as_user("trembler")).page
    page.fill("#question textarea", QUESTION)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("#live .turn[data-stage=done]")
    expect(page.locator("#notice.shown")).to_have_count(0)
    expect(page.locator("#past .turn")).to_have_count(0)


def test_a_reload_keeps_what_was_searched_and_too_long_a_question_is_told_of(
    open_page: OpenPage, site: str
) -> None:
    page = open_page(site, **as_user("reloader")).page
    page.locator("#filters summary").click()
    page.locator("#filters .boxes input").first.check()
    summary = page.locator("#filters summary")
    expect(summary).to_contain_text("Searching only")
    ask(page, QUESTION)
    narrowed = summary.inner_text()
    page.reload()
    page.wait_for_selector("#live .turn")
    expect(summary).to_have_text(narrowed)
    page.locator("#aside input[type=search]").press_sequentially("marlow", delay=60)
    listed = page.locator(".conversations button")
    listed.first.click()
    page.wait_for_selector("#live .turn[data-stage=done]")
    expect(page.locator("#aside input[type=search]")).to_have_value("marlow")
    ask(page, "How long is the Marlow bridge? " * 200, stage="failed")
    expect(page.locator("#live .failed")).to_contain_text("characters, more than")
