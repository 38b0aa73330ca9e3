"""What people said about answers in the web chat."""

from __future__ import annotations

import json

import typer

from assistant.cli.opening import Json, errors, read_settings


def feedback(*, as_json: Json = False) -> None:
    """List what people said about answers in the web chat.

    With --json, one object a line with the whole answer: `python -m evals add` makes samples of it.
    """
    with errors():
        from assistant.terminal import output_console, render_table
        from assistant.web.feedback import read_feedback
        from assistant.web.storage import FILE_NAME

        found = list(read_feedback(read_settings().data_dir / FILE_NAME))
        if as_json:
            for item in found:
                typer.echo(json.dumps(item.to_dict(), ensure_ascii=False))
        elif found:
            rows = [
                (item.turn_id, "good" if item.up else "bad", item.answer["question"], item.comment)
                for item in found
            ]
            output_console().print(render_table("", ("id", "thumb", "question", "comment"), rows))
        else:
            typer.echo("Nobody has said anything about an answer yet.", err=True)
