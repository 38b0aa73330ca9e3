"""Adding and removing articles in a real browser, with the real models."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ANSWER_MS, Watched, ask

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

HTML = """<!doctype html><html><head><title>Lighthouse of Orsay reopens</title></head><body>
<article><h1>Lighthouse of Orsay reopens</h1><p>The lighthouse of Orsay reopened on Sunday after
repairs that took three years. Its lamp stands 48 metres above the sea.</p><p>The keeper, Ivo
Brandt, said that 300 visitors came on the first day.</p></article></body></html>"""


def make_pdf(lines: list[str]) -> bytes:
    """Write a PDF of one page with these lines."""
    shown = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
    stream = f"BT /F1 12 Tf 60 740 Td {shown}ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = len(body)
    body += b"xref\n0 6\n0000000000 65535 f \n" + table
    return body + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % end


def add_files(page: Page, *files: Path) -> None:
    page.locator("[data-page-link=corpus]").first.click()
    page.set_input_files("#files input[type=file]", [str(file) for file in files])
    page.wait_for_function(
        "n => document.querySelectorAll('#files tr').length >= n", arg=len(files)
    )
    page.get_by_role("button", name="Add to the articles").click()


def test_an_uploaded_page_and_pdf_are_answered_from_and_removed(
    open_page: Callable[..., Watched], served: str, tmp_path: Path
) -> None:
    page = open_page(served).page
    web, pdf, empty = tmp_path / "orsay.html", tmp_path / "ferry.pdf", tmp_path / "empty.txt"
    web.write_text(HTML, "utf-8")
    lines = [
        "Night ferry Calder returns to Tolmen",
        "",
        "The night ferry Calder carries 820 passengers between Tolmen and Arnside.",
        "It sails at nine in the evening, and the crossing takes eleven hours.",
    ]
    pdf.write_bytes(make_pdf(lines))
    empty.write_text("")
    add_files(page, web, pdf, empty)
    done = page.locator("#adding .outcomes")
    expect(page.locator("#adding")).to_contain_text("2 added", timeout=60_000)
    expect(done).to_contain_text("orsay.html")
    expect(done.locator(".failed")).to_contain_text("empty.txt")
    table = page.locator("#table table")
    expect(table).to_contain_text("Lighthouse of Orsay reopens")
    page.locator("[data-page-link=chat]").first.click()
    ask(page, "How high above the sea does the lamp of the lighthouse of Orsay stand?")
    expect(page.locator("#live .answer")).to_contain_text("48 metres")
    ask(page, "How many passengers does the night ferry Calder carry?")
    expect(page.locator("#live .answer")).to_contain_text("820")
    page.locator("#live .cite").first.click()
    expect(page.locator("#pane mark.current")).to_contain_text("820 passengers")
    with page.expect_download() as download:
        page.locator("#pane").get_by_role("link", name="Original file").click()
    assert Path(download.value.path()).read_bytes() == pdf.read_bytes()
    assert download.value.suggested_filename.endswith(".pdf")

    page.locator("[data-page-link=corpus]").first.click()
    page.locator("#table input[type=search]").fill("orsay")
    expect(table.locator("tbody tr")).to_have_count(1)
    table.get_by_role("button", name="Remove").click()
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    expect(table).to_contain_text("Lighthouse of Orsay")
    table.get_by_role("button", name="Remove").click()
    page.locator("dialog button.danger").click()
    expect(table).not_to_contain_text("Lighthouse of Orsay", timeout=60_000)


WATCH_ADDING = """() => {
    window.shares = []; window.states = new Set();
    new MutationObserver(() => {
        const bar = document.querySelector('#adding progress');
        if (bar && bar.value !== window.shares.at(-1)) window.shares.push(bar.value);
        for (const item of document.querySelectorAll('#adding .outcomes li')) {
            window.states.add(item.textContent.trim());
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def test_the_bar_moves_and_each_file_has_its_fate_while_articles_are_added(
    open_page: Callable[..., Watched], served: str, tmp_path: Path
) -> None:
    page = open_page(served).page
    long, short, wrong = tmp_path / "canal.txt", tmp_path / "kiosk.txt", tmp_path / "torn.pdf"
    lines = [f"Lock {n} of the Ostra canal lifts boats by {n} metres." for n in range(1200)]
    paragraphs = [" ".join(lines[start : start + 8]) for start in range(0, len(lines), 8)]
    long.write_text("Locks of the Ostra canal\n\n" + "\n\n".join(paragraphs) + "\n")
    short.write_text("Kiosk of Ostra\n\nThe kiosk of Ostra sells 40 kinds of tea.\n")
    wrong.write_bytes(b"%PDF-1.4 torn off")
    page.evaluate(WATCH_ADDING)
    add_files(page, long, short, wrong)
    expect(page.locator("#adding")).to_contain_text(
        "2 added, 0 already there, 1 failed", timeout=ANSWER_MS
    )
    shares, states = page.evaluate("[window.shares, [...window.states]]")
    assert shares == sorted(shares)
    assert len([share for share in shares if 0.35 < share < 0.95]) >= 2, shares  # it embeds
    for state in ("waiting", "read", "added"):
        assert any(text.endswith(state) and "kiosk.txt" in text for text in states), (state, states)
    expect(page.locator("#adding .failed")).to_contain_text("torn.pdf failed —")
    expect(page.locator("#adding .added")).to_have_count(2)
    expect(page.locator("#files tr")).to_have_count(0)  # ready for more
    for title in ("Locks of the Ostra canal", "Kiosk of Ostra"):
        row = page.locator("#table tbody tr", has_text=title)
        row.get_by_role("button", name="Remove").click()
        page.locator("dialog button.danger").click()
        expect(row).to_have_count(0, timeout=60_000)


def test_the_state_of_the_index_is_shown(page: Page) -> None:
    page.locator("[data-page-link=corpus]").first.click()
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#health")).to_contain_text("index against corpus", timeout=ANSWER_MS)
    assert page.locator("#health .bad").count() == 0


def test_settings_say_where_each_comes_from(page: Page) -> None:
    page.locator("[data-page-link=settings]").first.click()
    row = page.get_by_role("row", name=re.compile(r"^data_dir "))
    expect(row).to_contain_text("ASSISTANT_DATA_DIR")
    expect(page.locator("#settings tr", has_text="support_threshold")).to_contain_text("default")
