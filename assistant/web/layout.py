"""What is where on the page. Every part has a name by which the rest of the package knows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from assistant.web.rendering.articles import EMPTY_PANE
from assistant.web.rendering.chrome import render_header
from assistant.web.rendering.corpus import CORPUS_HEAD, render_add_head

ASSETS = Path(__file__).parent / "assets"

Parts = dict[str, Any]
"""Gradio's components by name; those whose value is ours to set are in `Update`s."""

_PASTED = 20


def lay_out(*, question_chars: int, suffixes: Sequence[str]) -> Parts:
    """Make every part of the page, in its place."""
    parts: Parts = {"header": _html("header", render_header(None))}
    with gr.Row(elem_id="page-chat", elem_classes="page"):
        _lay_out_chat(parts, question_chars)
    with gr.Column(elem_id="page-corpus", elem_classes="page"):
        _lay_out_corpus(parts, suffixes)
    with gr.Column(elem_id="page-evals", elem_classes="page"):
        parts["evals"] = _html("evals")
    with gr.Column(elem_id="page-settings", elem_classes="page"):
        parts["settings"] = _html("settings")
    parts["courier"] = gr.HTML(
        "",
        elem_id="courier",
        html_template="",
        js_on_load=(ASSETS / "courier.js").read_text("utf-8"),
        apply_default_css=False,
    )
    return parts


def _lay_out_chat(parts: Parts, question_chars: int) -> None:
    with gr.Column(elem_id="aside", scale=0):
        parts["list"] = _html("list")
    with gr.Column(elem_id="middle"):
        parts["title"] = _html("title")
        with gr.Column(elem_id="thread"):
            parts["past"] = _html("past")
            parts["live"] = _html("live")
        parts["filters"] = _html("filters")
        with gr.Row(elem_id="composer"):
            parts["box"] = gr.Textbox(
                elem_id="question",
                label="Question",
                placeholder="Ask about the articles…",
                lines=1,
                max_lines=6,
                max_length=_PASTED * question_chars,  # too long a one is told of, not cut
                container=False,
                scale=1,
            )
            parts["send"] = gr.Button("Ask", elem_id="send", variant="primary", scale=0)
            parts["stop"] = gr.Button("Stop", elem_id="stop", scale=0)
    with gr.Column(elem_id="side", scale=0):
        parts["pane"] = _html("pane", EMPTY_PANE)


def _lay_out_corpus(parts: Parts, suffixes: Sequence[str]) -> None:
    parts["corpus-head"] = _html("corpus-head", CORPUS_HEAD)
    with gr.Row(elem_id="corpus-columns"):
        with gr.Column(elem_id="corpus-main"):
            parts["timeline"] = _html("timeline")
            parts["table"] = _html("table")
        with gr.Column(elem_id="corpus-side", scale=0):
            parts["reader"] = _html("reader")
            with gr.Column(elem_id="add"):
                gr.HTML(render_add_head(suffixes), apply_default_css=False)
                parts["files"] = gr.File(
                    label="Files",
                    show_label=False,
                    file_count="multiple",
                    file_types=list(suffixes),
                    elem_id="files",
                    height=110,
                )
                parts["urls"] = gr.Textbox(
                    label="Web pages",
                    placeholder="https://… one address a line",
                    lines=2,
                    elem_id="urls",
                )
                parts["add"] = gr.Button(
                    "Add to the articles", elem_id="add-button", variant="primary"
                )
                parts["adding"] = _html("adding")
            parts["health"] = _html("health")


def _html(name: str, value: str = "") -> Any:
    wiring = (ASSETS / "wiring.js").read_text("utf-8")
    return gr.HTML(value, elem_id=name, js_on_load=wiring, apply_default_css=False)
