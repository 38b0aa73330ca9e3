"""Measure what the web layer adds: `python -m tests.browser.latency [--address URL] [--rounds 2]`.

From Enter to evidence, to the first word and to the checked answer on screen, in the page's own
clock, beside the timings that the Answer carries. The first round asks what the model has not
read yet; from the second on it has.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import find_chromium, serving

QUESTIONS = (
    "What height did the Hwasong-15 reach?",
    "How many missiles had North Korea launched in 2017?",
    "Who confirmed that talks are underway?",
    "When did US forces intervene on behalf of South Korea?",
    "Which US territory did North Korea threaten to strike?",
    "What did Trump say North Korea would be met with?",
)
WATCH = """() => {
    window.seen = {};
    document.querySelector('#question textarea').addEventListener('keydown', event => {
        if (event.key === 'Enter') window.seen = { enter: performance.now() };
    }, true);
    new MutationObserver(() => {
        const seen = window.seen, now = performance.now() - seen.enter;
        const stage = document.querySelector('#live .turn')?.dataset.stage;
        if (!seen.enter || !stage) return;
        seen.asked ??= now;
        if (document.querySelector('#pane .place')) seen.evidence ??= now;
        if (document.querySelector('#live .drafted')) seen.word ??= now;
        if (stage === 'done') seen.done ??= now;
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
STAGES = {"evidence": "retrieve_s", "word": "first_token_s", "done": "total_s"}


def measure(address: str, rounds: int) -> list[list[dict[str, float]]]:
    """Ask all questions in each round, each in a new conversation; milliseconds by name."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        page = browser.new_page(viewport={"width": 1400, "height": 860})
        page.goto(address)
        page.wait_for_selector(".welcome")
        page.evaluate(WATCH)
        ask(page, "What is the Hwasong-15?")  # loads what the first question would wait for
        measured = [[ask(page, question) for question in QUESTIONS] for _ in range(rounds)]
        browser.close()
    return measured


def ask(page: Page, question: str) -> dict[str, float]:
    """Ask in a new conversation; return when the page showed what, and the Answer's timings."""
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    page.evaluate("window.seen = {}")
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_function("window.seen.done", timeout=120_000)
    seen = page.evaluate("window.seen")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as JSON").click()
    (turn,) = json.loads(Path(download.value.path()).read_text("utf-8"))["turns"]
    timings = turn["answer"]["timings"]
    told = {f"api {name}": timings[key] for name, key in STAGES.items()}
    return {name: seen[name] for name in STAGES if name in seen} | {
        name: seconds * 1000 for name, seconds in told.items() if seconds is not None
    }


def main() -> None:
    """Measure and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a server that runs already")
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        served = nullcontext(given.address) if given.address else serving(Path(folder))
        with served as address:
            measured = measure(address, given.rounds)
    for number, rows in enumerate(measured, start=1):
        for name in STAGES:
            pairs = [
                (row[name], row[f"api {name}"])
                for row in rows
                if name in row and f"api {name}" in row
            ]
            shown = [on_screen for on_screen, _ in pairs]
            added = statistics.median(on_screen - api for on_screen, api in pairs)
            ratio = statistics.median(on_screen / api for on_screen, api in pairs)
            print(  # noqa: T201
                f"round {number}, {name}: on screen {statistics.median(shown):.0f} ms "
                f"(worst {max(shown):.0f}), the web layer adds {added:.0f} ms, "
                f"ratio {ratio:.2f}, n = {len(pairs)}"
            )


if __name__ == "__main__":
    main()
