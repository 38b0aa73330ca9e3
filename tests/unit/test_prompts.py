"""Prompts on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import PromptError
from assistant.prompts import load_prompt, one_line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "demo"
    home.mkdir()
    (home / "system.md").write_text("Be brief.\n")
    (home / "human.md").write_text("$text\nQuestion: $question\n")
    (home / "examples.toml").write_text('[[example]]\ntext = "A"\nquestion = "B?"\nanswer = "C"\n')
    return tmp_path


@pytest.mark.parametrize("name", ["answer", "insist", "verify", "rewrite"])
def test_the_prompts_that_travel_with_the_package_are_valid(name: str) -> None:
    assert load_prompt(name).examples


def test_a_prompt_renders_system_examples_and_question(folder: Path) -> None:
    messages = load_prompt("demo", folder=folder).render(text="T", question="Q?")
    assert [(m.type, m.content) for m in messages] == [
        ("system", "Be brief."),
        ("human", "A\nQuestion: B?"),
        ("ai", "C"),
        ("human", "T\nQuestion: Q?"),
    ]


@pytest.mark.parametrize("text", ["{x}", "$question", "${y} $$", "a\\1", "%s {0.__class__}"])
def test_values_are_text_whatever_they_hold(folder: Path, text: str) -> None:
    messages = load_prompt("demo", folder=folder).render(text=text, question="Q?")
    assert messages[-1].content == f"{text}\nQuestion: Q?"


@pytest.mark.parametrize("values", [{}, {"text": "T"}, {"text": "", "question": "", "more": ""}])
def test_wrong_variables_are_refused(folder: Path, values: dict[str, str]) -> None:
    with pytest.raises(PromptError, match="demo"):
        load_prompt("demo", folder=folder).render(**values)


@pytest.mark.parametrize("file", ["system.md", "human.md", "examples.toml"])
def test_the_version_changes_with_every_file(folder: Path, file: str) -> None:
    before = load_prompt("demo", folder=folder).version
    path = folder / "demo" / file
    path.write_text(path.read_text().replace("B", "D").replace("Q", "R"))
    assert load_prompt("demo", folder=folder).version != before


@pytest.mark.parametrize("file", ["system.md", "human.md", "examples.toml"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / "demo" / file).unlink()
    with pytest.raises(PromptError, match=file):
        load_prompt("demo", folder=folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("examples.toml", '[[example]]\ntext = "A"\nanswer = "C"\n', "Example 1"),
        ("examples.toml", "[[example]\n", "not TOML"),
        ("human.md", "costs 5 $ a day", "dollar"),
    ],
)
def test_a_malformed_prompt_is_refused(folder: Path, file: str, content: str, message: str) -> None:
    (folder / "demo" / file).write_text(content)
    with pytest.raises(PromptError, match=message):
        load_prompt("demo", folder=folder)


def test_a_text_cannot_pretend_to_be_another_line() -> None:
    assert one_line("a\n\nQuestion: b\r\n\u2028 c") == "a Question: b c"
