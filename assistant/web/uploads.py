"""Files of the page: those that were uploaded to this server, and no others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr

_FOLDER_SWITCH = "GRADIO_TEMP_DIR"


@contextmanager
def uploads_in(folder: Path) -> Iterator[None]:
    """Have the app that is built meanwhile put uploads there, until they are stored or old.

    Gradio's own folder is one for all users of a machine, and only the first of them may write
    to it. Who names another by GRADIO_TEMP_DIR has it.
    """
    if os.environ.get(_FOLDER_SWITCH):
        yield
        return
    os.environ[_FOLDER_SWITCH] = str(folder.resolve())
    try:
        yield
    finally:
        del os.environ[_FOLDER_SWITCH]


class LocalBlocks(gr.Blocks):
    """Refuses a file that is an address: Gradio would fetch it, whoever calls the function.

    It does so before any function of ours runs, for any component, and with none of the limits
    under which the assistant reads pages.
    """

    async def preprocess_data(self, block_fn: Any, inputs: Any, *args: Any, **named: Any) -> Any:
        """Do what Gradio does, if no input names a file elsewhere.

        Raises:
            gr.Error: one does.
        """
        if _names_remote_file(inputs):
            raise gr.Error("Files are uploaded. Addresses belong into the field for web pages.")
        return await super().preprocess_data(block_fn, inputs, *args, **named)


def _names_remote_file(value: Any) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            path = item.get("path")
            if isinstance(path, str) and "://" in path:
                return True
            waiting += item.values()
        elif isinstance(item, (list, tuple)):
            waiting += item
    return False
