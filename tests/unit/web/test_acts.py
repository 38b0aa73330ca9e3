"""What the buttons and forms of the chat page do."""

from __future__ import annotations

import asyncio
import json

from assistant.web.chat import Chat
from tests.support.web_chat import QUESTION, asked, last, page, said_of


async def test_a_citation_opens_its_article_at_the_span(chat: Chat) -> None:
    live = last(await asked(chat), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    update = await chat.act({"act": "open", "turn": turn, "n": "1"}, page())
    marked = update["pane"].split('<mark class="current"')[1].split(">", 1)[1].split("</mark>")[0]
    assert marked == "The Marlow bridge is 7.4 kilometres long."
    assert "carried letters" in update["pane"]


async def test_a_filter_is_kept_for_the_page_and_checked(chat: Chat) -> None:
    said = {"source": ["Gazette", "<b>"], "from": ["2020-01-02"], "to": [""]}
    update = await chat.act({"act": "filter", "said": said}, page())
    assert "Searching only from Gazette, since 2 January 2020" in update["filters"]
    wrong = await chat.act({"act": "filter", "said": {"from": ["yesterday"]}}, page())
    assert "YYYY-MM-DD" in wrong["filters"]
    updates = await asked(chat)
    assert "Marlow bridge" not in last(updates, "pane")  # it has no date
    cleared = await chat.act({"act": "unfilter"}, page())
    assert "Searching all 1 article" in cleared["filters"]


async def test_a_form_of_filters_that_was_overtaken_changes_nothing(chat: Chat) -> None:
    both, early = {"from": ["2020-01-02"], "to": ["2020-03-04"]}, {"from": ["2020-01-02"]}
    update = await chat.act({"act": "filter", "said": both, "serial": "3"}, page())
    assert "until 4 March 2020" in update["filters"]
    assert await chat.act({"act": "filter", "said": early, "serial": "2"}, page()) == {}
    later = await chat.act({"act": "filter", "said": {}, "serial": "4"}, page())
    assert "Searching all 1 article" in later["filters"]


async def test_a_thumb_and_a_comment_are_kept_with_the_answer(chat: Chat) -> None:
    live = last(await asked(chat), "live")
    turn = live.split('data-turn="')[1].split('"')[0]
    rated = await chat.act({"act": "rate", "turn": turn, "up": "yes"}, page())
    assert 'aria-pressed="true"' in rated["live"]
    await chat.act({"act": "comment", "turn": turn, "comment": "Right"}, page())
    (feedback,) = said_of(chat)
    assert (feedback.up, feedback.comment) == (True, "Right")
    assert "7.4 kilometres" in feedback.answer["text"]


async def test_a_page_is_turned_when_what_was_drawn_before_has_been_sent(chat: Chat) -> None:
    updates = chat.ask(QUESTION, page())
    await anext(updates)  # Gradio asks for the next one when it has sent this one
    turning = asyncio.create_task(chat.act({"act": "new"}, page()))
    done, _ = await asyncio.wait([turning], timeout=0.3)
    assert not done
    left = [update async for update in updates]
    assert "welcome" in (await turning)["live"]
    assert all("stopped" in update["live"] for update in left)


async def test_an_export_is_saved_by_the_browser(chat: Chat) -> None:
    await asked(chat)
    (conversation,) = chat.conversations.found("ann")
    for form, part in (("markdown", "## How long"), ("json", '"verdict": "supported"')):
        data = {"act": "export", "id": conversation.conversation_id, "form": form}
        letter = json.loads((await chat.act(data, page()))["courier"])
        assert part in letter["save"]["text"]


async def test_an_unknown_act_does_nothing(chat: Chat) -> None:
    for act in ("", "__class__", "open_page", "keep", None):
        assert await chat.act({"act": act}, page()) == {}
