"""Workers of Ray do not run ahead of a slow reader: what nobody took yet is bounded in bytes.

`python -m tests.integration.ingestion.test_backpressure FOLDER` is the slow reader.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.ingestion.cluster import _STORE_BYTES, open_cluster
from assistant.ingestion.ray_work import _dataset, _rows
from assistant.settings import load_settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

ROW_BYTES = 8 * 2**20
ROWS = 2 * _STORE_BYTES // ROW_BYTES
"""Twice what the store holds: workers that are not held back would have to write to disk."""

WORKERS = 2
QUIET_S = 3.0
"""Without a new row for so long, the workers are taken to wait for the reader."""

LONGEST_S = 120


def test_workers_wait_for_a_reader_that_takes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.ingestion.test_backpressure", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"ASSISTANT_DATA_DIR": str(tmp_path / "data")},
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["is_quiet"], "the workers never stopped"
    # A row that was taken, those in the store, and one that each worker has in hand.
    assert 1 < seen["made"] <= _STORE_BYTES // ROW_BYTES + WORKERS + 1
    assert seen["taken"] == list(range(ROWS)), "rows were lost by waiting"


def make_row(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    (folder / str(row["index"])).touch()
    return row | {"prepared": bytes(ROW_BYTES)}


def read_slowly(folder: Path) -> dict[str, Any]:
    """Take one row, wait until no more are made, then take the rest."""
    made = folder / "made"
    made.mkdir()
    with open_cluster(load_settings(threads=WORKERS)) as cluster:
        dataset = _dataset([{"index": index} for index in range(ROWS)], 1, errored_blocks=0)
        rows = _rows(
            dataset.map(functools.partial(make_row, made), num_cpus=1, concurrency=cluster.workers)
        )
        taken = [int(next(rows)["index"])]
        count, changed = 0, time.monotonic()
        until = changed + LONGEST_S / 2
        while time.monotonic() < min(until, changed + QUIET_S):
            time.sleep(0.05)
            if (now := len(list(made.iterdir()))) != count:
                count, changed = now, time.monotonic()
        is_quiet = time.monotonic() < until
        taken += [int(row["index"]) for row in rows]
    return {"made": count, "is_quiet": is_quiet, "taken": sorted(taken)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(read_slowly(Path(sys.argv[1]))))
