"""What a question costs beside the chat model: `python -m evals.bench.question_cost`.

In place of the chat model a server of another process answers at once, with the first sentence of
the evidence, and with yes. So the processor seconds are those of search, reranker, verifier,
checks and the client; each question that is not refused before has a statement to verify. Threads
that wait for each other on a busy machine count as well: measure on a quiet one.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant import Answer, Assistant, Drafted, Finished, Retrieved, load_settings
from evals.bench.questions import DATASET, read_questions

_STAGES = ("search and rerank", "weigh, draft", "verify")
_WARM = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds of this process by stage, and what came of the question."""

    seconds: tuple[float, float, float]
    answer: Answer


def main(
    limit: Annotated[int, typer.Option(min=1, help="Questions that are asked.")] = 100,
    dataset: Annotated[
        Path, typer.Option("--questions", help="File of samples; those without turns are asked.")
    ] = DATASET / "questions.jsonl",
    corpus: Annotated[Path, typer.Option(help="Folder of the articles.")] = DATASET / "corpus",
) -> None:
    """Ingest, ask one question after the other, and print processor seconds."""
    questions = read_questions(dataset)
    with tempfile.TemporaryDirectory() as folder, _prompt_server() as address:
        settings = load_settings(
            data_dir=Path(folder),
            corpus_dir=corpus,
            chat_model="openai:first-sentence",
            chat_base_url=address,
        )
        with Assistant.open(settings, sync=False) as assistant:
            assistant.embeddings.embed_query("warm")
            began = time.process_time()
            assistant.sync()
            _print_ingest(Path(folder), time.process_time() - began)
            for question in questions[-_WARM:]:
                assistant.ask(question)
            _print([_ask(assistant, question) for question in questions[:limit]])


def _ask(assistant: Assistant, question: str) -> Cost:
    began = time.process_time()
    searched = drafted = None
    for event in assistant.stream(question):
        now = time.process_time() - began
        if isinstance(event, Retrieved):
            searched = now
        elif isinstance(event, Drafted):
            drafted = now
        elif isinstance(event, Finished):
            searched = now if searched is None else searched
            drafted = now if drafted is None else drafted
            return Cost((searched, drafted - searched, now - drafted), event.answer)
    raise AssertionError("a stream ends with Finished")


def _print_ingest(folder: Path, seconds: float) -> None:
    import sqlite3

    (catalogue,) = folder.glob("index/*/catalogue.sqlite3")
    opened = sqlite3.connect(catalogue)
    passages, texts = (
        opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("passages", "embeddings")
    )
    opened.close()
    size = sum(path.stat().st_size for path in catalogue.parent.rglob("*") if path.is_file())
    typer.echo(
        f"ingest: {passages} passages, {texts} texts embedded, {seconds / passages:.3f} s of one "
        f"core and {size / passages:,.0f} bytes on disk a passage"
    )


def _print(costs: Sequence[Cost]) -> None:
    refused = sum(cost.answer.refusal is not None for cost in costs)
    unasked = sum(cost.answer.timings.first_token_s is None for cost in costs)
    typer.echo(f"{len(costs)} questions: {refused} refused, {unasked} before any draft")
    for index, stage in enumerate(_STAGES):
        _line(stage, [cost.seconds[index] for cost in costs])
    _line("in all", [sum(cost.seconds) for cost in costs])


def _line(stage: str, seconds: Sequence[float]) -> None:
    typer.echo(
        f"  {stage:18} {statistics.fmean(seconds):.3f} s of one core in the mean, "
        f"median {statistics.median(seconds):.3f}, most {max(seconds):.3f}"
    )


@contextmanager
def _prompt_server() -> Iterator[str]:
    """Run the server that answers at once, and yield its base URL."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _FirstSentence)
    told.send(server.server_port)
    server.serve_forever()


class _FirstSentence(BaseHTTPRequestHandler):
    """Says the first sentence of the evidence, or yes where one token is asked for."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = re.search(r"^\[1\] (.*)$", asked["messages"][-1]["content"], re.MULTILINE)
        one_token = asked.get("max_tokens", asked.get("max_completion_tokens")) == 1
        text = "Yes" if one_token or not found else f"{found[1]} [1]"
        if asked.get("stream"):
            pieces = [{"content": piece} for piece in re.findall(r"\S+\s*", text)]
            lines = [_chunk({"delta": delta}) for delta in pieces]
            self._send("text/event-stream", "".join(lines) + "data: [DONE]\n\n")
        else:
            choice = {"message": {"role": "assistant", "content": text}}
            self._send("application/json", json.dumps(_reply(choice)))

    def _send(self, kind: str, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base has it
        """Say nothing."""


def _chunk(choice: dict[str, Any]) -> str:
    return f"data: {json.dumps(_reply(choice))}\n\n"


def _reply(choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "reply",
        "object": "chat.completion",
        "created": 0,
        "model": "first-sentence",
        "choices": [{"index": 0, "finish_reason": "stop"} | choice],
    }


if __name__ == "__main__":
    typer.run(main)
