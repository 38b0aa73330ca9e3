"""A Chroma server, two apps and an ingestor, each killed while the apps are searched and asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chroma_faults import chat_model_file, run

pytestmark = pytest.mark.integration


@pytest.mark.timeout(1500)
def test_no_article_is_wrong_or_lost_whoever_is_killed(tmp_path: Path) -> None:
    said: list[str] = []
    recoveries = run(tmp_path, chat_model_file(), rounds=1, say=said.append)
    assert [item.victim for item in recoveries] == [
        "first start",
        "ingestor",
        "app",
        "Chroma server",
    ]
    assert sum("citations, all verbatim" in line for line in said) == 2
    assert any("the same in both apps" in line for line in said)
