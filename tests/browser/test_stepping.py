"""An answer of several statements, each with its source. Only the models are scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from assistant.server.options import ServeOptions
from tests.browser.conftest import Watched, ask, serving_here
from tests.support.scripted import answer_from_every_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

LENGTHS = {"Marlow": "seven", "Calder": "nine", "Tolmen": "eleven"}
FILLER = "Rain fell on most days, so shops stayed shut until noon and trains ran late.\n\n" * 25
QUESTION = "How long are the bridges of Marlow, Calder and Tolmen?"
CURRENT = "#pane mark.current"


def sentence_of(town: str) -> str:
    return f"The bridge of {town} is {LENGTHS[town]} kilometres long."


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app over two articles: one holds two of the spans, far apart."""
    folder = tmp_path_factory.mktemp("bridges")
    corpus = folder / "corpus"
    corpus.mkdir()
    both = f"{sentence_of('Marlow')}\n\n{FILLER}{sentence_of('Calder')}\n\n{FILLER}"
    (corpus / "coast.txt").write_text(f"Bridges of the coast\n\n{both}\n")
    (corpus / "hills.txt").write_text(f"Bridge of the hills\n\n{sentence_of('Tolmen')}\n")
    assistant = open_scripted(
        folder / "data", answer_from_every_line, corpus=corpus, verification=False
    )
    with serving_here(assistant, ServeOptions()) as address:
        yield address
    assistant.close()


def watch_places(page: Page) -> None:
    """Note each place in which a statement is drawn, and how far the page shifts by itself."""
    page.evaluate(
        """() => {
            window.places = {}; window.moved = 0; window.drawn = new Set();
            new PerformanceObserver(list => {
                for (const shift of list.getEntries()) window.moved += shift.value;
            }).observe({type: 'layout-shift', buffered: false});
            new MutationObserver(() => {
                const turn = document.querySelector('#live .turn');
                if (!turn) return;
                const origin = turn.getBoundingClientRect().top;
                const lines = turn.querySelectorAll(':is(.draft, .answer) > p');
                if (turn.querySelector('.draft .statement')) window.drawn.add(
                    [...lines].map(line => line.className.split(' ')[0]).join(' '));
                lines.forEach((line, number) => {
                    const top = Math.round(line.getBoundingClientRect().top - origin);
                    (window.places[number] ||= new Set()).add(top);
                });
            }).observe(document.querySelector('#live'), {subtree: true, childList: true});
        }"""
    )


def test_statements_are_checked_in_their_place(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges).page
    watch_places(page)
    ask(page, QUESTION)
    steps, places = page.evaluate(
        "[[...window.drawn], Object.values(window.places).map(tops => [...tops])]"
    )
    count = page.locator("#live .answer .statement").count()
    assert count >= len(LENGTHS)
    assert steps[0].split().count("statement") == 1
    assert steps[-1].split() == ["statement"] * count
    assert [len(tops) for tops in places] == [1] * count, places
    assert page.evaluate("window.moved") < 0.01


def is_read(page: Page) -> bool:
    """Tell whether the current span is whole in view."""
    return bool(
        page.evaluate(
            """() => {
                const mark = document.querySelector('#pane mark.current').getBoundingClientRect();
                const box = document.querySelector('.scroller').getBoundingClientRect();
                return mark.top >= box.top && mark.bottom <= box.bottom;
            }"""
        )
    )


def test_all_spans_are_stepped_through_by_buttons_and_by_keys(
    open_page: Callable[..., Watched], bridges: str
) -> None:
    page = open_page(bridges).page
    ask(page, QUESTION)
    cited = page.locator("#live .sources .source")
    quotes = [quote.strip("“”") for quote in cited.locator(".quote").all_inner_texts()]
    count = len(quotes)
    assert {sentence_of(town) for town in LENGTHS} <= set(quotes)
    steps = page.locator("#pane .steps")

    def shown() -> str:
        page.wait_for_timeout(700)  # it scrolls smoothly
        assert is_read(page)
        return page.locator(CURRENT).inner_text()

    cited.first.click()
    expect(steps).to_contain_text(f"Source 1 of {count}")
    read = [shown()]
    following = page.get_by_role("button", name="Next source")
    for number in range(2, count + 1):
        following.click()
        expect(steps).to_contain_text(f"Source {number} of {count}")
        read.append(shown())
    assert read == quotes
    following.click()  # after the last comes the first
    expect(steps).to_contain_text(f"Source 1 of {count}")
    assert shown() == read[0]
    page.get_by_role("button", name="Previous source").click()
    expect(steps).to_contain_text(f"Source {count} of {count}")
    assert shown() == read[-1]

    # From the keyboard: a source of the list, then the arrow keys, then Escape back to it.
    page.locator("#live .cite").nth(1).press("Enter")
    expect(steps).to_contain_text(f"Source 2 of {count}")
    backwards = []
    for number in (1, count, count - 1):
        page.keyboard.press("ArrowLeft")
        expect(steps).to_contain_text(f"Source {number} of {count}")
        backwards.append(shown())
    assert backwards == [read[0], read[-1], read[-2]]
    page.keyboard.press("ArrowRight")
    expect(steps).to_contain_text(f"Source {count} of {count}")
    following.focus()
    for number in (1, 2):  # the button keeps the focus
        page.keyboard.press("Enter")
        expect(steps).to_contain_text(f"Source {number} of {count}")
    page.keyboard.press("Escape")
    page.wait_for_selector("#pane .pane.evidence")
    page.wait_for_timeout(200)
    assert page.evaluate("document.activeElement.matches('#live .cite')")
