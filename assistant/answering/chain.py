"""The path of a question: rewrite, retrieve, draft, link, verify, answer or refuse."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from assistant.answering.answer_kind import asks_for_value
from assistant.answering.checks import check_statement
from assistant.answering.describing import describe
from assistant.answering.differing import find_differing
from assistant.answering.drafting import Draft, draft_chain, render_evidence, stream_draft
from assistant.answering.gathering import EvidenceGatherer
from assistant.answering.linking import LinkedStatement, link, whole_sentences
from assistant.answering.polarity import asks_yes_or_no, drop_unproven_yes, find_denial
from assistant.answering.probe import find_probe
from assistant.answering.prompting import Prompts
from assistant.answering.reciting import recite
from assistant.answering.refusing import build_refusal, is_refusal, named_terms, searched_terms
from assistant.answering.run import Attempt, Run
from assistant.answering.verifying import StatementJudge
from assistant.facts import as_written, word_share
from assistant.index import Index
from assistant.models.chat import LoadedChatModel, chat_errors
from assistant.models.cross_encoder import CrossEncoder
from assistant.models.embeddings import EmbeddingModel
from assistant.prompts import Prompt, one_line
from assistant.retrieval import rewrite
from assistant.retrieval.asking import check_question
from assistant.retrieval.rewriting import EARLIER_TURNS, REWRITTEN_TOKENS, leans_on_history
from assistant.settings import Settings
from assistant.tracing import span
from assistant.types import (
    Answer,
    Check,
    Citation,
    Drafted,
    Event,
    Evidence,
    Finished,
    Refusal,
    RefusalCode,
    Retrieved,
    SearchFilter,
    Statement,
    Support,
    Timings,
    Token,
    Turn,
    Verdict,
    Verified,
)

_WORDS_SHARED = 0.5
"""Share of the question's words that keeps a question with a low similarity in play."""


_SHOWN: tuple[Verdict, ...] = ("supported", "partly")

_WORTH_INSISTING = 0.3
"""Verifier's probability from which a yes/no question that got no answer is drafted once more."""

_DIFFERING = 2
"""Sentences at most that are shown because they answer otherwise."""

_WORTH_QUOTING = 0.1
"""Verifier's probability from which a sentence may be shown where no draft is supported."""


@dataclass(frozen=True, slots=True)
class AnswerChain:
    """Answers questions over an index with a chat model. Safe to use from several threads."""

    index: Index
    embeddings: EmbeddingModel
    reranker: CrossEncoder
    verifier: CrossEncoder
    chat: LoadedChatModel
    prompts: Prompts
    settings: Settings

    @property
    def gatherer(self) -> EvidenceGatherer:
        """What finds and weighs evidence under these settings."""
        return EvidenceGatherer(
            self.index, self.embeddings, self.reranker, self.verifier, self.settings
        )

    @property
    def judge(self) -> StatementJudge:
        """What verifies statements under these settings."""
        return StatementJudge(
            self.verifier,
            self.chat,
            self.prompts.verify,
            threshold=self.settings.support_threshold,
            probe=find_probe(self.chat, self.prompts.verify),
            trusting=not self.settings.verification,
        )

    def stream(
        self, question: str, history: Sequence[Turn] = (), where: SearchFilter | None = None
    ) -> Generator[Event, None, None]:
        """Yield `Retrieved`, `Token`s, `Drafted`, `Verified` statements and, last, `Finished`.

        Tokens after a `Drafted` are of a second draft, which takes the first one's place.

        Raises:
            QuestionError: the question is empty or too long.
            IndexMissingError: the corpus has not been indexed with these settings.
            ModelServerError: the chat model failed.
        """
        run = self._begin(question, where)
        with (
            span("answer", {"assistant.turns": len(history)}) as here,
            chat_errors(),
            closing(self._stream(run, history)) as events,
        ):
            for event in events:
                if isinstance(event, Finished):
                    describe(event.answer, here, with_question=self.settings.log_questions)
                yield event

    def candidates(
        self, question: str, history: Sequence[Turn] = (), where: SearchFilter | None = None
    ) -> list[Statement]:
        """Return all that could be said, verified, whether it would be shown or not.

        The support score is fitted on it: drafts, by both prompts where a question asks yes or
        no, and the sentences that may speak for themselves. Raises what `stream` raises.
        """
        run = self._begin(question, where)
        with chat_errors():
            if not run.asked:
                return []
            self._rewrite(run, history)
            self.gatherer.gather(run)
            if self._refuse_unread(run):
                return []
            attempts = [self._attempt(run, self.prompts.answer), self._quote(run)]
            if asks_yes_or_no(run.asked):
                attempts.append(self._attempt(run, self.prompts.insist))
            shown = [statement for attempt in attempts for statement in _finished(attempt).shown]
        return [*shown, *run.dropped]

    def _begin(self, question: str, where: SearchFilter | None) -> Run:
        question = check_question(question, limit_chars=self.settings.question_chars)
        return Run(question, where or SearchFilter(), time.monotonic())

    def _stream(self, run: Run, history: Sequence[Turn]) -> Generator[Event, None, None]:
        if not run.asked:
            yield Retrieved(())
            yield self._finish_refused(run, "not_a_question")
            return
        self._rewrite(run, history)
        self.gatherer.gather(run)
        yield Retrieved(run.evidence, run.rewritten)
        code = self._refuse_unread(run)
        if code:
            yield self._finish_refused(run, code)
            return

        attempt = yield from self._attempt(run, self.prompts.answer)
        insists = asks_yes_or_no(run.asked) and max(run.chances.values()) >= _WORTH_INSISTING
        if not attempt.shown and self.chat.embedded and insists:
            # A small model says that nothing is stated where the answer is a plain no.
            run.notes += ("The first draft gave nothing supported; a second one was read.",)
            attempt = yield from self._attempt(run, self.prompts.insist)
        drafted = bool(attempt.shown)
        if not drafted and self.chat.embedded:
            attempt = yield from self._quote(run)
        if not attempt.shown:
            yield self._finish_refused(
                run, "unsupported" if run.dropped or run.broken_off else "not_stated"
            )
            return
        if drafted and self.settings.verification:  # unverified, anything would seem to differ
            yield from self._add_differing(run, attempt)
        yield self._finish(run, tuple(attempt.shown), attempt.cite(run.contexts), None)

    def _attempt(self, run: Run, prompt: Prompt) -> Generator[Event, None, Attempt]:
        """Draft from the run's evidence, link, verify; keep what is supported, if partly."""
        draft = Draft()
        yield from self._draft(run, draft, prompt)
        attempt = Attempt()
        linked = link(_keep_whole(run, draft), run.evidence)
        read = " ".join(context.close for context in run.contexts.values())
        if not linked.statements or is_refusal(linked.statements[0].text, read):
            yield Drafted(())
            return attempt
        run.notes += linked.notes
        stated = [
            LinkedStatement(drop_unproven_yes(found.text, run.asked), found.numbers)
            for found in linked.statements
            if not is_refusal(found.text, read)
        ]
        yield from self._settle(run, attempt, stated, _SHOWN)
        return attempt

    def _quote(self, run: Run) -> Generator[Event, None, Attempt]:
        """Let a sentence speak for itself: one that denies what was asked, or the likeliest."""
        attempt = Attempt()
        denial = find_denial(run.asked, run.evidence)
        best = max(run.evidence, key=lambda item: run.chances[item.number])
        if denial is not None:
            yield from self._let_speak(run, attempt, denial, _SHOWN)
        if not attempt.shown and best != denial and run.chances[best.number] >= _WORTH_QUOTING:
            yield from self._let_speak(run, attempt, best, ("supported",))
        if attempt.shown:
            run.notes += ("No draft is supported; the sentence itself is shown.",)
        return attempt

    def _let_speak(
        self, run: Run, attempt: Attempt, item: Evidence, accepted: Sequence[Verdict]
    ) -> Iterator[Event]:
        itself = LinkedStatement(one_line(item.reading), (item.number,))
        yield from self._settle(run, attempt, [itself], accepted)

    def _add_differing(self, run: Run, attempt: Attempt) -> Iterator[Event]:
        """Show sentences of the evidence that answer otherwise, if they are supported as well.

        What is no number or time is hard to compare: there a partly supported one is not enough.
        """
        accepted = _SHOWN if asks_for_value(run.asked) else ("supported",)
        for number in find_differing(
            run.asked,
            [statement.text for statement in attempt.shown],
            attempt.numbering,
            run.contexts,
            run.chances,
        )[:_DIFFERING]:
            context = run.contexts[number]
            text = one_line(context.evidence.reading)
            support = self._verify(run, text, [number], check_statement(text, run.asked, [context]))
            if support.verdict in accepted:
                numbers = attempt.print_numbers([number])
                statement = Statement(text, numbers, support, differs=True)
                attempt.shown.append(statement)
                yield Verified(statement, attempt.cite(run.contexts, numbers))

    def _settle(
        self,
        run: Run,
        attempt: Attempt,
        stated: Sequence[LinkedStatement],
        accepted: Sequence[Verdict],
    ) -> Iterator[Event]:
        """Verify statements; those of an accepted verdict are shown, the others dropped."""
        yield Drafted(tuple(found.text for found in stated))
        for found in stated:
            recited = recite(found.text, run.asked, found.numbers, run.contexts)
            numbers = recited.numbers
            if numbers != found.numbers:
                run.notes += (f"Cited {list(found.numbers)}; {list(numbers)} bear it out.",)
            support = self._verify(run, found.text, numbers, recited.checks)
            if support.verdict in accepted:
                statement = Statement(found.text, attempt.print_numbers(numbers), support)
                attempt.shown.append(statement)
            else:
                statement = Statement(found.text, (), support)
                run.dropped.append(statement)
            yield Verified(statement, attempt.cite(run.contexts, statement.citations))

    def _verify(
        self, run: Run, statement: str, numbers: Sequence[int], checks: tuple[Check, ...]
    ) -> Support:
        """Judge a statement by the evidence of these numbers and its checks against it."""
        cited = [run.contexts[number] for number in numbers]
        with span("verify") as here:
            support, usage = self.judge.verify(statement, run.asked, cited, checks)
            here.set_attribute("assistant.verdict", support.verdict)
        run.usage = run.usage + usage
        return support

    def _rewrite(self, run: Run, history: Sequence[Turn]) -> None:
        """Make the question independent; a last turn that has no answer is answered first."""
        if not history or not leans_on_history(run.question):
            return
        *earlier, last = history[-EARLIER_TURNS:]
        if not last.answer:
            for event in self.stream(last.question, earlier, run.where):
                if isinstance(event, Finished) and not event.answer.refusal:
                    last = Turn(last.question, event.answer.text)
        with span("rewrite"):
            model = self.chat.model.bind(**self.chat.limit(REWRITTEN_TOKENS))
            run.rewritten = rewrite(
                run.question, [*earlier, last], model=model, prompt=self.prompts.rewrite
            )

    def _refuse_unread(self, run: Run) -> RefusalCode | None:
        """Decide without the chat model where the corpus clearly has nothing."""
        if not run.evidence:
            articles = self.index.articles()
            if not articles:
                return "empty_corpus"
            admitted = any(run.where.admits(article) for article in articles)
            return "nothing_close" if admitted else "nothing_selected"
        if self.index.missing_terms(named_terms(run.asked), where=run.where):
            return "missing_terms"
        closest = max(item.score for item in run.evidence)
        shared = max(word_share(run.asked, item.reading) for item in run.evidence)
        if closest < self.settings.minimum_similarity and shared < _WORDS_SHARED:
            return "nothing_close"
        self.gatherer.weigh(run)
        if run.answerable < self.settings.minimum_answerable:
            return "not_stated"
        return None

    def _draft(self, run: Run, draft: Draft, prompt: Prompt) -> Iterator[Event]:
        evidence = render_evidence(run.evidence, run.asked)
        values = {"evidence": evidence, "question": one_line(run.asked)}
        chain = draft_chain(self.chat, prompt, tokens=self.settings.answer_tokens)
        for text in stream_draft(chain, values, draft):
            if run.first_token_s is None:
                run.first_token_s = time.monotonic() - run.began
            yield Token(text)
        run.usage = run.usage + draft.usage

    def _finish_refused(self, run: Run, code: RefusalCode) -> Finished:
        terms = named_terms(run.asked) if code == "missing_terms" else searched_terms(run.asked)
        if code in {"empty_corpus", "nothing_selected"}:
            terms = []
        missing = self.index.missing_terms(terms, where=run.where)
        refusal = build_refusal(
            code,
            missing=[as_written(term, run.asked) for term in missing],
            evidence=run.evidence,
            where=run.where,
        )
        return self._finish(run, (), (), refusal)

    def _finish(
        self,
        run: Run,
        statements: tuple[Statement, ...],
        citations: tuple[Citation, ...],
        refusal: Refusal | None,
    ) -> Finished:
        timings = Timings(
            round(run.retrieve_s, 4),
            None if run.first_token_s is None else round(run.first_token_s, 4),
            round(time.monotonic() - run.began, 4),
        )
        return Finished(
            Answer(
                question=run.question,
                rewritten=run.rewritten,
                statements=statements,
                citations=citations,
                refusal=refusal,
                timings=timings,
                usage=run.usage,
                model=self.chat.name,
                embedding_model=self.embeddings.name,
                verifier_model=self.verifier.name,
                prompt_version=self.prompts.version,
                index_digest=self.index.version(),
                dropped=tuple(run.dropped),
                notes=run.notes,
            )
        )


def _keep_whole(run: Run, draft: Draft) -> str:
    """Return the text of a draft without the broken end that its limit left; note what it was."""
    if not draft.cut:
        return draft.text
    whole = whole_sentences(draft.text)
    broken = draft.text[len(whole) :].strip()
    if broken:
        run.notes += (f"The draft reached its limit; its broken end was dropped: {broken}",)
        run.broken_off |= not whole
    return whole


def _finished(attempt: Generator[Event, None, Attempt]) -> Attempt:
    """Run an attempt to its end, past its events."""
    while True:
        try:
            next(attempt)
        except StopIteration as end:
            found: Attempt = end.value
            return found
