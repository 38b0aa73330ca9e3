"""The command line. Heavy imports happen inside the command that needs them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.feedback import feedback
from assistant.cli.keys import keys_app
from assistant.cli.opening import Json, errors, open_assistant, read_settings, refuse
from assistant.cli.users import users_app

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.types import Turn

app = typer.Typer(
    name="assistant",
    help="Ask questions over a corpus of articles; every statement is cited and checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
articles_app = typer.Typer(help="List, show and remove articles.", no_args_is_help=True)
models_app = typer.Typer(help="List, pull and locate models.", no_args_is_help=True)
app.add_typer(articles_app, name="articles")
app.add_typer(models_app, name="models")
app.add_typer(users_app, name="users")
app.add_typer(keys_app, name="keys")
app.command()(feedback)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    *,
    batch: Annotated[
        str | None,
        typer.Option(help='A file of {"question": …, "turns": […]} lines, or - for stdin.'),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only articles of this source; may be repeated.")
    ] = None,
    published_from: Annotated[str | None, typer.Option(help="Not before this YYYY-MM-DD.")] = None,
    published_to: Annotated[str | None, typer.Option(help="Not after this YYYY-MM-DD.")] = None,
    details: Annotated[bool, typer.Option(help="Show every check of every statement.")] = False,
    as_json: Json = False,
) -> None:
    """Answer a question from the corpus, with citations and verdicts."""
    with errors():
        if (question is None) == (batch is None):
            refuse("Give a question, or --batch with a file, not both.", "")
        where = _filter(source, published_from, published_to)
        if batch is not None:
            with open_assistant() as assistant:
                raise typer.Exit(_ask_batch(assistant, batch, where))
        from assistant.terminal import error_console, output_console, print_json, render_answer

        with open_assistant() as assistant:
            console = output_console()
            if as_json or not console.is_terminal:
                answer = assistant.ask(str(question), where=where)
            else:
                answer = _stream(assistant, error_console(), str(question), (), where)
            if as_json:
                print_json(console, answer.to_dict())
            else:
                console.print(render_answer(answer, details=details))


@app.command()
def chat() -> None:
    """Ask in turns; a follow-up may lean on earlier questions. /sources, /new, /quit."""
    with errors():
        from assistant.errors import UserError
        from assistant.terminal import (
            error_console,
            output_console,
            render_answer,
            render_citation,
            render_error,
        )
        from assistant.types import Answer, Turn

        with open_assistant() as assistant:
            console = output_console()
            console.print("Ask about the articles. /sources, /new, /quit.", style="dim")
            history: list[Turn] = []
            last: Answer | None = None
            while True:
                try:
                    question = console.input("> ").strip()
                except (EOFError, KeyboardInterrupt):
                    return
                if question in {"/quit", "/exit"}:
                    return
                if question == "/new":
                    history, last = [], None
                elif question == "/sources":
                    for citation in last.citations if last else ():
                        console.print(render_citation(citation))
                elif question.startswith("/"):
                    console.print("There is /sources, /new and /quit.", style="dim")
                elif question:
                    try:
                        last = _stream(assistant, error_console(), question, history, None)
                    except UserError as error:
                        console.print(render_error(error))
                        continue
                    except KeyboardInterrupt:
                        console.print("Stopped.", style="dim")
                        continue
                    console.print(render_answer(last))
                    history.append(Turn(last.rewritten or question, last.text))


@app.command()
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


@app.command()
def mcp() -> None:
    """Serve one MCP client over standard input and output."""
    with errors(), open_assistant() as assistant:
        from assistant.server.mcp import serve_stdio

        serve_stdio(assistant)


@app.command()
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


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Check models, index, corpus, settings and disk, and say what to run."""
    with errors():
        from assistant.doctor import examine
        from assistant.terminal import output_console, plain, print_json

        settings = read_settings()
        console = output_console()
        findings = []
        for finding in examine(settings):
            findings.append(finding)
            if as_json:
                continue
            console.print(
                plain("✓ " if finding.ok else "✗ ", "green" if finding.ok else "red")
                + plain(f"{finding.subject}: {finding.message}")
            )
            if not finding.ok and finding.remedy:
                console.print(plain(f"    {finding.remedy}", "dim"))
        if as_json:
            print_json(console, findings)
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


@app.command("settings")
def show_settings(*, as_json: Json = False) -> None:
    """Show the settings in force and where each comes from."""
    with errors():
        from assistant.settings import Settings, config_path, setting_origins
        from assistant.terminal import output_console, print_json, render_table

        settings = read_settings()
        origins = setting_origins(settings)
        console = output_console()
        if as_json:
            print_json(console, json.loads(settings.model_dump_json()))
            return
        rows = [
            (name, str(getattr(settings, name)), origins[name], field.description or "")
            for name, field in Settings.model_fields.items()
        ]
        console.print(render_table("", ("setting", "value", "from", "meaning"), rows))
        console.print(f"File: {config_path()}", style="dim")


def main() -> None:
    """Run the command line."""
    app()


def _ask_batch(assistant: Assistant, batch: str, where: Any) -> int:
    """Answer JSON Lines in order; a broken line gives an error line and exit code 1."""
    from assistant.errors import AssistantError
    from assistant.terminal import output_console, print_json

    console = output_console()
    broken = 0
    lines = sys.stdin if batch == "-" else _read_lines(batch)
    for line in lines:
        if not line.strip():
            continue
        try:
            question, history = _read_batch_line(line)
            answer = assistant.ask(question, history, where=where)
        except AssistantError as error:
            broken = 1
            print_json(console, {"error": str(error)})
        else:
            print_json(console, answer.to_dict())
    return broken


def _read_batch_line(line: str) -> tuple[str, tuple[Turn, ...]]:
    from assistant.errors import QuestionError
    from assistant.types import Turn

    try:
        given = json.loads(line)
        question, turns = given["question"], given.get("turns", [])
        if not isinstance(question, str) or not all(isinstance(turn, str) for turn in turns):
            raise TypeError("question is a string, turns is a list of strings")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise QuestionError(
            f"This line is not a question: {error!r}.",
            hint='Write {"question": "…", "turns": ["earlier question", …]}.',
        ) from error
    return question, tuple(Turn(turn) for turn in turns)


def _read_lines(name: str) -> list[str]:
    from assistant.errors import SourceError

    try:
        return Path(name).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{name} cannot be read: {error}.", hint="Give a file of JSON Lines in UTF-8."
        ) from error


def _stream(assistant: Assistant, console: Console, question: str, history: Any, where: Any) -> Any:
    """Show evidence and draft on a terminal while they come; return the Answer."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from assistant.terminal import plain, render_evidence
    from assistant.types import Finished, Retrieved, Token

    draft = ""
    evidence: Any = Text("")
    answer = None
    with Live(console=console, transient=True, refresh_per_second=8) as live:
        for event in assistant.stream(question, history, where=where):
            if isinstance(event, Retrieved):
                evidence, draft = render_evidence(event.evidence), ""
            elif isinstance(event, Token):
                draft += event.text
            elif isinstance(event, Finished):
                answer = event.answer
            live.update(Group(evidence, Text(""), plain(draft)))
    return answer


def _filter(source: list[str] | None, first: str | None, last: str | None) -> Any:
    from datetime import date

    from assistant.types import SearchFilter

    dates = []
    for value in (first, last):
        try:
            dates.append(date.fromisoformat(value) if value else None)
        except ValueError:
            refuse(f"{value!r} is not a date.", "Write it as YYYY-MM-DD.")
    return SearchFilter(sources=tuple(source or ()), published_from=dates[0], published_to=dates[1])
