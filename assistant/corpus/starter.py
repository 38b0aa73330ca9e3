"""The article that a new corpus begins with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from assistant.bundled import bundled_path
from assistant.location import Location


def ensure_starter(location: Location) -> None:
    """Make the corpus folder, with the starter article in it, unless there is one.

    A folder elsewhere is left as it is: an empty one cannot be told from one that is missing.
    """
    if not isinstance(location, Path) or location.exists():
        return
    location.parent.mkdir(parents=True, exist_ok=True)
    partial = location.with_name(f"{location.name}.{os.getpid()}.partial")
    shutil.copytree(bundled_path("corpus"), partial)
    try:
        partial.rename(location)
    except OSError:
        shutil.rmtree(partial)
        if not location.exists():
            raise
