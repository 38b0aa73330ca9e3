"""Private by default: nothing is looked up, nothing beyond loopback is connected to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

pytestmark = pytest.mark.integration

# An audit hook sees every look-up and connection of the interpreter, whichever library asks.
LOGGER = """
import json, os, sys

def hook(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        host = arguments[0] if event.startswith("socket.get") else arguments[1]
        with open(os.environ["LOOKUPS"], "a") as file:
            file.write(json.dumps([event, str(host)]) + "\\n")

sys.addaudithook(hook)
"""


@pytest.mark.timeout(300)
def test_ingest_and_ask_look_up_no_name_and_stay_on_loopback(tmp_path: Path) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(LOGGER)
    (tmp_path / "story.txt").write_text("Ferry sold\n\nThe ferry Lark-2 was sold for 70 euros.")
    log = tmp_path / "lookups.jsonl"
    log.touch()
    environment = {
        name: value for name, value in os.environ.items() if name not in {"HF_HUB_OFFLINE"}
    } | {
        "ASSISTANT_DATA_DIR": str(tmp_path / "data"),
        "PYTHONPATH": f"{tmp_path / 'hook'}{os.pathsep}{ROOT}",
        "LOOKUPS": str(log),
        "LANGSMITH_TRACING": "true",
    }
    for arguments in (
        ["ingest", str(tmp_path / "story.txt")],
        ["ask", "What was the Lark-2 sold for?"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
    assert "70 euros" in done.stdout
    seen = [json.loads(line) for line in log.read_text().splitlines()]
    assert seen, "the engine on loopback must show in the log, or the log sees nothing"
    local = ("127.0.0.1", "('127.0.0.1'", "localhost", "/", "b'127.0.0.1'")
    assert [entry for entry in seen if not entry[1].startswith(local)] == []
