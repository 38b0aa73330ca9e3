"""The command that turns stored answers, with what people said about them, into samples."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant import Assistant
from evals.adding import (
    Given,
    Stored,
    append_sample,
    question_of,
    questions_in,
    read_stored,
    sample_of,
)
from evals.rows import RunError
from evals.selection import failing_kindly, settings_of


def add(
    answer: Annotated[
        str,
        typer.Argument(
            help="File of what `assistant ask --json` or `assistant feedback --json` printed; "
            "- for stdin."
        ),
    ],
    questions: Annotated[Path, typer.Argument(help="Question file to append to.")],
    *,
    up: Annotated[
        bool | None,
        typer.Option("--up/--down", help="Thumbs up, or down; else that of the feedback, or up."),
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option(help="A pattern that the answer must match; repeatable.")
    ] = None,
    answerable: Annotated[
        bool | None,
        typer.Option("--answerable/--unanswerable", help="Whether the articles answer it."),
    ] = None,
    evidence: Annotated[
        list[str] | None, typer.Option(help="A verbatim quote; repeatable.")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="A tag; repeatable.")] = None,
    sample_id: Annotated[str | None, typer.Option("--id", help="Made of the question.")] = None,
    note: Annotated[
        str | None, typer.Option(help="A remark for readers; else the comment of the feedback.")
    ] = None,
    only: Annotated[str | None, typer.Option(help="Only the feedback of this id.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder of articles to hold quotes against.")
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--ask/--no-ask", help="Ask for what is missing.")
    ] = True,
) -> None:
    """Turn stored answers into samples, asking for what is missing."""
    with failing_kindly():
        stored = _stored(answer, only)
        if len(stored) > 1 and (accept or evidence or sample_id or answerable is not None):
            raise RunError("These options are about one answer: name its feedback with --only.")
        texts = None if corpus is None else _texts(corpus)
        for item in stored:
            given = Given(
                up=_thumb(up, item),
                answerable=answerable,
                accepted=tuple(accept) if accept else None,
                evidence=tuple(evidence) if evidence else None,
                kinds=tuple(kind) if kind else None,
                sample_id=sample_id,
                note=item.comment if note is None else note,
            )
            if len(stored) > 1 and not _wanted(item, given, questions):
                continue
            known = questions_in(questions)
            entry = sample_of(item.answer, given, _prompt if interactive else None, known)
            sample = append_sample(questions, entry, texts)
            typer.echo(f"{sample.id} → {questions}")


def _stored(answer: str, only: str | None) -> list[Stored]:
    try:
        text = sys.stdin.read() if answer == "-" else Path(answer).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{answer} cannot be read: {error}.") from error
    found = read_stored(text)
    if only is not None:
        found = [item for item in found if item.feedback_id == only]
        if not found:
            raise RunError(f"{answer} has no feedback {only!r}.")
    return found


def _thumb(up: bool | None, item: Stored) -> bool:
    if up is not None:
        return up
    return True if item.up is None else item.up


def _wanted(item: Stored, given: Given, questions: Path) -> bool:
    """Say which of several answers comes next; False if its question is in the file already."""
    question = question_of(item.answer)
    thumb = "good" if given.up else "bad"
    said = f": {item.comment}" if item.comment else ""
    typer.echo(f"\n{question} ({thumb}{said})")
    if question in questions_in(questions).values():
        typer.echo(f"It is in {questions} already")
        return False
    return True


def _prompt(question: str, default: str) -> str:
    return str(typer.prompt(question, default=default))


def _texts(corpus: Path) -> list[str]:
    """Return the texts of a folder's articles, as they are indexed."""
    settings = settings_of(None)
    reading = Assistant(settings.model_copy(update={"corpus_dir": corpus})).corpus.read(
        source_bytes=settings.source_bytes
    )
    return [article.text for article in reading.articles]
