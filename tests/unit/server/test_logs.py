"""What the log looks like, in a process of its own: logging is global."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from assistant.server.logs import configure_logs
configure_logs({form!r})
log = structlog.get_logger("assistant.server.answering")
with structlog.contextvars.bound_contextvars(request_id="number-1"):
    log.info("question", outcome="answered", waited_s=0.5)
    def fail():
        question = "a secret question"
        raise OSError("broken")
    try:
        fail()
    except OSError:
        log.exception("request failed")
logging.getLogger("httpx").setLevel("DEBUG")
logging.getLogger("httpx").info("a question in an address")
logging.getLogger("uvicorn.error").warning("from %s", "uvicorn")
"""


def log_of(form: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(form=form)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_lines_have_names_and_no_values_of_variables() -> None:
    question, failure, foreign = (json.loads(line) for line in log_of("json"))
    assert question["event"] == "question"
    assert question["request_id"] == "number-1"
    assert question["level"] == "info"
    assert question["waited_s"] == 0.5
    assert question["logger"] == "assistant.server.answering"
    assert "OSError: broken" in failure["exception"]
    assert "a secret question" not in failure["exception"].replace(
        'question = "a secret question"', ""
    )
    assert foreign["event"] == "from uvicorn"


def test_plain_lines_are_for_people() -> None:
    first = log_of("plain")[0]
    assert "event='question'" in first
    assert "request_id='number-1'" in first
