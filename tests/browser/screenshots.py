"""Make the pictures of docs/images/: `python -m tests.browser.screenshots [--runs FOLDER]`.

It asks the real models over the starter article and the invented articles of the evals.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ANSWER_MS, ask, find_chromium, serving
from tests.integration.conftest import ROOT

IMAGES = ROOT / "docs" / "images"
HEIGHT = "What height did the Hwasong-15 reach?"
BRIDGE = "How long will the bridge from Harrow to Brenholt be?"


def open_page(browser: Browser, address: str, **options: object) -> Page:
    """Open the app in a browser profile of its own."""
    given = {"viewport": {"width": 1360, "height": 800}, "device_scale_factor": 1.5} | options
    page = browser.new_context(locale="en-GB", **given).new_page()
    page.goto(address)
    page.wait_for_selector(".welcome")
    page.wait_for_timeout(500)
    return page


def shoot(page: Page, name: str) -> None:
    """Take a picture once everything has come to rest."""
    page.wait_for_timeout(900)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(name)  # noqa: T201


def take(browser: Browser, address: str) -> None:
    """Go through the main states."""
    page = open_page(browser, address)
    shoot(page, "welcome")
    ask(page, HEIGHT, stage="reading")
    shoot(page, "reading")
    page.wait_for_selector("#live .turn[data-stage=done]", timeout=ANSWER_MS)
    page.locator("#live .cite").first.click()
    page.wait_for_selector("#pane mark.current")
    page.mouse.move(700, 600)
    shoot(page, "answer")
    ask(page, "What height did the Hwasong-14 reach?")
    shoot(page, "refusal")
    page.locator("[data-page-link=corpus]").first.click()
    page.mouse.move(700, 780)
    shoot(page, "articles")
    page.locator("[data-page-link=evals]").first.click()
    shoot(page, "evals")
    page.locator("[data-page-link=settings]").first.click()
    shoot(page, "settings")
    dark = open_page(browser, address, color_scheme="dark")
    ask(dark, BRIDGE)
    dark.locator("#live summary").click()
    dark.locator("#live .cite").first.click()
    dark.wait_for_selector("#pane mark.current")
    shoot(dark, "dark")
    narrow = open_page(browser, address, viewport={"width": 400, "height": 780})
    ask(narrow, BRIDGE)
    shoot(narrow, "narrow")


def main() -> None:
    """Serve, take the pictures, end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default=str(ROOT / "runs"), help="folder of eval runs")
    given = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder)
        corpus = data / "corpus"
        shutil.copytree(ROOT / "evals" / "datasets" / "briefings" / "corpus", corpus)
        shutil.copytree(ROOT / "corpus", corpus, dirs_exist_ok=True)
        kept = ROOT / ".data" / "prefixes"
        if kept.is_dir():
            shutil.copytree(kept, data / "prefixes")
        with serving(data, "--runs", given.runs) as address:
            browser = playwright.chromium.launch(executable_path=find_chromium())
            take(browser, address)
            browser.close()


if __name__ == "__main__":
    main()
