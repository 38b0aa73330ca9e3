"""Logging in with a users file, in a real browser. Only the models are scripted."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from assistant.server.options import ServeOptions
from assistant.server.users import write_user
from tests.browser.conftest import Watched, ask, serving_here, watch
from tests.support.scripted import answer_from_first_line, open_scripted

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore"),  # the server runs in this process, libraries and all
]

PASSWORD = "correct horse battery"


def test_people_log_in_see_their_own_and_log_out(browser: Browser, tmp_path: Path) -> None:
    users, corpus = tmp_path / "users.txt", tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "bridge.txt").write_text("Bridge\n\nThe Marlow bridge is 7 kilometres long.\n")
    for name in ("ann", "bob"):
        write_user(users, name, PASSWORD, may_edit=name == "ann")
    assistant = open_scripted(
        tmp_path / "data", answer_from_first_line, corpus=corpus, verification=False
    )
    with serving_here(assistant, ServeOptions(users_file=users)) as address:
        context = browser.new_context()
        watched = Watched(context.new_page(), address)
        watch(watched)
        page = watched.page

        def log_in(name: str, password: str) -> None:
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Log in").click()

        page.goto(address)
        expect(page).to_have_url(f"{address}/login")
        violations = Axe().run(page).response["violations"]
        assert [
            item["id"] for item in violations if item["impact"] in {"serious", "critical"}
        ] == []
        log_in("ann", "wrong")
        expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
        log_in("ann", PASSWORD)
        page.wait_for_selector(".welcome")
        expect(page.locator(".who")).to_have_text("ann")
        ask(page, "How long is the Marlow bridge?")
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{address}/login")
        page.goto(address)
        expect(page).to_have_url(f"{address}/login")
        log_in("bob", PASSWORD)
        page.wait_for_selector(".welcome")
        assert page.locator(".conversations button").count() == 0
        page.locator("[data-page-link=corpus]").first.click()
        expect(page.locator("#table table")).to_be_visible()
        expect(page.locator("#add-button")).not_to_be_visible()
        expected = list(watched.problems)
        watched.problems.clear()
        page.locator("[data-page-link=chat]").first.click()
        ask(page, "How long is the Marlow bridge?")
        asked = page.url
        for name in ("bob", "ann"):  # who comes back finds what he left, and nobody else does
            context.clear_cookies()  # as when the login has ended
            page.fill("#question textarea", "And in miles?")
            page.keyboard.press("Enter")
            expect(page).to_have_url(f"{address}/login")
            log_in(name, PASSWORD)
            expect(page.locator(".who")).to_have_text(name)
            is_same = name == "bob"
            expect(page).to_have_url(asked if is_same else f"{address}/")
            page.wait_for_selector("#live .turn" if is_same else ".welcome")
            typed = "And in miles?" if is_same else ""
            expect(page.locator("#question textarea")).to_have_value(typed)
        context.close()
    assistant.close()
    (wrong_password,) = expected
    assert wrong_password.endswith(f"{address}/login")
    assert [one for one in watched.problems if "401" not in one] == []  # of the ended login
