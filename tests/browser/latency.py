"""Measure what the web layer adds: `python -m tests.browser.latency [--address URL] [--n 10]`.

From Enter to evidence and to the first word on screen, in the page's own clock, beside the
timings that the Answer carries.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import find_chromium, serving

QUESTION = "What height did the Hwasong-15 reach?"
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
FACTS = re.compile(r"evidence ([\d.]+) s · first word ([\d.]+) s · ([\d.]+) s in all")


def measure(address: str, n: int) -> list[dict[str, float]]:
    """Ask n times, each in a new conversation; milliseconds by name."""
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        page = browser.new_page(viewport={"width": 1400, "height": 860})
        page.goto(address)
        page.wait_for_selector(".welcome")
        page.evaluate(WATCH)
        for _ in range(n + 1):
            page.get_by_role("button", name="New conversation").click()
            page.wait_for_selector(".welcome")
            page.evaluate("window.seen = {}")
            page.fill("#question textarea", QUESTION)
            page.keyboard.press("Enter")
            page.wait_for_function("window.seen.done", timeout=120_000)
            seen = page.evaluate("window.seen")
            told = FACTS.search(page.evaluate("document.querySelector('#live .facts').textContent"))
            assert told is not None
            api = [float(part) * 1000 for part in told.groups()]
            rows.append(
                {name: seen[name] for name in ("asked", "evidence", "word", "done") if name in seen}
                | dict(zip(("api evidence", "api word", "api done"), api, strict=True))
            )
        browser.close()
    return rows[1:]  # the first answer warms what the others find warm


def main() -> None:
    """Measure and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a server that runs already")
    parser.add_argument("--n", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        served = nullcontext(given.address) if given.address else serving(Path(folder))
        with served as address:
            rows = measure(address, given.n)
    for name in ("evidence", "word", "done"):
        shown = [row[name] for row in rows if name in row]
        pairs = [(row[name], row[f"api {name}"]) for row in rows if name in row]
        added = statistics.median(on_screen - api for on_screen, api in pairs)
        ratio = statistics.median(on_screen / api for on_screen, api in pairs)
        print(  # noqa: T201
            f"{name}: on screen {statistics.median(shown):.0f} ms (worst {max(shown):.0f}), "
            f"the web layer adds {added:.0f} ms, ratio {ratio:.2f}, n = {len(shown)}"
        )


if __name__ == "__main__":
    main()
