"""The list of articles: what may be asked of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import load_settings
from assistant.errors import ArticleNotFoundError
from tests.support.scripted import ScriptedAssistant, answer_from_first_line

QUESTIONS = ["How high is the bridge?", "Who built the bridge?", "When does the bridge open?"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    listed = "\n".join(f"- {question}" for question in QUESTIONS)
    (folder / "bridge.md").write_text(f"---\nquestions:\n{listed}\n---\n# Bridge\n\nIt is high.")
    return folder


def test_as_many_example_questions_come_as_are_asked_for(tmp_path: Path, corpus: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data", corpus_dir=str(corpus))
    with ScriptedAssistant(settings, answer_from_first_line) as assistant:
        assistant.refresh()
        assert assistant.example_questions(1) == QUESTIONS[:1]
        assert assistant.example_questions(3) == QUESTIONS
        assert assistant.example_questions(2) == QUESTIONS[:2]


def test_an_id_is_completed_if_only_one_article_has_it(tmp_path: Path, corpus: Path) -> None:
    (corpus / "ferry.md").write_text("# Ferry\n\nIt has ended.")
    settings = load_settings(data_dir=tmp_path / "data", corpus_dir=str(corpus))
    with ScriptedAssistant(settings, answer_from_first_line) as assistant:
        assistant.refresh()
        (bridge, ferry) = assistant.articles()
        assert assistant.article_id(bridge.article_id[:8]) == bridge.article_id
        for prefix in ("", "none"):
            with pytest.raises(ArticleNotFoundError, match="No article has the id"):
                assistant.article_id(prefix)
        assert assistant.original(ferry.article_id[:8]).name == "ferry.md"
        (corpus / "ferry.md").unlink()
        with pytest.raises(ArticleNotFoundError, match="is gone"):
            assistant.original(ferry.article_id)
