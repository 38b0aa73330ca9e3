"""Articles into the corpus and the index."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from assistant.cli.opening import Json, errors, open_assistant


def ingest(
    sources: Annotated[list[str] | None, typer.Argument(help="Files, folders and URLs.")] = None,
    *,
    rebuild: Annotated[bool, typer.Option(help="Build the index anew.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another writer.")] = 0.0,
    engine: Annotated[
        str | None, typer.Option(help="local (this process) or ray (many workers).")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Workers of Ray; one a core where absent.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="HOST:PORT of a Ray cluster; else one is started here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Store sources in the corpus and make the index equal to it."""
    with errors():
        from assistant.errors import SourceError
        from assistant.terminal import output_console, print_json, render_report

        given: dict[str, Any] = {"ingest_engine": engine, "ingest_workers": workers}
        given |= {"ray_address": ray_address}
        with open_assistant(sync=False, lock_wait_s=wait, **given) as assistant:
            report = assistant.ingest(*(sources or ()), rebuild=rebuild)
        console = output_console()
        if as_json:
            print_json(console, report)
        else:
            console.print(render_report(report))
        if report.failed:
            raise typer.Exit(SourceError.exit_code)
