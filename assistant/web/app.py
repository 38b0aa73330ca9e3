"""The Gradio app: lays out what the views render."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

    from assistant.assistant import Assistant


def mount_web(app: Any, assistant: Assistant, *, upload_bytes: int) -> None:
    """Mount the web chat at the root of a FastAPI application."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    gr.mount_gradio_app(
        app,
        build_blocks(assistant),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=upload_bytes,
    )


def build_blocks(assistant: Assistant) -> gr.Blocks:
    """Lay out the web chat of one assistant."""
    import gradio as gr

    with gr.Blocks(title="Article assistant", analytics_enabled=False) as blocks:
        gr.HTML(f"<h1>Article assistant</h1><p>{len(assistant.articles())} articles</p>")
    return blocks
