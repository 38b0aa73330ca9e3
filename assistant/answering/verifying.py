"""Is a statement supported? The checks, the verifier and the chat model, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.answering.checks import failed_gates
from assistant.answering.context import EvidenceContext
from assistant.answering.drafting import add_usage
from assistant.answering.parts import answerable_alone
from assistant.answering.probe import TOKENS, Probe
from assistant.answering.scoring import CLIP, judge, load_calibration
from assistant.answering.witness import (
    ask_witness,
    logits_model,
    read_logits,
    render_yes_no,
    witness_model,
)
from assistant.models.chat import LoadedChatModel
from assistant.models.cross_encoder import CrossEncoder, from_log_odds, log_odds
from assistant.prompts import Prompt
from assistant.types import Check, Support, Usage


@dataclass(frozen=True, slots=True)
class StatementJudge:
    """Verifies statements. `threshold` is the support score below which one is unsupported.

    A `trusting` judge believes everything; it serves to measure what verification is worth.
    """

    verifier: CrossEncoder
    chat: LoadedChatModel
    prompt: Prompt
    threshold: float
    probe: Probe | None = None
    trusting: bool = False

    def verify(
        self,
        statement: str,
        question: str,
        cited: Sequence[EvidenceContext],
        checks: tuple[Check, ...],
    ) -> tuple[Support, Usage]:
        """Return the support of a statement, with the tokens that finding it out took.

        `checks` are those of `check_statement`. A statement that fails a hard one is not put to
        the models. Where a question asks for several things, a statement that is not plainly
        supported is judged as the answer to each of them as well: what counts is the best that
        lies halfway between the whole question and a part.
        """
        if self.trusting:
            return Support("supported", 1.0), Usage()
        if failed_gates(checks):
            return self._judge(checks, {}), Usage()
        whole, usage = self._witness(statement, question, cited)
        best = self._judge(checks, whole)
        for part in answerable_alone(question):
            if best.verdict == "supported":
                break
            alone, spent = self._witness(statement, part, cited)
            usage = usage + spent
            found = self._judge(checks, _between(whole, alone))
            best = max(best, found, key=lambda support: support.score)
        return best, usage

    def _judge(self, checks: tuple[Check, ...], chances: Mapping[str, float]) -> Support:
        witnessed = tuple(_as_check(name, chance) for name, chance in chances.items())
        return judge(
            (*checks, *witnessed), threshold=self.threshold, calibration=load_calibration()
        )

    def _witness(
        self, statement: str, question: str, cited: Sequence[EvidenceContext]
    ) -> tuple[dict[str, float], Usage]:
        """Return what both models think of the statement as the answer to this very question."""
        messages = render_yes_no(
            self.prompt,
            evidence=" … ".join(f"{context.heading}. {context.close}" for context in cited),
            question=question,
            statement=statement,
        )
        probe = self.probe
        model = logits_model(self.chat, TOKENS, probe.words) if probe else witness_model(self.chat)
        says_yes, reply = ask_witness(model, messages)
        chances = {"model": says_yes}
        logits = read_logits(reply, TOKENS) if probe else None
        if probe is not None and logits is not None:
            chances["probe"] = probe.probability(logits)
        chances["answers"] = self._read(question, cited)
        return chances, add_usage(Usage(), reply)

    def _read(self, question: str, cited: Sequence[EvidenceContext]) -> float:
        """Ask the verifier whether what is cited, sentence by sentence or together, answers."""
        contexts = [context.readings for context in cited]
        if len(cited) > 1:
            contexts.append((" ".join(context.readings[0] for context in cited),))
        return max(self.verifier.pooled(question, contexts))


def _between(whole: Mapping[str, float], part: Mapping[str, float]) -> dict[str, float]:
    """Return the chances halfway, in log-odds, between a whole question and a part of it."""
    halfway = {
        name: (log_odds(chance, clip=CLIP) + log_odds(part[name], clip=CLIP)) / 2
        for name, chance in whole.items()
        if name in part
    }
    return {name: from_log_odds(value) for name, value in halfway.items()}


def _as_check(name: str, chance: float) -> Check:
    if name == "model":
        return Check(name, chance >= 0.5, f"P(yes) {chance:.2f}", round(chance, 4))
    return Check(name, None, score=round(chance, 4))
