"""How the verifier pools several readings of one sentence."""

from __future__ import annotations

import pytest

from tests.support.verifier import ScriptedVerifier

CHANCES = {"alone": 0.5, "after": 0.9, "sure": 1.0, "never": 0.0}


@pytest.mark.parametrize(
    ("readings", "pooled"),
    [
        (("after",), 0.9),
        (("alone", "after"), 0.75),
        (("sure", "never"), 0.5),
    ],
)
def test_readings_are_pooled_by_their_mean_log_odds(
    readings: tuple[str, ...], pooled: float
) -> None:
    verifier = ScriptedVerifier(lambda _question, context: CHANCES[context])
    assert verifier.pooled("Why?", [readings, ("alone",)]) == pytest.approx([pooled, 0.5])


def test_every_reading_is_asked_about_once_and_in_order() -> None:
    verifier = ScriptedVerifier(lambda _question, _context: 0.5)
    verifier.pooled("Why?", [("a", "b"), ("c",)])
    assert [context for _, context in verifier.read] == ["a", "b", "c"]


def test_nothing_to_read_gives_nothing() -> None:
    assert ScriptedVerifier().pooled("Why?", []) == []
