"""The servers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.opening import errors, open_assistant


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 7860,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="Name under which browsers reach it; repeatable.")
    ] = None,
    users: Annotated[
        Path | None, typer.Option(help="File of users with hashed passwords; makes all log in.")
    ] = None,
    user_header: Annotated[
        str | None, typer.Option(help="Header in which a trusted reverse proxy names the user.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(help="Address of that proxy; loopback where absent.")
    ] = None,
    editor: Annotated[
        list[str] | None,
        typer.Option(help="Of the users of that header, one who may change articles; else all."),
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder of eval runs.")] = Path("runs"),
    log_json: Annotated[bool, typer.Option("--log-json", help="Write the log as JSON.")] = False,
) -> None:
    """Serve the web chat, the HTTP API and MCP in one process.

    Other addresses than loopback need --users or --user-header; programs then need a key.
    """
    with errors():
        from assistant.server.options import ServeOptions, check_options
        from assistant.terminal import error_console

        given: dict[str, Any] = {"host": host, "port": port, "users_file": users}
        given |= {"user_header": user_header, "hosts": tuple(allowed_host or ())}
        given |= {"editors": tuple(editor or ()), "runs": runs}
        if trusted_proxy:
            given["trusted_proxies"] = tuple(trusted_proxy)
        options = ServeOptions(**given)
        check_options(options)
        with open_assistant(load=True) as assistant:
            from assistant.server.logs import configure_logs
            from assistant.server.serving import serve as run

            configure_logs("json" if log_json else "plain")
            run(
                assistant,
                options,
                open_browser=open_browser,
                announce=lambda address: error_console().print(f"Serving {address} (Ctrl-C ends)"),
            )


def mcp() -> None:
    """Serve one MCP client over standard input and output."""
    with errors(), open_assistant() as assistant:
        from assistant.server.mcp import serve_stdio

        serve_stdio(assistant)
