"""Those who may log in to the web chat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.opening import errors

users_app = typer.Typer(help="Add and list those who may log in.", no_args_is_help=True)
UsersFile = Annotated[Path, typer.Option("--users", help="The file of users.")]


@users_app.command("add")
def users_add(
    name: Annotated[str, typer.Argument(help="Letters, digits, dots, dashes and @.")],
    *,
    users: UsersFile,
    read_only: Annotated[bool, typer.Option(help="May ask, not change the articles.")] = False,
) -> None:
    """Add a user, or give one another password. It is asked for and kept hashed."""
    with errors():
        from assistant.server.users import write_user

        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        write_user(users, name, password, may_edit=not read_only)
        typer.echo(f"{name} may log in; `assistant serve --users {users}` asks for it.")


@users_app.command("list")
def users_list(*, users: UsersFile) -> None:
    """List the users of a file."""
    with errors():
        from assistant.server.users import read_users

        for user in read_users(users).values():
            typer.echo(f"{user.name}\t{'may edit' if user.may_edit else 'may read'}")
