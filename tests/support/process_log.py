"""An audit hook for child processes: what they look up, connect to and open.

`hooked_environment` gives the variables with which every Python process below writes its events
to a log, one JSON list a line, and with which a file of a given name kills who opens it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

_HOOK = """
import json, os, signal, sys

NETWORK = ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.bind")

def hook(event, arguments):
    if event in NETWORK:
        what = str(arguments[0] if event.startswith("socket.get") else arguments[1])
    elif event == "open" and str(arguments[0]).startswith(os.environ["HOOK_FOLDER"]):
        what = str(arguments[0])
        if os.path.basename(what) == os.environ["HOOK_DEADLY"]:
            os.kill(os.getpid(), signal.SIGKILL)
    else:
        return
    with open(os.environ["HOOK_LOG"], "a") as file:
        file.write(json.dumps([event, what]) + "\\n")

sys.addaudithook(hook)
"""


def hooked_environment(folder: Path, *, watched: Path, deadly: str = "") -> dict[str, str]:
    """Write the hook to `folder`; `watched` is the folder whose opened files are logged."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_HOOK)
    root = Path(__file__).parents[2]
    return {
        "PYTHONPATH": f"{folder}{os.pathsep}{root}",
        "HOOK_LOG": str(folder / "log.jsonl"),
        "HOOK_FOLDER": str(watched),
        "HOOK_DEADLY": deadly,
    }


def logged(environment: dict[str, str]) -> list[tuple[str, str]]:
    """Return (event, what) in the order of writing."""
    path = Path(environment["HOOK_LOG"])
    lines = path.read_text().splitlines() if path.is_file() else []
    return [(event, what) for event, what in map(json.loads, lines)]
