"""The probe: what is read of the chat model beside its word, and when."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage

from assistant.answering.probe import TOKENS, find_probe, load_probe
from assistant.answering.prompting import Prompts
from assistant.answering.scoring import load_calibration
from assistant.answering.witness import logits_model, read_logits, yes_probability
from assistant.models.chat import LoadedChatModel
from assistant.settings import Settings
from tests.support.chat import ScriptedChatModel

ENGINE: Any = object()
PROBE = load_probe()


def loaded(name: str, *, embedded: bool = True) -> LoadedChatModel:
    model = ScriptedChatModel(script=lambda _: "yes")
    return LoadedChatModel(model, name=name, engine=ENGINE if embedded else None)


def reply(logits: dict[int, float], words: dict[str, float]) -> AIMessage:
    """Return what the engine says of tokens whose logits are these, and of yes and no."""
    total = math.fsum(map(math.exp, [*logits.values(), *words.values()]))
    top = [{"id": token, "token": "x", "prob": math.exp(v) / total} for token, v in logits.items()]
    top += [
        {"id": number, "token": word, "prob": math.exp(value) / total}
        for number, (word, value) in zip(PROBE.words, words.items(), strict=False)
    ]
    content = [{"token": "yes", "top_logprobs": [], "top_probs": top}]
    return AIMessage("yes", response_metadata={"logprobs": {"content": content}})


def test_the_committed_probe_is_of_the_default_model_and_of_the_question_as_it_is() -> None:
    assert PROBE.weights.shape == (len(TOKENS),)
    assert PROBE.chat_model == Settings().chat_model
    assert PROBE.prompt == Prompts.load().verify.version, "fit it again: evals/probe/README.md"
    assert find_probe(loaded(PROBE.chat_model), Prompts.load().verify) is PROBE


def test_it_is_asked_of_no_other_model_server_or_wording() -> None:
    verify = Prompts.load().verify
    assert find_probe(loaded("another"), verify) is None
    assert find_probe(loaded(PROBE.chat_model, embedded=False), verify) is None
    changed = dataclasses.replace(verify, version="another")
    assert find_probe(loaded(PROBE.chat_model), changed) is None


def test_logits_are_read_about_their_mean_whatever_else_was_likely() -> None:
    logits = {token: math.sin(token) for token in TOKENS}
    read = read_logits(reply(logits, {"yes": 9.0, "No": 7.0}), TOKENS)
    assert read is not None
    expected = np.array(list(logits.values()))
    assert read == pytest.approx(expected - expected.mean())


def test_yes_and_no_are_read_of_the_same_reply() -> None:
    found = reply(dict.fromkeys(TOKENS, 0.0), {"yes": 9.0, "No": 7.0})
    assert yes_probability(found) == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_reply_without_all_logits_is_not_read() -> None:
    assert read_logits(reply({TOKENS[0]: 1.0}, {}), TOKENS) is None
    assert read_logits(AIMessage("yes"), TOKENS) is None


def test_all_tokens_are_asked_for_at_once() -> None:
    bound: Any = logits_model(loaded("any"), TOKENS, PROBE.words)
    wanted = {*TOKENS, *PROBE.words}
    assert bound.kwargs["max_tokens"] == 1
    assert bound.kwargs["top_logprobs"] == bound.kwargs["extra_body"]["top_k"] == len(wanted)
    assert {token for token, _ in bound.kwargs["extra_body"]["logit_bias"]} == wanted


def test_more_support_by_the_probe_is_a_higher_score() -> None:
    assert PROBE.probability(PROBE.weights) > PROBE.probability(-PROBE.weights)
    scores = {"model": 0.9, "answers": 0.5, "statement_words": 1.0}
    calibration = load_calibration()
    low, high = (calibration.probability(scores | {"probe": chance}) for chance in (0.1, 0.9))
    assert low < high
    assert 0 < calibration.probability(scores) < 1  # of a model without a probe
