"""A Chroma server, two apps and an ingestor, each killed in turn while the apps are searched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chroma_faults import run

pytestmark = pytest.mark.integration


@pytest.mark.timeout(600)
def test_no_article_is_wrong_or_lost_whoever_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    recoveries = run(tmp_path, rounds=1, say=said.append)
    assert [item.victim for item in recoveries] == [
        "first start",
        "ingestor",
        "app",
        "Chroma server",
    ]
    assert any("the same in both apps" in line for line in said)
