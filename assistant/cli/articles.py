"""Articles, one by one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from assistant.cli.opening import Json, errors, open_assistant

articles_app = typer.Typer(help="List, show and remove articles.", no_args_is_help=True)


@articles_app.command("list")
def articles_list(*, as_json: Json = False) -> None:
    """List the indexed articles."""
    with errors():
        from assistant.terminal import output_console, print_json, render_table

        with open_assistant() as assistant:
            found = assistant.articles()
        console = output_console()
        if as_json:
            print_json(console, found)
            return
        rows = [
            (
                item.article_id,
                item.published.isoformat() if item.published else "",
                item.source or "",
                item.title,
            )
            for item in found
        ]
        console.print(render_table("", ("id", "published", "source", "title"), rows))


@articles_app.command("show")
def articles_show(
    article_id: Annotated[str, typer.Argument(help="The id, or its first digits.")],
    *,
    text: Annotated[bool, typer.Option("--text", help="Print the text alone, exactly.")] = False,
    as_json: Json = False,
) -> None:
    """Show an article. Citations' offsets count characters of the text that --text prints."""
    with errors():
        from assistant.terminal import output_console, plain, print_json
        from assistant.types import to_plain

        with open_assistant() as assistant:
            article = assistant.article(article_id)
        if text:
            sys.stdout.buffer.write(article.text.encode("utf-8"))
            sys.stdout.buffer.flush()
            return
        console = output_console()
        if as_json:
            print_json(console, {"id": article.id} | to_plain(article))
            return
        console.print(plain(article.title, "bold"))
        for name in ("source", "author", "published", "url"):
            value = getattr(article, name)
            if value:
                console.print(plain(f"{name}: {value}", "dim"))
        console.print(plain("\n" + article.text))


@articles_app.command("remove")
def articles_remove(
    article_id: Annotated[str, typer.Argument(help="The id, or its first digits.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an article from the corpus and from the index."""
    with errors(), open_assistant() as assistant:
        article = assistant.article(article_id)
        if not yes:
            typer.confirm(f"Delete “{article.title}” from the corpus?", abort=True)
        typer.echo(f"Removed {assistant.remove(article_id)}.")
