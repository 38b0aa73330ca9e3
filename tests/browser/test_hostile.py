"""Texts that attack the page, everywhere a text can come from. Only the models are scripted."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import frontmatter
import pytest
from langchain_core.messages import BaseMessage
from playwright.sync_api import Page

from assistant.server.options import ServeOptions
from tests.browser.conftest import Watched, ask, serving_here
from tests.support.hostile import PAYLOADS, title_of
from tests.support.scripted import open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]


def obey(messages: list[BaseMessage]) -> str:
    """Draft an attack, the one whose number the question names."""
    asked = str(messages[-1].content)
    named = re.findall(r"Marlow(\d+)", asked)
    payload = title_of(PAYLOADS[int(named[-1])]) if named else ""
    return f"It is {payload} and long [1]"


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app over a corpus in which every text is an attack."""
    folder = tmp_path_factory.mktemp("attacked")
    corpus = folder / "corpus"
    corpus.mkdir()
    # Unverified, so that what the model says is shown whatever it is.
    # It writes slowly enough for its drafts to be drawn.
    assistant = open_scripted(
        folder / "data", obey, corpus=corpus, pause_s=0.05, verification=False
    )
    for number, payload in enumerate(PAYLOADS):
        attack = title_of(payload)
        line = f"The Marlow{number} bridge {attack} is {number + 3} kilometres long."
        head = {
            "title": f"{attack} {number}",
            "source": f"Gazette {number} {attack}",
            "author": attack,
            "url": attack,
        }
        article = frontmatter.Post(f"{line}\n\n{payload}\n", **head)
        (corpus / file_name(number, attack)).write_text(frontmatter.dumps(article), "utf-8")
    assistant.refresh()
    assert len(assistant.articles()) >= len(PAYLOADS) - 1  # one, with a NUL, is refused as binary
    with serving_here(assistant, ServeOptions(questions_per_minute=1000)) as address:
        yield address
    assistant.close()


def file_name(number: int, attack: str) -> str:
    """Name a file by an attack, as far as a file system goes along."""
    spelled = "".join(letter for letter in attack if letter.isprintable()).replace(
        "/", "\N{DIVISION SLASH}"
    )
    return f"{number} {spelled[:60]}.md"


def unharmed(page: Page) -> None:
    """Nothing ran, nothing covers the page, nothing foreign is in it, it is where it was."""
    found = page.evaluate(
        r"""() => ({
            ran: window.hacked ?? null,
            foreign: [...document.querySelectorAll(
                '.gradio-container :is(img, iframe, video, audio, object, embed, base, meta, link,'
                + ' script, style, template, portal, math, foreignObject, use, image)'
            )].filter(item => item.closest('.html-container')).map(item => item.outerHTML),
            styled: [...document.querySelectorAll('.html-container [style]')]
                .filter(item => item.closest('.turn, .pane, table, nav, form, figure'))
                .map(item => item.outerHTML),
            handlers: [...document.querySelectorAll('.html-container *')].flatMap(item =>
                [...item.attributes].filter(one => one.name.startsWith('on')).map(one => one.name)),
            links: [...document.querySelectorAll('.html-container a[href]')].map(item => item.href)
                .filter(href => !/^[^?#]*\/originals\/[0-9a-f]{16}$/.test(href)
                    || !href.startsWith(location.origin)),
            cover: document.elementFromPoint(innerWidth / 2, 20)?.closest('.bar') !== null,
        })"""
    )
    assert found == {
        "ran": None, "foreign": [], "styled": [], "handlers": [], "links": [], "cover": True,
    }  # fmt: skip


def test_hostile_questions_articles_and_drafts_stay_text(
    open_page: Callable[..., Watched], attacked: str
) -> None:
    assert len(PAYLOADS) >= 30
    page = open_page(attacked).page
    for number, payload in enumerate(PAYLOADS):
        question = f"How long is the Marlow{number} bridge {title_of(payload)}?"
        page.fill("#question textarea", question)
        page.keyboard.press("Enter")
        page.wait_for_function(
            """number => document.querySelector('#live .question')?.innerText.includes(
                `Marlow${number} `) && document.querySelector('#live [data-stage=done]')""",
            arg=number,
            timeout=30_000,
        )
        with contextlib.suppress(Exception):
            page.locator("#pane .place").first.click(timeout=1000)
            page.wait_for_selector("#pane .pane.article", timeout=3000)
        unharmed(page)
    page.reload()
    page.wait_for_selector("#live .turn")
    page.locator("#filters summary").click()
    for box in page.locator("#filters .boxes input").all()[:3]:
        box.check()
    unharmed(page)
    for name in ("settings", "corpus"):
        page.locator(f"[data-page-link={name}]").first.click()
        unharmed(page)
    for title in page.locator("#table button.title").all()[:50]:
        title.click()
        page.wait_for_selector("#reader .pane.article")
        unharmed(page)


def test_hostile_drafts_and_statements_stay_text(
    open_page: Callable[..., Watched], attacked: str
) -> None:
    page = open_page(attacked).page
    page.evaluate(
        """() => {
            window.drafts = [];
            new MutationObserver(() => {
                const draft = document.querySelector('#live .drafted');
                if (draft) window.drafts.push(draft.innerText);
            }).observe(document.querySelector('#live'), {subtree: true, childList: true,
                characterData: true});
        }"""
    )
    stated = 0
    for number, payload in enumerate(PAYLOADS):
        if number % 8 == 0:
            page.get_by_role("button", name="New conversation").click()
            page.wait_for_selector(".welcome")
        ask(page, f"How long is the Marlow{number} bridge?")
        answer = page.locator("#live .answer")
        told = " ".join(answer.inner_text().split()) if answer.count() else ""
        stated += title_of(payload) in told
        if page.locator("#live .cite").count():
            page.locator("#live .cite").first.click()
            page.wait_for_selector("#pane mark.current")
        unharmed(page)
    assert stated >= 20
    assert any("<img src=x onerror=" in draft for draft in page.evaluate("window.drafts"))


def test_hostile_file_names_and_addresses_stay_text(
    open_page: Callable[..., Watched], attacked: str, tmp_path: Path
) -> None:
    page = open_page(attacked).page
    page.locator("[data-page-link=corpus]").first.click()
    name = "<img src=x onerror=window.hacked=1>.txt"
    (tmp_path / name).write_text("<b>Bold</b>\n\n<script>window.hacked=1</script> is a text.\n")
    page.set_input_files("#files input[type=file]", [str(tmp_path / name)])
    page.wait_for_selector("#files tr")
    page.fill("#urls textarea", "javascript:window.hacked=1 <svg/onload=window.hacked=1>")
    page.get_by_role("button", name="Add to the articles").click()
    page.wait_for_selector("#adding .outcomes .failed", timeout=30_000)
    page.wait_for_function("document.querySelector('#adding').innerText.includes('1 added')")
    unharmed(page)
