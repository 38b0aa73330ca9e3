"""The Gradio app: wires the parts of the page to what happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.admission import Admission
from assistant.errors import AssistantError
from assistant.settings import setting_origins
from assistant.web.asking import Record, Unrecorded
from assistant.web.chat import ACTING_PARTS, ASKING_PARTS, Chat
from assistant.web.conversations import Conversations
from assistant.web.corpus_page import CORPUS_PARTS, CorpusPage
from assistant.web.layout import ASSETS, Parts, lay_out
from assistant.web.limits import RateLimit
from assistant.web.rendering.chrome import render_header
from assistant.web.rendering.evals import newest_report, render_evals
from assistant.web.rendering.settings import render_settings
from assistant.web.sessions import Identify, Sessions
from assistant.web.storage import FILE_NAME
from assistant.web.updates import Update
from assistant.web.uploads import LocalBlocks, uploads_in

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_UPLOADS = "uploads"
_OLD_UPLOADS_S = (600, 3600)
_QUEUED = 200
_QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}
_CONVERSATION = "new URLSearchParams(location.search).get('c') || ''"
"""The conversation that the address of a page names, in its own words."""

_HEAD = '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'

Placed = dict[Any, Any]
"""New values by Gradio's components."""


@dataclass(frozen=True)
class WebOptions:
    """How the web chat behaves. `identify` finds the visitor of a name the server let in."""

    identify: Identify
    admission: Admission
    """The server's one queue, which all its doors share."""

    questions_per_minute: int = 20
    changes_per_minute: int = 30
    has_login: bool = False
    record: Callable[[str], Record] = lambda _question: Unrecorded()
    """Begins to count a question for the server's figures and log."""

    runs: Path = Path("runs")
    name_of: Callable[[Any], str | None] = field(default=lambda _request: None)
    """Finds the name that the server let in with a request; None where it let nobody in."""


def mount_web(app: Any, assistant: Assistant, options: WebOptions) -> None:
    """Mount the web chat at the root of a FastAPI application."""
    font = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    theme = gr.themes.Base(font=font, font_mono=["ui-monospace", "Menlo", "monospace"])
    with uploads_in(assistant.settings.data_dir / _UPLOADS):
        gr.mount_gradio_app(
            app,
            build_blocks(assistant, options),
            path="/",
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=assistant.settings.source_bytes,
            auth_dependency=options.name_of,
            theme=theme,
            css=(ASSETS / "style.css").read_text("utf-8"),
            head=_HEAD,
        )


def end_streams(app: Any) -> None:
    """End the streams by which open pages say that they are there: nobody else does.

    Gradio ends them where it runs the server itself, not where it is mounted.
    """
    for route in app.routes:
        stop = getattr(getattr(route, "app", None), "stop_event", None)
        if stop is not None:
            stop.set()


def build_blocks(assistant: Assistant, options: WebOptions) -> gr.Blocks:
    """Lay out the web chat of one assistant and wire it to what happens."""
    sessions = Sessions(options.identify)
    chat = Chat(
        assistant,
        Conversations(assistant.settings.data_dir / FILE_NAME),
        sessions,
        options.admission,
        RateLimit(options.questions_per_minute),
        has_login=options.has_login,
        record=options.record,
    )
    changes = RateLimit(options.changes_per_minute)
    corpus = CorpusPage(assistant, sessions, changes, assistant.readable_suffixes)
    blocks: gr.Blocks
    with LocalBlocks(
        title="Article assistant",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=_OLD_UPLOADS_S,
    ) as blocks:
        parts = lay_out(question_chars=assistant.settings.question_chars, suffixes=corpus.suffixes)
        address = gr.Textbox(elem_id="address", visible="hidden", label="Conversation")
        _wire_chat(parts, chat, address)
        _wire_corpus(parts, corpus)
        _wire_pages(blocks, parts, address, _Pages(assistant, options, chat, corpus))
    blocks.queue(max_size=_QUEUED)
    return blocks


@dataclass(frozen=True)
class _Pages:
    """What a page that was just loaded shows."""

    assistant: Assistant
    options: WebOptions
    chat: Chat
    corpus: CorpusPage

    async def open(self, conversation: str, request: Any) -> Update:
        """Draw all pages, for whoever sent the request."""
        visitor = self.chat.sessions.visitor(request)
        report = await asyncio.to_thread(newest_report, self.options.runs)
        settings = self.assistant.settings
        update = await self.chat.open_page(conversation, request)
        with contextlib.suppress(AssistantError):  # the chat says what is wrong with the index
            update |= await self.corpus.open_page(request)
        update["header"] = render_header(
            visitor.name if self.options.has_login else None, may_edit=visitor.may_edit
        )
        update["evals"] = render_evals(report)
        update["settings"] = render_settings(settings, setting_origins(settings))
        return update


def _wire_chat(parts: Parts, chat: Chat, address: gr.Textbox) -> None:
    placed = _placing(parts)
    asking, acting = _named(parts, ASKING_PARTS), _named(parts, ACTING_PARTS)

    async def ask(
        question: str, conversation: str, request: gr.Request
    ) -> AsyncGenerator[Placed, None]:
        asked = chat.ask(question or "", request, conversation_id=conversation or "")
        async for update in _ending(asked):
            yield placed(update)

    async def ask_again(event: gr.EventData, request: gr.Request) -> AsyncGenerator[Placed, None]:
        async for update in _ending(chat.ask_again(event._data or {}, request)):
            yield placed(update)

    async def act(event: gr.EventData, request: gr.Request) -> Placed:
        return placed(await chat.act(event._data or {}, request))

    async def end(request: gr.Request) -> None:
        await chat.stop(request)

    asked = [parts["box"].submit, parts["send"].click]
    given = f"question => [question, {_CONVERSATION}]"
    gr.on(asked, ask, [parts["box"], address], asking, js=given, trigger_mode="multiple", **_QUIET)
    for name in ("past", "live"):
        parts[name].submit(ask_again, None, asking, trigger_mode="multiple", **_QUIET)
    for name in ("list", "title", "past", "live", "filters", "pane"):
        parts[name].click(act, None, acting, trigger_mode="multiple", **_QUIET)
    parts["stop"].click(end, None, None, **_QUIET)


def _wire_corpus(parts: Parts, corpus: CorpusPage) -> None:
    placed, changed = _placing(parts), _named(parts, CORPUS_PARTS)

    async def act(event: gr.EventData, request: gr.Request) -> Placed:
        return placed(await corpus.act(event._data or {}, request))

    async def add(
        files: list[str] | None, urls: str, request: gr.Request
    ) -> AsyncGenerator[Placed, None]:
        async for update in _ending(corpus.add(files, urls, request)):
            yield placed(update)

    for name in ("table", "reader", "health"):
        parts[name].click(act, None, changed, trigger_mode="multiple", **_QUIET)
    parts["add"].click(add, [parts["files"], parts["urls"]], changed, **_QUIET)


def _wire_pages(blocks: gr.Blocks, parts: Parts, address: gr.Textbox, pages: _Pages) -> None:
    placed = _placing(parts)

    async def load(conversation: str, request: gr.Request) -> Placed:
        return placed(await pages.open(conversation or "", request))

    def leave(request: gr.Request) -> None:
        pages.chat.sessions.close(request)

    async def follow(request: gr.Request) -> AsyncGenerator[Placed, None]:
        async for update in _ending(pages.corpus.follow(request)):
            yield placed(update)

    blocks.load(follow, None, _named(parts, CORPUS_PARTS), **_QUIET)
    blocks.load(load, [address], list(parts.values()), js=f"() => {_CONVERSATION}", **_QUIET)
    blocks.unload(leave)


async def _ending(updates: AsyncGenerator[Update, None]) -> AsyncGenerator[Update, None]:
    """End a stream of updates with one that changes nothing.

    When a stream ends Gradio draws its last update once more, over what the page shows by then:
    an answer that was stopped would come back over the conversation that was opened instead.
    """
    async with contextlib.aclosing(updates):
        async for update in updates:
            yield update
    yield {}


def _named(parts: Parts, names: Sequence[str]) -> list[Any]:
    return [parts[name] for name in names]


def _placing(parts: Parts) -> Callable[[Update], Placed]:
    return lambda update: {parts[name]: value for name, value in update.items()} or gr.skip()
