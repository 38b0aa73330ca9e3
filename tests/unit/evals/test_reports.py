from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.comparing import compare, render_comparison
from evals.measures import measures, refusal_matrix, support_risk, unscored
from evals.reporting import write_report
from evals.reporting.summary import load_references, summarise
from evals.rows import ROWS, Row, RunError, read_rows
from evals.stats import Estimate, proportion
from evals.suites import SUITES
from tests.support.evals import answered, refused, row, sample, unanswerable

LONG = "It is 503 metres long, said Mayor Anna Berg."
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"


def a_run() -> list[Row]:
    return [
        row(sample(id="a"), answered("It is 503 metres long.", LONG)),
        row(sample(id="b"), answered("It is 700 metres long.", LONG, score=0.4)),
        row(sample(id="c"), refused()),
        row(sample(id="d", answers=(), evidence=()), answered("Long.", LONG)),
        row(unanswerable(id="e"), refused()),
        row(unanswerable(id="f"), answered("There are 12 boats.", LONG)),
    ]


def write_run(folder: Path, rows: list[Row]) -> Path:
    folder.mkdir(parents=True)
    (folder / ROWS).write_text("\n".join(json.dumps(item) for item in rows) + "\n", "utf-8")
    return folder


def test_what_could_not_be_scored_is_not_wrong() -> None:
    found = {measure.key: measure.estimate for measure in measures(a_run())}
    assert (found["answerable_right"].n, found["answerable_right"].mean) == (
        3,
        pytest.approx(1 / 3),
    )
    assert (found["unanswerable_right"].n, found["unanswerable_right"].mean) == (2, 0.5)
    assert sum(unscored(a_run()).values()) == 2


def test_samples_of_one_base_question_count_as_one() -> None:
    def rows(group: str) -> list[Row]:
        return [
            row(
                sample(id=f"{n}-{place}", group=group.format(n)),
                answered("It is 503 metres long.") if n % 2 else refused(),
            )
            for n in range(10)
            for place in ("start", "middle", "end")
        ]

    def right(of: list[Row]) -> Estimate:
        return next(m.estimate for m in measures(of) if m.key == "answerable_right")

    alone, shared = right(rows("")), right(rows("question-{}"))
    assert (alone.n, shared.n) == (30, 30)
    assert alone.low == proportion([True] * 15 + [False] * 15).low
    assert shared.low == pytest.approx(proportion([True] * 5 + [False] * 5).low, abs=0.01)


def test_the_refusal_matrix() -> None:
    found = refusal_matrix(a_run())
    assert (found.answerable_answered, found.answerable_refused) == (3, 1)
    assert (found.unanswerable_answered, found.unanswerable_refused) == (1, 1)


def test_risk_counts_what_was_refused_before_a_draft_as_not_covered() -> None:
    found = support_risk(a_run())
    assert found is not None
    assert (found.n, found.points[-1].coverage) == (5, 3 / 5)


def test_a_report_is_written_in_three_forms(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", a_run())
    written = write_report(folder)
    assert "| answerable right | 33.3%" in written.markdown
    bundle = json.loads((folder / "report.json").read_text("utf-8"))
    assert len(bundle["rows"]) == 6
    assert bundle["suites"][0]["pipelines"][0]["pipeline"] == "assistant"
    assert written.page.read_text("utf-8").count("<svg") >= 4


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "action"} and value and value[0] != "#":
                self.links.append(value)
            if name.startswith("on"):
                self.handlers.append(f"{name}={value}")


def test_hostile_text_cannot_become_markup_and_nothing_is_fetched(tmp_path: Path) -> None:
    wrong = sample(id=HOSTILE, question=HOSTILE, kinds=(HOSTILE,), answers=((HOSTILE[:9],),))
    rows = [row(wrong, answered(HOSTILE, LONG), suite="<b>own", pipeline="<i>x")]
    page = write_report(write_run(tmp_path / "<u>run", rows)).page.read_text("utf-8")
    seen = Seen()
    seen.feed(page)
    assert seen.tags.count("script") == 1
    assert not {"img", "b", "i", "u"} & {*seen.tags}
    assert seen.handlers == ["onsubmit=return false"]
    assert seen.links == []
    assert "{{ 7*7 }}" in page
    assert not re.search(r"url\((?!#)|@import", page)


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no run"):
        write_report(tmp_path)


def test_a_line_that_was_cut_off_is_left_out_and_the_last_twin_counts(tmp_path: Path) -> None:
    first, second = a_run()[:2]
    folder = write_run(tmp_path / "run", [first, first | {"question": "again"}])
    with (folder / ROWS).open("a") as file:
        file.write(json.dumps(second)[:40])
    (found,) = read_rows(folder)
    assert found["question"] == "again"


def test_a_comparison_lists_what_flipped() -> None:
    before = a_run()
    after = [
        row(sample(id="a"), refused()),
        row(sample(id="b"), answered("It is 503 metres long.", LONG)),
        row(sample(id="c", forbidden=("changed",)), answered("It is 503 metres long.", LONG)),
        row(unanswerable(id="f"), refused()),
    ]
    (found,) = compare(before, after)
    assert found.n == 3
    assert [item["sample_id"] for item in found.lost] == ["a"]
    assert [item["sample_id"] for item in found.gained] == ["b", "f"]
    assert "McNemar p = 1.000" in render_comparison(found)
    assert compare(before, [row(sample(id="zzz"), refused())]) == []


def test_references_name_suites_and_print_beside_ours() -> None:
    assert {item.suite for item in load_references()} <= {*SUITES}
    (found,) = summarise([item | {"suite": "squad2"} for item in a_run()])
    assert found.references[0].measure == "passage_recall@4"
    assert found.pipelines[0].figure("answerable_right") is not None
    assert found.pipelines[0].figure("kind:none") is None
    assert found.pipelines[0].figure("seconds") is not None
