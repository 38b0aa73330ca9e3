"""Keys of the HTTP API and MCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.opening import Json, errors, read_settings, refuse

if TYPE_CHECKING:
    from assistant.server.keys import KeyStore

keys_app = typer.Typer(help="Create, list and revoke keys of the HTTP API.", no_args_is_help=True)


@keys_app.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for your own memory.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it allows: ask (the default), manage; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a key and print it, this once. From the first key on the API needs one."""
    with errors():
        from assistant.server.keys import SCOPES
        from assistant.terminal import error_console, output_console, print_json

        wanted = ["ask"] if scope is None else scope
        for given in wanted:
            if given not in SCOPES:
                refuse(f"There is no scope {given!r}.", f"Scopes are {', '.join(SCOPES)}.")
        key, whole = _store().create(name, [known for known in SCOPES if known in wanted])
        if as_json:
            print_json(output_console(), {"id": key.id, "key": whole, "scopes": key.scopes})
            return
        typer.echo(whole)
        error_console().print(
            f"Key {key.id} for {', '.join(key.scopes)}. It is not stored and not shown again.",
            style="dim",
        )


@keys_app.command("list")
def keys_list(*, as_json: Json = False) -> None:
    """List the keys, also revoked ones."""
    with errors():
        from assistant.terminal import output_console, print_json, render_table

        found = _store().keys()
        if as_json:
            shown = ("id", "name", "scopes", "created", "revoked")
            rows = [{name: getattr(key, name) for name in shown} for key in found]
            print_json(output_console(), rows)
            return
        columns = ("id", "name", "scopes", "created", "revoked")
        lines = [
            (key.id, key.name, ", ".join(key.scopes), key.created, key.revoked or "")
            for key in found
        ]
        output_console().print(render_table("", columns, lines))


@keys_app.command("revoke")
def keys_revoke(key_id: Annotated[str, typer.Argument(help="The id of the key.")]) -> None:
    """End a key; a running server notices at once."""
    with errors():
        key = _store().revoke(key_id)
        typer.echo(f"Revoked {key.id} ({key.name}).")


def _store() -> KeyStore:
    from assistant.server.keys import KeyStore

    return KeyStore(read_settings().keys_path)
