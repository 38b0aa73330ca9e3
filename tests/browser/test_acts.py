"""What can be done to articles, filters, conversations, answers. Only the models are scripted."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from assistant.server.options import ServeOptions
from evals.reporting import write_report
from evals.rows import ROWS
from tests.browser.conftest import Watched, ask, serving_here, violations
from tests.support.evals import answered, refused, row, sample, unanswerable
from tests.support.pages import WEB_PAGE, serving_page
from tests.support.scripted import answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

SOURCES = ("Gazette", "Courier")
BRIDGES = 9
QUESTION = "How long is the Marlow{} bridge?"


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app over nine dated articles of two sources, with an eval report."""
    folder = tmp_path_factory.mktemp("bridges")
    corpus, run = folder / "corpus", folder / "runs" / "bridges"
    corpus.mkdir()
    run.mkdir(parents=True)
    for number in range(BRIDGES):
        head = f"title: Bridge {number}\nsource: {SOURCES[number % 2]}\n"
        head += (
            f"published: 2031-0{number + 1}-15\nauthor: Ann Lee\nurl: https://example.com/{number}"
        )
        line = f"The Marlow{number} bridge is {number + 3} kilometres long."
        (corpus / f"bridge{number}.md").write_text(f"---\n{head}\n---\n\n{line}\n")
    rows = [
        row(sample(id="a"), answered("It is 503 metres long.")),
        row(sample(id="b"), refused()),
        row(unanswerable(id="c"), refused()),
    ]
    (run / ROWS).write_text("".join(f"{json.dumps(item)}\n" for item in rows))
    write_report(run)
    assistant = open_scripted(
        folder / "data",
        answer_from_first_line,
        corpus=corpus,
        verification=False,
        allow_private_urls=True,
    )
    options = ServeOptions(
        user_header="X-User",
        editors=("ann", "editor"),
        questions_per_minute=1000,
        runs=folder / "runs",
    )
    with serving_here(assistant, options) as address:
        yield address
    assistant.close()


@pytest.fixture
def open_as(open_page: Callable[..., Watched], bridges: str) -> Callable[[str], Page]:
    return lambda name: open_page(bridges, extra_http_headers={"X-User": name}).page


def go_to(page: Page, name: str) -> None:
    page.locator(f"[data-page-link={name}]").first.click()


def export(page: Page, form: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Export as {form}").click()
    return Path(download.value.path()).read_text("utf-8")


def test_the_search_is_narrowed_by_source_date_and_article(open_as: Callable[[str], Page]) -> None:
    page = open_as("filterer")
    filters = page.locator("#filters")
    summary = filters.locator("summary")
    expect(summary).to_have_text(f"Searching all {BRIDGES} articles")
    summary.press("Enter")
    filters.get_by_label("Gazette", exact=True).check()
    expect(summary).to_have_text("Searching only from Gazette")
    filters.get_by_label("from").fill("2031-03-01")
    filters.get_by_label("to").fill("2031-06-30")
    expect(summary).to_contain_text("from Gazette, since 1 March 2031, until 30 June 2031")
    ask(page, QUESTION.format(3))  # of the Courier
    expect(page.locator("#pane")).not_to_contain_text("Marlow3")
    ask(page, QUESTION.format(2))
    expect(page.locator("#live .answer")).to_contain_text("5 kilometres")
    assert {"Bridge 2", "Bridge 4"} >= set(page.locator("#pane .from").all_inner_texts())
    filters.get_by_role("button", name="Search everything").click()
    expect(summary).to_have_text(f"Searching all {BRIDGES} articles")

    summary.press("Enter")
    filters.get_by_placeholder("Search titles and sources").press_sequentially("ridge 7", delay=60)
    boxes = filters.locator(".boxes .box")
    expect(boxes).to_have_count(1)
    boxes.get_by_role("checkbox").check()
    expect(summary).to_have_text("Searching only in 1 chosen article")
    # What is chosen stays so while others are searched for.
    filters.get_by_placeholder("Search titles and sources").fill("Bridge 1")
    expect(boxes).to_have_count(2)
    boxes.filter(has_text="Bridge 1").get_by_role("checkbox").check()
    expect(summary).to_have_text("Searching only in 2 chosen articles")
    boxes.filter(has_text="Bridge 7").get_by_role("checkbox").uncheck()
    expect(summary).to_have_text("Searching only in 1 chosen article")
    ask(page, QUESTION.format(1))
    assert set(page.locator("#pane .from").all_inner_texts()) == {"Bridge 1"}
    filters.get_by_label("from").fill("2033-01-01")
    expect(summary).to_contain_text("since 1 January 2033")
    ask(page, QUESTION.format(2))
    expect(page.locator("#live")).to_contain_text("No article fits the filters")


def test_articles_are_plotted_searched_read_added_and_removed(
    open_as: Callable[[str], Page],
) -> None:
    page = open_as("editor")
    go_to(page, "corpus")
    timeline = page.locator("#timeline")
    expect(timeline.locator("figcaption")).to_contain_text("15 January 2031 to 15 September 2031")
    assert timeline.locator("svg rect").count() == BRIDGES
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(BRIDGES)
    expect(rows.first).to_contain_text("15 Jan 2031")
    page.get_by_label("Order").select_option("published")
    expect(rows.first).to_contain_text("Bridge 8")
    page.locator("#table").get_by_label("Source", exact=True).select_option("Courier")
    expect(rows).to_have_count(4)
    page.locator("#table input").press_sequentially("ridge 5", delay=60)
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="Bridge 5", exact=True).click()
    reader = page.locator("#reader")
    expect(reader).to_contain_text("Courier · Ann Lee · 15 June 2031")
    outside = reader.get_by_role("link", name="Original at example.com")
    expect(outside).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(reader).to_contain_text("8 kilometres long")

    remove = rows.get_by_role("button", name="Remove")
    remove.click()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(rows).to_have_count(1)
    remove.click()
    page.locator("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator("#notice")).to_contain_text("Removed “Bridge 5”")
    expect(rows).to_have_text(["No article fits."])  # what is sought stays sought
    page.locator("#table input").fill("")
    expect(rows).to_have_count(3)
    page.locator("#table").get_by_label("Source", exact=True).select_option("")
    expect(rows).to_have_count(BRIDGES - 1)

    with serving_page("/", WEB_PAGE) as server:
        url = server.url
        page.fill("#urls textarea", f"{url} {url}/missing /etc/passwd")
        page.get_by_role("button", name="Add to the articles").click()
        added = page.locator("#adding .outcomes")
        expect(added.locator(".added")).to_contain_text(url, timeout=30_000)
    expect(added.locator(".failed")).to_have_count(2)
    expect(added).to_contain_text("begins with http:// or https://")
    expect(page.locator("#table")).to_contain_text("Ferry of Calder sails again")
    go_to(page, "chat")
    ask(page, "How many passengers does the ferry of Calder carry?")
    expect(page.locator("#pane")).to_contain_text("820 passengers")


def test_conversations_are_found_renamed_exported_and_deleted(
    open_as: Callable[[str], Page],
) -> None:
    page = open_as("keeper")
    asked = [QUESTION.format(1), "How long is the Marlow2 bridge, please?"]
    for question in asked:
        ask(page, question)
    page.get_by_role("button", name="New conversation").click()
    ask(page, QUESTION.format(4))
    listed = page.locator(".conversations button")
    expect(listed).to_have_count(2)
    page.locator("#words").press_sequentially("marlow2 PLEASE", delay=60)
    expect(listed).to_have_text([asked[0]])  # the text of its second question is searched
    listed.click()
    expect(page.locator("#past .question")).to_have_text(QUESTION.format(1))

    whole = json.loads(export(page, "JSON"))
    assert [turn["question"] for turn in whole["turns"]] == asked
    answer = whole["turns"][1]["answer"]
    (citation,) = answer["citations"]
    quote = "The Marlow2 bridge is 5 kilometres long."
    assert (citation["number"], citation["quote"], citation["title"]) == (1, quote, "Bridge 2")
    assert answer["statements"][0]["citations"] == [1]
    written = export(page, "Markdown")
    assert f"## {asked[1]}" in written
    assert f"- \\[1\\] “{quote}” — Bridge 2, Gazette, 2031-03-15" in written

    page.get_by_role("button", name="Rename", exact=True).click()
    page.locator("dialog input").fill("Short ones")
    page.keyboard.press("Enter")
    expect(page.locator(".named h2")).to_have_text("Short ones")
    expect(page.locator(".conversations")).to_contain_text("Short ones")
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    expect(page.locator(".named h2")).to_have_text("Short ones")
    page.get_by_role("button", name="Delete").click()
    page.locator("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_selector(".welcome")
    expect(listed).to_have_count(0)  # what is sought stays sought
    page.locator("#words").fill("")
    expect(listed).to_have_text([QUESTION.format(4)])


def test_an_answer_is_asked_again_edited_stepped_through_copied_and_commented(
    open_as: Callable[[str], Page],
) -> None:
    page = open_as("asker")
    ask(page, QUESTION.format(6))
    page.locator("#live .cite").first.click()
    expect(page.locator("#pane h2")).to_have_text("Bridge 6")
    expect(page.locator("#pane .pane-head")).to_contain_text("Gazette · Ann Lee · 15 July 2031")
    expect(page.locator("#pane .pane-head a")).to_have_text(
        [re.compile("^Original at example.com"), "Original file"]
    )
    expect(page.locator("#pane .steps")).to_have_text("Source 1 of 1")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy with sources").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(
        f"{QUESTION.format(6)}\n\nThe Marlow6 bridge is 9 kilometres long. [1]"
    )
    assert (
        "[1] “The Marlow6 bridge is 9 kilometres long.” — Bridge 6, Gazette, 2031-07-15" in copied
    )
    page.get_by_role("button", name="Bad answer").click()
    page.locator(".comment input").fill("Not <b>that</b> one")
    page.locator(".comment").get_by_role("button", name="Send").click()
    expect(page.locator("#live .comment")).to_contain_text("your comment is kept")
    page.locator("#live").get_by_role("button", name="Ask again").click()
    expect(page.locator("#past .turn")).to_have_count(1)
    page.wait_for_selector("#live .turn[data-stage=done]")
    expect(page.locator("#live .question")).to_have_text(QUESTION.format(6))
    page.locator("#live").get_by_role("button", name="Edit question").click()
    box = page.locator("#question textarea")
    expect(box).to_have_value(QUESTION.format(6))
    expect(box).to_be_focused()
    ask(page, QUESTION.format(8))
    page.locator("#live").get_by_role("button", name="Good answer").click()
    page.locator("#live .comment input").fill("half a comm")
    ask(page, QUESTION.format(7))
    expect(page.locator("#past .comment input").last).to_have_value("half a comm")
    page.reload()
    page.wait_for_selector("#live .turn")
    rated = page.locator("#past .turn").first
    expect(rated.locator(".comment input")).to_have_value("Not <b>that</b> one")
    expect(rated.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")


def test_the_newest_eval_report_is_shown_with_intervals_and_plots(
    open_as: Callable[[str], Page],
) -> None:
    page = open_as("measurer")
    go_to(page, "evals")
    right = page.get_by_role("row", name="answerable right")
    expect(right).to_contain_text("50%")
    expect(right.locator("svg.interval")).to_be_visible()
    page.locator("#evals iframe").scroll_into_view_if_needed()
    report = page.frame_locator("#evals iframe")
    expect(report.locator("h1")).to_have_text("Evals: bridges")
    expect(report.locator("svg").first).to_be_visible()
    assert violations(page) == []
    for background in ("rgb(18, 21, 28)", "rgb(245, 246, 249)"):  # dark, and light again
        page.get_by_title("Switch between light and dark").click()
        expect(report.locator("body")).to_have_css("background-color", background)
    page.go_back()  # no step back leads to another look of the report
    expect(page.locator("#page-chat")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_eval_report_is_accessible_by_itself(
    open_page: Callable[..., Watched], bridges: str, scheme: str
) -> None:
    options = {"extra_http_headers": {"X-User": "measurer"}, "color_scheme": scheme}
    page = open_page(bridges, **options).page
    go_to(page, "evals")
    page.locator("#evals iframe").scroll_into_view_if_needed()
    report = page.locator("#evals iframe").element_handle().content_frame()
    assert report is not None
    page.set_content(report.content())
    expect(page.locator("h1")).to_have_text("Evals: bridges")
    assert violations(page) == []


def test_who_may_only_read_asks_but_changes_nothing_however_he_tries(
    open_as: Callable[[str], Page], bridges: str
) -> None:
    page = open_as("reader")
    ask(page, QUESTION.format(0))
    expect(page.locator("#live .answer")).to_contain_text("3 kilometres")
    go_to(page, "corpus")
    rows = page.locator("#table tbody tr")
    article = rows.first.locator("button.title").get_attribute("data-article")
    before = rows.count()
    expect(page.locator("#add-button")).not_to_be_visible()
    assert page.get_by_role("button", name="Remove").count() == 0
    # Every function of the page, called past the page.
    asked = {"act": "remove", "article": article, "id": article, "said": "yes"}
    with serving_page("/", WEB_PAGE) as server:
        call_all(page, bridges, asked, server.url, "reader")
        assert server.asked == []
    page.reload()
    expect(rows).to_have_count(before)
    # The same calls by one who may change the corpus do change it.
    with serving_page("/", WEB_PAGE) as server:
        call_all(open_as("ann"), bridges, asked, server.url, "ann")
        assert server.asked
    page.reload()
    expect(rows).to_have_count(before)  # one removed, one added
    expect(page.locator(f"#table [data-article={article}]")).to_have_count(0)
    upload = {"files": {"name": "a.txt", "mimeType": "text/plain", "buffer": b"A title\n\nText."}}
    assert page.request.post(f"{bridges}/gradio_api/upload", multipart=upload).status == 403


def call_all(page: Page, address: str, event: dict[str, Any], url: str, name: str) -> None:
    """Call each function of the page as the browser would, with an address where one belongs."""
    config = page.request.get(f"{address}/config").json()
    kinds = {part["id"]: part["type"] for part in config["components"]}
    for number, one in enumerate(config["dependencies"]):
        adds = "file" in [kinds[part] for part in one["inputs"]]
        given = {"textbox": url} if adds else {}
        body = {
            "fn_index": one["id"],
            "data": [given.get(kinds[part]) for part in one["inputs"]],
            "event_data": event,
            "session_hash": f"{name}{number}",
        }
        page.request.post(f"{address}/gradio_api/queue/join", data=body)
        told = f"{address}/gradio_api/queue/data?session_hash={name}{number}"
        with contextlib.suppress(Error):  # some functions never end
            page.request.get(told, timeout=5000)
