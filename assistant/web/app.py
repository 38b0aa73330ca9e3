"""The Gradio app: names the parts of the page and lays them out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.settings import setting_origins
from assistant.web.chat import Chat, Update
from assistant.web.conversations import Conversations
from assistant.web.corpus_page import CorpusPage
from assistant.web.limits import RateLimit, Turnstile
from assistant.web.rendering.articles import EMPTY_PANE
from assistant.web.rendering.chrome import render_header
from assistant.web.rendering.evals import newest_report, render_evals
from assistant.web.rendering.settings import render_settings
from assistant.web.sessions import Identify, Sessions

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_ASSETS = Path(__file__).parent / "assets"
_OLD_UPLOADS_S = (600, 3600)


@dataclass(frozen=True)
class WebOptions:
    """How the web chat behaves. `identify` finds the visitor of a name the server let in."""

    identify: Identify
    upload_bytes: int = 50_000_000
    questions_per_minute: int = 20
    changes_per_minute: int = 30
    answers_at_once: int = 2
    has_login: bool = False
    runs: Path = Path("runs")
    examples: tuple[str, ...] = ()
    name_of: Callable[[Any], str | None] = field(default=lambda _request: None)
    """Finds the name that the server let in with a request; None where it let nobody in."""


def mount_web(app: Any, assistant: Assistant, options: WebOptions) -> None:
    """Mount the web chat at the root of a FastAPI application."""
    font = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    theme = gr.themes.Base(font=font, font_mono=["ui-monospace", "Menlo", "monospace"])
    gr.mount_gradio_app(
        app,
        build_blocks(assistant, options),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=options.upload_bytes,
        auth_dependency=options.name_of,
        theme=theme,
        css=(_ASSETS / "style.css").read_text("utf-8"),
        head='<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">',
    )


def build_blocks(assistant: Assistant, options: WebOptions) -> gr.Blocks:
    """Lay out the web chat of one assistant."""
    sessions = Sessions(options.identify)
    chat = Chat(
        assistant,
        Conversations(assistant.settings.data_dir / "conversations.sqlite3"),
        sessions,
        Turnstile(options.answers_at_once),
        RateLimit(options.questions_per_minute),
        list(options.examples),
    )
    corpus = CorpusPage(
        assistant, sessions, RateLimit(options.changes_per_minute), assistant.readable_suffixes
    )
    wiring = (_ASSETS / "wiring.js").read_text("utf-8")

    def html(name: str, value: str = "", js: str = wiring) -> Any:
        return gr.HTML(value, elem_id=name, js_on_load=js, apply_default_css=False)

    # A function takes what the browser sent and gives new values by the names of parts.
    with gr.Blocks(
        title="Article assistant",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=_OLD_UPLOADS_S,
    ) as blocks:
        parts: dict[str, Any] = {"header": html("header", render_header(None))}
        with gr.Row(elem_id="page-chat", elem_classes="page"):
            with gr.Column(elem_id="aside", scale=0):
                parts["list"] = html("list")
            with gr.Column(elem_id="middle"):
                parts["title"] = html("title")
                with gr.Column(elem_id="thread"):
                    parts["past"] = html("past")
                    parts["live"] = html("live")
                parts["filters"] = html("filters")
                with gr.Row(elem_id="composer"):
                    parts["box"] = gr.Textbox(
                        elem_id="question",
                        label="Question",
                        placeholder="Ask about the articles…",
                        lines=1,
                        max_lines=6,
                        max_length=assistant.settings.question_chars,
                        container=False,
                        scale=1,
                    )
                    send = gr.Button("Ask", elem_id="send", variant="primary", scale=0)
                    stop = gr.Button("Stop", elem_id="stop", scale=0)
            with gr.Column(elem_id="side", scale=0):
                parts["pane"] = html("pane", EMPTY_PANE)
        with gr.Column(elem_id="page-corpus", elem_classes="page"):
            gr.HTML("<h2>Articles</h2>", elem_id="corpus-head", apply_default_css=False)
            with gr.Row(elem_id="corpus-columns"):
                with gr.Column(elem_id="corpus-main"):
                    parts["timeline"] = html("timeline")
                    parts["table"] = html("table")
                with gr.Column(elem_id="corpus-side", scale=0):
                    parts["reader"] = html("reader")
                    with gr.Column(elem_id="add"):
                        gr.HTML("<h3>Add articles</h3>", apply_default_css=False)
                        parts["files"] = gr.File(
                            label=f"Files ({', '.join(corpus.suffixes)})",
                            file_count="multiple",
                            file_types=list(corpus.suffixes),
                            elem_id="files",
                            height=140,
                        )
                        parts["urls"] = gr.Textbox(
                            label="Web pages",
                            placeholder="https://… one address a line",
                            lines=2,
                            elem_id="urls",
                        )
                        add = gr.Button(
                            "Add to the articles", elem_id="add-button", variant="primary"
                        )
                        parts["adding"] = html("adding")
                    parts["health"] = html("health")
        with gr.Column(elem_id="page-evals", elem_classes="page"):
            parts["evals"] = html("evals")
        with gr.Column(elem_id="page-settings", elem_classes="page"):
            parts["settings"] = html("settings")
        parts["courier"] = gr.HTML(
            "",
            elem_id="courier",
            html_template="",
            js_on_load=(_ASSETS / "courier.js").read_text("utf-8"),
            apply_default_css=False,
        )
        address = gr.Textbox(elem_id="address", visible="hidden", label="Conversation")

        every = list(parts.values())

        def placed(update: Update) -> dict[Any, Any]:
            return {parts[name]: value for name, value in update.items()}

        async def load(conversation: str, request: gr.Request) -> dict[Any, Any]:
            visitor = sessions.visitor(request)
            report = await asyncio.to_thread(newest_report, options.runs)
            written = f"{datetime.fromtimestamp(report.written):%d %B %Y, %H:%M}" if report else ""
            settings = assistant.settings
            update = await chat.open_page(conversation or "", request)
            update |= await corpus.open_page(request)
            update["header"] = render_header(visitor.name if options.has_login else None)
            update["evals"] = render_evals(report, written)
            update["settings"] = render_settings(settings, setting_origins(settings))
            return placed(update)

        async def ask(question: str, request: gr.Request) -> AsyncGenerator[dict[Any, Any], None]:
            async for update in chat.ask(question, request):
                yield placed(update)

        async def ask_again(
            event: gr.EventData, request: gr.Request
        ) -> AsyncGenerator[dict[Any, Any], None]:
            async for update in chat.ask_again(event._data or {}, request):
                yield placed(update)

        async def end(request: gr.Request) -> dict[Any, Any]:
            return placed(await chat.stop(request))

        async def act(event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
            return placed(await chat.act(event._data or {}, request))

        async def act_on_corpus(event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
            return placed(await corpus.act(event._data or {}, request))

        async def add_sources(
            files: list[str] | None, urls: str, request: gr.Request
        ) -> AsyncGenerator[dict[Any, Any], None]:
            async for update in corpus.add(files, urls, request):
                yield placed(update)

        def leave(request: gr.Request) -> None:
            sessions.close(request)

        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        ask_events = [parts["box"].submit, send.click]
        gr.on(ask_events, ask, [parts["box"]], every, trigger_mode="multiple", **quiet)
        for name in ("past", "live"):
            parts[name].submit(ask_again, None, every, trigger_mode="multiple", **quiet)
        for name in ("list", "title", "past", "live", "filters", "pane"):
            parts[name].click(act, None, every, trigger_mode="multiple", queue=True, **quiet)
        for name in ("table", "reader", "health"):
            parts[name].click(act_on_corpus, None, every, trigger_mode="multiple", **quiet)
        add.click(add_sources, [parts["files"], parts["urls"]], every, **quiet)
        stop.click(end, None, every, **quiet)
        blocks.load(
            load,
            [address],
            every,
            js="() => new URLSearchParams(location.search).get('c') || ''",
            **quiet,
        )
        blocks.unload(leave)
    blocks.queue(max_size=200)
    return blocks
