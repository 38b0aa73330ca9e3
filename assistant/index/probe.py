"""Open a generation in a process of its own and see that it answers.

A damaged Chroma store may crash whoever opens it, so nothing is published, and nothing
doubtful opened, before a child process has. Run as `python -m assistant.index.probe`, with a
request as JSON on standard input; the reply is JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_TIMEOUT_S = 600.0


def probe(request: dict[str, Any]) -> dict[str, Any]:
    """Run the request in a child; a crash or a hang becomes {"error": …}.

    The request names `collection`, `lexical` (a path or None) and `segments`, each with `path`
    and `samples`, a list of [passage id, vector]. The reply has for each engine `count` and
    `ids` (a digest), and for segments `missed`, the samples that a query did not find.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.index.probe"],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        reply: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"error": f"the check took longer than {_TIMEOUT_S:.0f} s"}
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return {"error": f"the check ended with {done.returncode}: {' '.join(last)}"}
    return reply


def main() -> None:
    """Answer the request on standard input."""
    request = json.loads(sys.stdin.buffer.read())
    try:
        reply: dict[str, Any] = _examine(request)
    except Exception as error:  # whatever the engines raise says that the store is damaged
        reply = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(reply))


def _examine(request: dict[str, Any]) -> dict[str, Any]:
    from assistant.index.dense import examine, ids_digest, open_embedded
    from assistant.index.lexical import LexicalIndex

    reply: dict[str, Any] = {"segments": []}
    if request["lexical"]:
        lexical = LexicalIndex(Path(request["lexical"]))
        reply["lexical"] = {"count": lexical.count(), "ids": ids_digest(lexical.ids())}
    for item in request["segments"]:
        segment = open_embedded(Path(item["path"]), request["collection"])
        reply["segments"].append(examine(segment, item["samples"]))
        segment.close()
    return reply


if __name__ == "__main__":
    main()
