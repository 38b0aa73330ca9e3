"""Searches and questions of many users at once, on a server with the real models.

`python -m evals.bench.load` starts the server on loopback, lets users search and then ask for some
minutes, prints what each stage took, and ends. Locust is the load: its users are greenlets and keep
the statistics; the server is another process, which gevent does not touch.
"""

from __future__ import annotations

# Locust first: gevent has to replace what others would import before it.
from locust import HttpUser
from locust.env import Environment
from locust.stats import StatsEntry

# isort: split
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import gevent
import typer

from evals.bench.load.server import Memory, running_server
from evals.bench.load.users import Book, asking_user, searching_user
from evals.bench.questions import DATASET, read_questions

_LAST_S = 180
"""Longest wait for the answers that are on their way at the end."""

_LOOKS_EVERY_S = 2.0
_WARM_S = 60.0
"""Seconds of asking after which memory should not grow."""


def main(
    minutes: Annotated[float, typer.Option(help="Minutes of asking.")] = 5,
    users: Annotated[int, typer.Option(min=1, help="Users who ask at a time.")] = 8,
    waiting: Annotated[int, typer.Option(help="Questions that may wait; the rest gets 429.")] = 4,
    search_seconds: Annotated[float, typer.Option(help="Seconds of searching, each step.")] = 15,
    dataset: Annotated[
        Path, typer.Option("--questions", help="File of samples; those without turns are asked.")
    ] = DATASET / "questions.jsonl",
    corpus: Annotated[Path, typer.Option(help="Folder of the articles.")] = DATASET / "corpus",
    data: Annotated[
        Path | None, typer.Option(help="Data folder to start on; a new one where absent.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File for the figures as JSON.")] = None,
) -> None:
    """Measure, print a table, and fail if any reply was wrong or no question got one."""
    questions = read_questions(dataset)
    figures: dict[str, Any] = {"load_before": os.getloadavg(), "cores": os.cpu_count()}
    book = Book()
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(running_server(folder, corpus, waiting=waiting))
        if search_seconds > 0:
            figures["search"] = [
                _search(server.address, questions, count, search_seconds) for count in (1, 4, 8)
            ]
        if minutes > 0:
            memory = Memory(server.process)
            figures["ask"] = _ask(server.address, questions, users, minutes * 60, book, memory)
    figures["load_after"] = os.getloadavg()
    _print(figures)
    if out is not None:
        out.write_text(json.dumps(figures, indent=1))
    nothing = minutes > 0 and not book.answered + book.refused
    if nothing or book.problems or any(step["errors"] for step in figures.get("search", ())):
        raise typer.Exit(1)


def _search(address: str, questions: list[str], users: int, seconds: float) -> dict[str, Any]:
    environment = _environment(address, searching_user(questions))
    _run(environment, users, lambda: gevent.sleep(seconds))
    found = environment.stats.get("/v1/search", "POST")
    return {"users": users, "a_second": found.total_rps, **_seconds(found)}


def _ask(
    address: str, questions: list[str], users: int, seconds: float, book: Book, memory: Memory
) -> dict[str, Any]:
    def observe(stage: str, taken: float) -> None:
        environment.events.request.fire(  # type: ignore[no-untyped-call]  # as locust has it
            request_type="stage",
            name=stage,
            response_time=taken * 1000,
            response_length=0,
            exception=None,
            context={},
        )

    environment = _environment(address, asking_user(questions, users, book, observe))

    def watch() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            memory.look()
            gevent.sleep(_LOOKS_EVERY_S)

    _run(environment, users, watch)
    memory.look()
    stages = {
        name: _seconds(found)
        for (name, kind), found in environment.stats.entries.items()
        if kind == "stage"
    }
    return {
        "users": users,
        "seconds": seconds,
        **{name: value for name, value in vars(book).items() if name != "problems"},
        "unfinished": book.unfinished,
        "problems": book.problems,
        "stages": stages,
        "memory": {
            "first": memory.own[0],
            "most": max(memory.own),
            "last": memory.own[-1],
            "most_resident": max(memory.resident),
            "growth_a_minute": memory.growth(after_s=_WARM_S),
            "seconds": memory.seconds,
            "own": memory.own,
            "resident": memory.resident,
        },
    }


def _environment(address: str, user: type[HttpUser]) -> Environment:
    environment = Environment(user_classes=[user], host=address)
    environment.stop_timeout = _LAST_S
    return environment


def _run(environment: Environment, users: int, last: Any) -> None:
    """Let users come, wait as long as `last` does, and let them finish what they began."""
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    try:
        last()
    finally:
        runner.quit()


def _seconds(found: StatsEntry) -> dict[str, Any]:
    return {
        "count": found.num_requests,
        "errors": found.num_failures,
        "p50": (found.get_response_time_percentile(0.5) or 0) / 1000,
        "p95": (found.get_response_time_percentile(0.95) or 0) / 1000,
        "most": (found.max_response_time or 0) / 1000,
    }


def _print(figures: dict[str, Any]) -> None:
    for step in figures.get("search", ()):
        typer.echo(
            f"search, {step['users']} users: {step['a_second']:6.1f} a second, "
            f"p50 {step['p50']:.3f} s, p95 {step['p95']:.3f} s, {step['errors']} errors"
        )
    if asked := figures.get("ask"):
        typer.echo(
            f"ask, {asked['users']} users for {asked['seconds']:.0f} s: "
            f"{asked['answered']} answered, {asked['refused']} refused, "
            f"{asked['sent_away']} sent away (429), {asked['unfinished']} unfinished, "
            f"{asked['rewritten']} follow-ups, {asked['citations']} citations checked, "
            f"{len(asked['problems'])} problems"
        )
        for name, stage in asked["stages"].items():
            typer.echo(
                f"  {name:20} p50 {stage['p50']:6.1f} s   p95 {stage['p95']:6.1f} s   "
                f"most {stage['most']:6.1f} s   n {stage['count']}"
            )
        memory = asked["memory"]
        growth = memory["growth_a_minute"]
        typer.echo(
            f"  memory, files not counted: {memory['first']:.0f} MiB at first, "
            f"{memory['most']:.0f} at most, {memory['last']:.0f} at last"
            + ("" if growth is None else f"; {growth:+.1f} MiB a minute after the first one")
            + f"; {memory['most_resident']:.0f} with files"
        )
        for problem in asked["problems"][:10]:
            typer.echo(f"  PROBLEM: {problem}")
    before, after = figures["load_before"][0], figures["load_after"][0]
    typer.echo(f"load average {before:.1f} before, {after:.1f} after, {figures['cores']} cores")


if __name__ == "__main__":
    typer.run(main)
