"""Is a statement supported? The checks, the verifier and the chat model, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage

from assistant.answering.checks import failed_gates
from assistant.answering.context import EvidenceContext
from assistant.answering.drafting import add_usage
from assistant.answering.probe import TOKENS, Probe
from assistant.answering.scoring import judge, load_calibration
from assistant.answering.witness import (
    ask_witness,
    logits_model,
    read_logits,
    render_yes_no,
    witness_model,
)
from assistant.models.chat import LoadedChatModel
from assistant.models.cross_encoder import CrossEncoder
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
        the models.
        """
        if self.trusting:
            return Support("supported", 1.0), Usage()
        usage = Usage()
        if not failed_gates(checks):
            messages = render_yes_no(
                self.prompt,
                evidence=" … ".join(f"{context.heading}. {context.close}" for context in cited),
                question=question,
                statement=statement,
            )
            asked, reply = self._ask(messages)
            usage = add_usage(usage, reply)
            checks += asked
            answers = self._read(question, cited)
            checks += (Check("answers", None, score=round(answers, 4)),)
        return judge(checks, threshold=self.threshold, calibration=load_calibration()), usage

    def _ask(self, messages: Sequence[BaseMessage]) -> tuple[tuple[Check, ...], AIMessage]:
        """Ask the chat model yes or no, and read more than its word where there is a probe."""
        probe = self.probe
        model = logits_model(self.chat, TOKENS, probe.words) if probe else witness_model(self.chat)
        chance, reply = ask_witness(model, messages)
        checks = [Check("model", chance >= 0.5, f"P(yes) {chance:.2f}", round(chance, 4))]
        logits = read_logits(reply, TOKENS) if probe else None
        if probe is not None and logits is not None:
            checks.append(Check("probe", None, score=round(probe.probability(logits), 4)))
        return tuple(checks), reply

    def _read(self, question: str, cited: Sequence[EvidenceContext]) -> float:
        """Ask the verifier whether what is cited, sentence by sentence or together, answers."""
        contexts = [context.readings for context in cited]
        if len(cited) > 1:
            contexts.append((" ".join(context.readings[0] for context in cited),))
        return max(self.verifier.pooled(question, contexts))
