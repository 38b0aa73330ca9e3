"""Models of the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.opening import errors, read_settings

models_app = typer.Typer(help="List, pull and locate models.", no_args_is_help=True)


@models_app.command("list")
def models_list() -> None:
    """List the models of the catalogue."""
    with errors():
        from assistant.models.catalogue import load_catalogue, models_in_use
        from assistant.models.pull import is_pulled
        from assistant.terminal import output_console, render_table

        settings = read_settings()
        chosen = models_in_use(settings)
        rows = [
            (
                ("* " if card.name in chosen else "  ") + card.name,
                card.kind,
                f"{sum(file.bytes for file in card.files) / 1e6:,.0f} MB",
                card.licence,
                "here" if is_pulled(card.name, settings) else "not pulled",
            )
            for card in load_catalogue().values()
        ]
        columns = ("name", "kind", "size", "licence", "state")
        output_console().print(render_table("", columns, rows))


@models_app.command("pull")
def models_pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names; the models in use where absent.")
    ] = None,
) -> None:
    """Download models and verify their digests; altered files are replaced."""
    with errors():
        from assistant.models.catalogue import load_catalogue, models_in_use
        from assistant.models.pull import discard_altered, ensure_model
        from assistant.terminal import error_console, show_progress

        settings = read_settings()
        catalogue = load_catalogue()
        wanted = names or [name for name in models_in_use(settings) if name in catalogue]
        for name in wanted:
            discard_altered(name, settings)
            with show_progress(error_console()) as progress:
                path = ensure_model(name, settings, progress=progress)
            typer.echo(f"{name}: verified, {path}")


@models_app.command("path")
def models_path(name: Annotated[str, typer.Argument(help="A model of the catalogue.")]) -> None:
    """Print where a model's files are, or would be."""
    with errors():
        from assistant.models.pull import model_path

        typer.echo(model_path(name, read_settings()))
