"""`assistant serve` with scripted models: `python -m tests.support.scripted_server FOLDER PORT`.

Every draft takes a second, and as many are written at once as there are doors.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from assistant.server.options import ServeOptions
from assistant.server.serving import serve
from tests.support.doors import DOORS
from tests.support.serving import HEIGHT_DRAFT, make_assistant

DRAFT_S = 1.0


def main(folder: str, port: str) -> None:
    """Serve until told to end."""

    def draft() -> str:
        time.sleep(DRAFT_S)
        return HEIGHT_DRAFT

    with make_assistant(Path(folder), answers_at_once=len(DOORS)) as assistant:
        assistant.draft = draft
        serve(assistant, ServeOptions(port=int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])
