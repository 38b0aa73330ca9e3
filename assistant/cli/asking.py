"""Questions: one, many from a file, or in turns."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.opening import Json, errors, open_assistant, refuse

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.assistant import Assistant
    from assistant.types import Turn


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
