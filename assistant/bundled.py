"""Files that travel with the package: prompts, the starter article, tables beside the code."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


def bundled_path(name: str) -> Path:
    """Return the folder `name`: inside an installed wheel, else in the checkout."""
    inside = _PACKAGE / "_bundled" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def read_table(name: str) -> dict[str, Any]:
    """Read a TOML file that lies beside the code; `name` is its path inside the package."""
    return tomllib.loads(resources.files("assistant").joinpath(name).read_text("utf-8"))
