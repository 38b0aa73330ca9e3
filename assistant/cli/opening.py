"""What commands share: settings, an open assistant, errors as exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def read_settings(**values: Any) -> Settings:
    """Read settings from all sources."""
    from assistant.settings import load_settings

    return load_settings(**values)


@contextmanager
def open_assistant(*, sync: bool = True, load: bool = False, **values: Any) -> Iterator[Assistant]:
    """Open an assistant, with progress bars.

    With `sync` the index is brought up to date, without it is not even made; with `load`
    all models are loaded.
    """
    from assistant.assistant import Assistant
    from assistant.terminal import error_console, show_progress

    given = {name: value for name, value in values.items() if value}
    with show_progress(error_console()) as progress:
        assistant = Assistant.open(read_settings(**given), sync=sync, progress=progress)
        if sync:
            assistant.refresh()
        if load:
            assistant.load()
    try:
        yield assistant
    finally:
        assistant.close()


@contextmanager
def errors() -> Iterator[None]:
    """Turn the errors of the tree into a message and an exit code."""
    from assistant.errors import AssistantError

    try:
        yield
    except AssistantError as error:
        from assistant.terminal import error_console, render_error

        error_console().print(render_error(error))
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        raise typer.Exit(1) from None


def refuse(message: str, hint: str) -> NoReturn:
    """Tell the caller what is wrong with what he gave."""
    from assistant.errors import UserError

    raise UserError(message, hint=hint)
