from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from assistant import Assistant, SearchFilter, load_settings
from evals.ablation import FULL, VARIANTS, render_ablation
from evals.cli import app
from evals.opening import OpenSuite
from evals.outcomes import Outcome
from evals.progress import running_figures
from evals.rows import ROWS, Row, RunError
from evals.run import run_samples
from evals.samples import Sample
from evals.scorers.judge import Judge
from evals.selection import suites_of
from evals.setup import code_digest, code_homes, read_setups
from tests.support.chat import ScriptedChatModel
from tests.support.evals import ARTICLE, answered, refused, row, sample, unanswerable

SAMPLES = [sample(id="a"), sample(id="b"), unanswerable(id="c")]


class Asked:
    """A solver that remembers what it was asked."""

    def __init__(self, *, failing: str = "") -> None:
        self.ids: list[str] = []
        self.failing = failing
        self.lock = threading.Lock()

    def __call__(self, _: Assistant, item: Sample, where: SearchFilter | None, /) -> Outcome:
        with self.lock:
            self.ids.append(item.id)
        if item.id == self.failing:
            raise KeyboardInterrupt
        return refused() if item.id == "c" else answered("It is 503 metres long.")


def opened(*, prompts: str = "p1") -> OpenSuite:
    stand_in = SimpleNamespace(
        chain=SimpleNamespace(
            chat=SimpleNamespace(name="scripted"), prompts=SimpleNamespace(version=prompts)
        ),
        embeddings=SimpleNamespace(name="words", digest="d"),
        index=SimpleNamespace(version=lambda: "i"),
        settings=load_settings(),
    )
    ids = {"key": ARTICLE.id}
    return OpenSuite("own", cast(Assistant, stand_in), SAMPLES, ids, {ARTICLE.id: ARTICLE})


def run(out: Path, solver: Asked, suite: OpenSuite | None = None, **options: Any) -> list[Row]:
    return run_samples(
        suite if suite is not None else opened(),
        options.pop("samples", SAMPLES),
        ["assistant"],
        out,
        done=lambda *_: None,
        solvers={"assistant": solver},
        **options,
    )


def test_a_killed_run_continues(tmp_path: Path) -> None:
    killed = Asked(failing="b")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, killed)
    with (tmp_path / ROWS).open("a") as file:
        file.write('{"suite": "own", "sample')
    again = Asked()
    rows = run(tmp_path, again)
    assert again.ids == ["b", "c"]
    assert [found["sample_id"] for found in rows] == ["a", "b", "c"]
    assert run(tmp_path, Asked(failing="a")) == rows


def test_a_changed_sample_is_asked_again(tmp_path: Path) -> None:
    run(tmp_path, Asked())
    again = Asked()
    run(tmp_path, again, samples=[sample(id="a", answers=(("new",),)), *SAMPLES[1:]])
    assert again.ids == ["a"]


def test_another_set_up_is_refused(tmp_path: Path) -> None:
    run(tmp_path, Asked())
    assert read_setups(tmp_path)["own"]["prompt_version"] == "p1"
    with pytest.raises(RunError, match="other prompt_version"):
        run(tmp_path, Asked(), opened(prompts="p2"))


def test_another_judge_is_refused(tmp_path: Path) -> None:
    run(tmp_path, Asked())
    judge = Judge("openai:judge", ScriptedChatModel(script=lambda _: "RIGHT"))
    with pytest.raises(RunError, match="other judge"):
        run(tmp_path, Asked(), judge=judge)
    rows = run(tmp_path / "judged", Asked(), judge=judge)
    assert [found["scores"]["judged"]["right"] for found in rows] == [True, True, True]
    assert read_setups(tmp_path / "judged")["own"]["judge"] == "openai:judge"


def test_the_code_of_the_evals_is_part_of_the_set_up(tmp_path: Path) -> None:
    _, home = code_homes()
    copy = tmp_path / "evals"
    shutil.copytree(home / "scorers", copy / "scorers")
    before = code_digest([copy])
    assert code_digest([copy]) == before
    (copy / "scorers" / "text.py").write_text("changed = True\n")
    assert code_digest([copy]) != before


def test_several_workers_write_whole_rows(tmp_path: Path) -> None:
    many = [sample(id=f"s{n}") for n in range(40)]
    rows = run(tmp_path, Asked(), workers=8, samples=many)
    assert [found["sample_id"] for found in rows] == [item.id for item in many]
    assert run(tmp_path, Asked(failing="s0"), samples=many) == rows


def test_samples_keep_to_their_own_articles() -> None:
    suite = opened()
    assert suite.where(sample()) is None
    assert suite.where(sample(articles=("key",))) == SearchFilter(article_ids=(ARTICLE.id,))
    nowhere = suite.where(sample(articles=()))
    assert nowhere is not None
    assert ARTICLE.id not in nowhere.article_ids
    assert nowhere


def test_running_figures() -> None:
    rows = [row(sample(), refused()), row(unanswerable(), refused())]
    assert running_figures({"assistant": rows}) == "assistant: right 1/2, refused 2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "name a suite"),
        (["run", "nothing"], "no suite nothing"),
        (["run", "summit", "--pipeline", "magic"], "no pipeline magic"),
        (["run", "--questions", "x.jsonl"], "belong together"),
        (["run", "summit", "--questions", "x", "--corpus", "y"], "or give --questions"),
    ],
)
def test_a_wrong_command_says_why(arguments: list[str], said: str) -> None:
    found = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert found.exit_code == 2
    assert said in found.output


def test_missing_data_is_said_before_any_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVALS_DATA", raising=False)
    found = CliRunner().invoke(app, ["run", "summit", "squad2", "--out", str(tmp_path)])
    assert (found.exit_code, "--data" in found.output) == (2, True)


def test_a_users_own_suite_is_named_after_its_file(tmp_path: Path) -> None:
    (suite,) = suites_of([], tmp_path / "mine.jsonl", tmp_path)
    assert suite.name == "mine"


def test_list_names_suites_and_pipelines() -> None:
    found = CliRunner().invoke(app, ["list"])
    assert "bipia" in found.output
    assert "pipelines: assistant, plain" in found.output


def test_the_ablation_table() -> None:
    whole = [row(sample(id=f"s{n}"), answered("503")) for n in range(6)]
    less = [row(sample(id=f"s{n}"), refused()) for n in range(6)]
    table = render_ablation({FULL: whole, "dense only": less}, {"BM25 only": ("retrieval",)})
    assert "| dense only | 0.0% [0%, 39%] n=6 |" in table
    assert "0.031" in table
    assert "BM25 only was left out: the assistant has no setting retrieval." in table
    assert VARIANTS[0].missing == ()
