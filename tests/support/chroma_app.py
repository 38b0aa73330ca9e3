"""A replica as a process: `python -m tests.support.chroma_app DATA_DIR CHROMA_URL PORT`.

The whole application of `assistant serve` with a real index; only the models are scripted.
"""

from __future__ import annotations

import sys
from pathlib import Path

from assistant.errors import AssistantError
from assistant.server.logs import configure_logs
from assistant.server.options import ServeOptions
from assistant.server.serving import serve
from tests.support.serving import BridgeAssistant


def main() -> None:
    """Follow the server and answer until killed."""
    folder, url, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    configure_logs("json")
    assistant = BridgeAssistant(
        folder, chroma_url=url, replica=True, chroma_timeout_s=5, chroma_tries=2
    )
    try:
        assistant.refresh()
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
    serve(assistant, ServeOptions(port=port, runs=folder / "runs"))


if __name__ == "__main__":
    main()
