"""What the probe is fitted on."""

from __future__ import annotations

import json
from pathlib import Path

from evals.probe.triples import invented_triples, squad_triples


def test_invented_triples_are_of_both_kinds_and_held_out_by_file() -> None:
    found = invented_triples()
    assert found == invented_triples()
    assert len({one.id for one in found}) > 0.99 * len(found)
    for held_out in (True, False):
        side = [one for one in found if one.held_out is held_out]
        assert 0.4 < sum(one.right for one in side) / len(side) < 0.6
        assert all(one.id.startswith("held-out.jsonl") is held_out for one in side)
    assert not {o.group for o in found if o.held_out} & {o.group for o in found if not o.held_out}
    assert any(one.statement in one.evidence for one in found if one.right)


def test_squad_triples_pair_questions_with_their_sentence_and_with_others(tmp_path: Path) -> None:
    context = "Rain fell over Arnside for a week. The dam at Calder broke on Friday."
    answered = {"answer_start": context.index("on Friday"), "text": "on Friday"}
    questions = [
        {
            "id": str(number),
            "question": f"When did the dam break, {number}?",
            "is_impossible": number % 3 == 0,
            "answers": [] if number % 3 == 0 else [answered],
            "plausible_answers": [answered],
        }
        for number in range(30)
    ]
    articles = [
        {"title": title, "paragraphs": [{"context": context, "qas": questions}]}
        for title in ("Calder_Dam", "Harvard_University")
    ]
    folder = tmp_path / "squad2"
    folder.mkdir()
    (folder / "dev_public.json").write_text(json.dumps({"data": articles}))
    found = squad_triples(tmp_path)
    assert {one.source for one in found} == {"squad2", "squad2+other"}
    for one in found:
        assert one.held_out is one.group.startswith("Harvard")
        if one.source == "squad2":
            assert one.right is (int(one.id.removeprefix("squad2:")) % 3 != 0)
            assert "on Friday" in one.statement
        else:
            assert not one.right
            assert one.statement == "Rain fell over Arnside for a week."
