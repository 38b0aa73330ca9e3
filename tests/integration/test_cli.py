"""The command line, as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import Assistant

pytestmark = pytest.mark.integration
Run = Callable[..., "object"]
HEIGHT = "What height did the Hwasong-15 reach?"


@pytest.fixture(autouse=True)
def _indexed(assistant: Assistant) -> None:
    """The session's assistant has made corpus and index."""


def test_ask_shows_verdict_quote_article_and_offsets(run: Run) -> None:
    done = run("ask", HEIGHT)
    assert done.returncode == 0, done.stderr
    assert "✓" in done.stdout
    assert "4,500 kilometres" in done.stdout
    assert "[1] “The Hwasong-15 missile reached" in done.stdout
    assert "White House confirms plans" in done.stdout
    assert "[771:867]" in done.stdout
    assert done.stderr == ""


def test_the_quotes_of_json_are_slices_of_articles_show(run: Run) -> None:
    answer = json.loads(run("ask", HEIGHT, "--json").stdout)
    (citation,) = answer["citations"]
    shown = run("articles", "show", citation["article_id"], "--text").stdout
    assert shown[citation["start"] : citation["end"]] == citation["quote"]


def test_a_refusal_is_an_answer(run: Run) -> None:
    done = run("ask", "What height did the Hwasong-14 reach?", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["refusal"]["code"] == "missing_terms"
    assert answer["refusal"]["missing_terms"] == ["Hwasong-14"]
    assert answer["statements"] == []


def test_a_batch_answers_in_order_and_names_broken_lines(run: Run) -> None:
    lines = [
        json.dumps({"question": "What height did the Hwasong-14 reach?"}),
        "{broken",
        json.dumps({"question": "How high did it go?", "turns": ["What is the Hwasong-15?"]}),
        json.dumps({"question": 5}),
        "",
        json.dumps({"question": " "}),
    ]
    done = run("ask", "--batch", "-", stdin="\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert len(answers) == 5
    assert answers[0]["refusal"]["code"] == "missing_terms"
    assert "error" in answers[1]
    assert "4,500" in answers[2]["text"]
    assert "error" in answers[3]
    assert "empty" in answers[4]["error"]


def test_articles_are_listed_ingested_found_and_removed(run: Run, tmp_path: Path) -> None:
    story = tmp_path / "story.txt"
    story.write_text("Marlow ferry sold\n\nThe ferry Lark-2 was sold for 70 euros in Marlow.")
    (tmp_path / "empty.txt").write_text("")
    done = run("ingest", str(story), str(tmp_path / "empty.txt"), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 3
    assert len(report["added"]) == 1
    assert "empty" in report["failed"][0]["reason"]
    listed = json.loads(run("articles", "list", "--json").stdout)
    assert listed[0]["title"] == "Marlow ferry sold"
    answer = json.loads(run("ask", "For how much was the Lark-2 sold?", "--json").stdout)
    assert "70 euros" in answer["text"]
    assert run("articles", "remove", report["added"][0], "--yes").returncode == 0
    answer = json.loads(run("ask", "For how much was the Lark-2 sold?", "--json").stdout)
    assert answer["refusal"]["missing_terms"] == ["Lark-2"]


def test_an_edited_file_is_noticed_by_the_next_question(run: Run, data_dir: Path) -> None:
    file = data_dir / "corpus" / "note.md"
    file.write_text("# Kestrel note\n\nThe Kestrel-9 drone weighs 12 kilograms.\n")
    assert "12 kilograms" in run("ask", "How much does the Kestrel-9 drone weigh?").stdout
    file.write_text("# Kestrel note\n\nThe Kestrel-9 drone weighs 15 kilograms.\n")
    assert "15 kilograms" in run("ask", "How much does the Kestrel-9 drone weigh?").stdout
    file.unlink()
    assert "Kestrel-9" in run("ask", "How much does the Kestrel-9 drone weigh?").stdout


def test_chat_keeps_the_thread(run: Run) -> None:
    done = run("chat", stdin="What is the Hwasong-15?\nHow high did it go?\n/sources\n/quit\n")
    assert done.returncode == 0
    assert "4,500" in done.stdout
    assert done.stdout.count("“") >= 3


def test_doctor_finds_everything_well_and_says_what_is_not(run: Run, tmp_path: Path) -> None:
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert "✗" not in done.stdout
    for subject in ("settings", "disk", "model", "corpus", "lexical index", "vectors"):
        assert subject in done.stdout
    done = run("doctor", "--json", ASSISTANT_MODELS_DIR=str(tmp_path / "none"))
    assert done.returncode == 1
    wrong = [item for item in json.loads(done.stdout) if not item["ok"]]
    assert any("models pull" in item["remedy"] for item in wrong)


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "says"),
    [
        (["ask"], {}, 2, "Give a question"),
        (["ask", " "], {}, 2, "empty"),
        (["ask", "x", "--published-from", "soon"], {}, 2, "YYYY-MM-DD"),
        (["articles", "show", "zzz"], {}, 4, "articles list"),
        (["ask", "--batch", "/no/such/file"], {}, 3, "cannot be read"),
        (["models", "pull", "gpt-9"], {}, 10, "catalogue"),
        (["ask", "x"], {"ASSISTANT_THREADS": "none"}, 2, "threads"),
        (["ask", "x"], {"ASSISTANT_THREAD": "2"}, 2, "ASSISTANT_THREADS"),
        (["ingest", "/no/such/file.txt"], {}, 3, "file.txt"),
        (
            ["ask", HEIGHT],
            {"ASSISTANT_CHAT_MODEL": "openai:x", "ASSISTANT_CHAT_BASE_URL": "http://127.0.0.1:9"},
            13,
            "cannot be reached",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_error_has_its_message_and_exit_code(
    run: Run, arguments: list[str], variables: dict[str, str], code: int, says: str
) -> None:
    done = run(*arguments, **variables)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_settings_and_models_are_shown(run: Run) -> None:
    assert "support_threshold" in run("settings").stdout
    assert "all-MiniLM-L6-v2" in run("models", "list").stdout
    path = run("models", "path", "all-MiniLM-L6-v2").stdout.strip()
    assert (Path(path) / "model.safetensors").is_file()


def test_serving_other_machines_needs_a_login(run: Run, tmp_path: Path) -> None:
    done = run("serve", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "nobody would have to log in" in done.stderr
    missing = run("serve", "--users", str(tmp_path / "none"))
    assert missing.returncode == 2
    assert "assistant users add" in missing.stderr


def test_users_are_added_and_listed(run: Run, tmp_path: Path) -> None:
    users = str(tmp_path / "users")
    typed = "correct horse\ncorrect horse\n"
    assert run("users", "add", "ann", "--users", users, stdin=typed).returncode == 0
    assert run("users", "list", "--users", users).stdout == "ann\tmay edit\n"
    assert "correct horse" not in Path(users).read_text()
