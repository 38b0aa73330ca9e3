"""What is refused before Ray starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import load_settings


def test_without_the_extra_the_command_tells_how_to_install_it(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['ray'] = None  # as if it were not installed\n"
        "from assistant.cli import app\n"
        "app(['ingest', '--engine', 'ray'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"ASSISTANT_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        timeout=60,
    )
    assert done.returncode == 2
    assert "pip install 'article-assistant[ray]'" in done.stderr
    assert not (tmp_path / ".cache").exists()  # no model was pulled only to say so


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(SettingsError, match="ingest_engine"):
        load_settings(ingest_engine="spark")
