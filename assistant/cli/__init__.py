"""The command line. Heavy imports happen inside the command that needs them."""

from __future__ import annotations

import typer

from assistant.cli.articles import articles_app
from assistant.cli.asking import ask, chat
from assistant.cli.examining import doctor, show_settings
from assistant.cli.feedback import feedback
from assistant.cli.ingesting import ingest
from assistant.cli.keys import keys_app
from assistant.cli.models import models_app
from assistant.cli.serving import mcp, serve
from assistant.cli.users import users_app

app = typer.Typer(
    name="assistant",
    help="Ask questions over a corpus of articles; every statement is cited and checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(articles_app, name="articles")
app.add_typer(models_app, name="models")
app.add_typer(users_app, name="users")
app.add_typer(keys_app, name="keys")
for command in (feedback, ask, chat, serve, mcp, ingest, doctor):
    app.command()(command)
app.command("settings")(show_settings)


def main() -> None:
    """Run the command line."""
    app()
