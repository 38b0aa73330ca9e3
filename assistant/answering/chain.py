"""The path of a question: rewrite, retrieve, draft, link, verify, answer or refuse."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.answering.checks import GATES, check_statement, question_share
from assistant.answering.context import EvidenceContext, read_contexts
from assistant.answering.drafting import (
    Draft,
    add_usage,
    draft_chain,
    render_evidence,
    stream_draft,
    witness_model,
)
from assistant.answering.linking import LinkedStatement, link
from assistant.answering.refusing import build_refusal, is_refusal, named_terms, searched_terms
from assistant.answering.scoring import judge, load_calibration
from assistant.answering.witness import ask_witness
from assistant.errors import QuestionError
from assistant.facts import as_written
from assistant.index import Index
from assistant.models.chat import LoadedChatModel, translate_chat_error
from assistant.models.embeddings import EmbeddingModel
from assistant.prompts import Prompt, load_prompt, one_line
from assistant.retrieval import HybridRetriever, rewrite, select_evidence
from assistant.retrieval.asking import strip_instructions
from assistant.retrieval.hybrid import RankedPassage
from assistant.retrieval.rewriting import leans_on_history
from assistant.settings import Settings
from assistant.types import (
    Answer,
    Check,
    Citation,
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
    Usage,
    Verdict,
    Verified,
)

_WORDS_SHARED = 0.5
"""Share of the question's words that keeps a question with a low similarity in play."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of the chain; `insist` is for a second draft where the first refused."""

    answer: Prompt
    insist: Prompt
    verify: Prompt
    rewrite: Prompt

    @classmethod
    def load(cls) -> Prompts:
        """Read the prompts that travel with the package."""
        return cls(*(load_prompt(name) for name in ("answer", "insist", "verify", "rewrite")))

    @property
    def all(self) -> tuple[Prompt, ...]:
        """Every prompt, in a fixed order."""
        return (self.answer, self.insist, self.verify, self.rewrite)

    @property
    def version(self) -> str:
        """One string that changes when any of them does."""
        return "-".join(prompt.version[:6] for prompt in self.all)


@dataclass
class _Run:
    """What one question has gathered so far."""

    question: str
    where: SearchFilter
    began: float
    rewritten: str | None = None
    evidence: tuple[Evidence, ...] = ()
    retrieve_s: float = 0.0
    first_token_s: float | None = None
    usage: Usage = field(default_factory=Usage)
    notes: tuple[str, ...] = ()
    passages: list[RankedPassage] = field(default_factory=list)
    vector: list[float] = field(default_factory=list)
    dropped: list[Statement] = field(default_factory=list)

    @property
    def asked(self) -> str:
        """What is looked up and answered: independent of turns, free of instructions."""
        return strip_instructions(self.rewritten or self.question)


@dataclass
class _Attempt:
    """What one draft came to."""

    refusal_chance: float | None
    shown: list[Statement] = field(default_factory=list)
    contexts: dict[int, EvidenceContext] = field(default_factory=dict)
    numbering: dict[int, int] = field(default_factory=dict)
    """Numbers as printed, by number of the evidence."""

    def print_numbers(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Number the evidence in the order in which statements cite it."""
        for number in numbers:
            self.numbering.setdefault(number, len(self.numbering) + 1)
        return tuple(self.numbering[number] for number in numbers)


@dataclass(frozen=True, slots=True)
class AnswerChain:
    """Answers questions over an index with a chat model. Safe to use from several threads."""

    index: Index
    embeddings: EmbeddingModel
    chat: LoadedChatModel
    prompts: Prompts
    settings: Settings

    def stream(
        self, question: str, history: Sequence[Turn] = (), where: SearchFilter | None = None
    ) -> Iterator[Event]:
        """Yield `Retrieved`, `Token`s, `Verified` statements and, last, `Finished`.

        Raises:
            QuestionError: the question is empty or too long.
            IndexMissingError: the corpus has not been indexed with these settings.
            ModelServerError: the chat model failed.
        """
        question = self._checked(question)
        run = _Run(question, where or SearchFilter(), time.monotonic())
        try:
            yield from self._stream(run, history)
        except Exception as error:
            translated = translate_chat_error(error)
            if translated is None:
                raise
            raise translated from error

    def _stream(self, run: _Run, history: Sequence[Turn]) -> Iterator[Event]:
        if not run.asked:
            yield Retrieved(())
            yield self._finish_refused(run, "not_a_question")
            return
        self._rewrite(run, history)
        self._retrieve(run)
        yield Retrieved(run.evidence, run.rewritten)
        code = self._refuse_unread(run)
        if code:
            yield self._finish_refused(run, code)
            return

        attempt = yield from self._attempt(run, self.prompts.answer, ("supported", "partly"))
        if not attempt.shown and self.chat.embedded:
            # A small model refuses too readily, or takes the wrong one of a few sentences. It
            # reads more of them; what it says then has to be well supported.
            run.notes += ("The first draft gave nothing that is supported; a second one was read.",)
            run.evidence = self._select(run, self.settings.reread_sentences)
            yield Retrieved(run.evidence, run.rewritten)
            refused = attempt.refusal_chance
            attempt = yield from self._attempt(run, self.prompts.insist, ("supported",), refused)
        if not attempt.shown:
            yield self._finish_refused(run, "unsupported" if run.dropped else "not_stated")
            return
        citations = tuple(
            _cite(attempt.contexts[number], printed)
            for number, printed in attempt.numbering.items()
        )
        yield self._finish(run, tuple(attempt.shown), citations, None)

    def _attempt(
        self,
        run: _Run,
        prompt: Prompt,
        accepted: Sequence[Verdict],
        refusal_chance: float | None = None,
    ) -> Generator[Event, None, _Attempt]:
        """Draft from the run's evidence, link, verify; keep statements of an accepted verdict.

        `refusal_chance` is that of an earlier draft; where absent it is this draft's own.
        """
        draft = Draft()
        yield from self._draft(run, draft, prompt)
        if refusal_chance is None:
            refusal_chance = draft.refusal_chance
        attempt = _Attempt(refusal_chance)
        if is_refusal(draft.text):
            return attempt
        linked = link(draft.text, run.evidence)
        run.notes += linked.notes
        attempt.contexts |= {
            context.evidence.number: context
            for context in read_contexts(run.evidence, self.index.article)
        }
        chances = {"least_token": draft.least_chance}
        if refusal_chance is not None:
            chances["draft"] = 1 - refusal_chance
        for found in linked.statements:
            if is_refusal(found.text):
                continue
            cited = [attempt.contexts[number] for number in found.numbers]
            support = self._verify(run, found, cited, chances)
            if support.verdict in accepted:
                statement = Statement(found.text, attempt.print_numbers(found.numbers), support)
                attempt.shown.append(statement)
            else:
                statement = Statement(found.text, (), support)
                run.dropped.append(statement)
            yield Verified(statement)
        return attempt

    def _checked(self, question: str) -> str:
        question = question.strip()
        if not question:
            raise QuestionError("The question is empty.", hint="Ask something about the articles.")
        if len(question) > self.settings.question_chars:
            raise QuestionError(
                f"The question has {len(question)} characters, more than "
                f"{self.settings.question_chars}.",
                hint="Shorten it, or raise ASSISTANT_QUESTION_CHARS.",
            )
        return question

    def _rewrite(self, run: _Run, history: Sequence[Turn]) -> None:
        """Make the question independent; a last turn that has no answer is answered first."""
        if not history or not leans_on_history(run.question):
            return
        *earlier, last = history
        if not last.answer:
            for event in self.stream(last.question, earlier, run.where):
                if isinstance(event, Finished) and not event.answer.refusal:
                    last = Turn(last.question, event.answer.text)
        run.rewritten = rewrite(
            run.question, [*earlier, last], model=self.chat.model, prompt=self.prompts.rewrite
        )

    def _retrieve(self, run: _Run) -> None:
        began = time.monotonic()
        run.vector = self.embeddings.embed_query(run.asked)
        retriever = HybridRetriever(
            index=self.index,
            embeddings=self.embeddings,
            k=self.settings.retrieve_passages,
            where=run.where,
        )
        run.passages = retriever.search(run.asked, vector=run.vector)
        run.evidence = self._select(run, self.settings.evidence_sentences)
        run.retrieve_s = time.monotonic() - began

    def _select(self, run: _Run, sentences: int) -> tuple[Evidence, ...]:
        return select_evidence(
            run.asked,
            run.vector,
            run.passages,
            sentences=sentences,
            tokens=self.settings.evidence_tokens,
            count_tokens=self.embeddings.count_tokens,
        )

    def _refuse_unread(self, run: _Run) -> RefusalCode | None:
        """Decide without the chat model where the corpus clearly has nothing."""
        if not run.evidence:
            return "nothing_close" if self.index.articles() else "empty_corpus"
        if self.index.missing_terms(named_terms(run.asked)):
            return "missing_terms"
        closest = max(item.score for item in run.evidence)
        shared = max(question_share(run.asked, item.text) for item in run.evidence)
        if closest < self.settings.minimum_similarity and shared < _WORDS_SHARED:
            return "nothing_close"
        return None

    def _draft(self, run: _Run, draft: Draft, prompt: Prompt) -> Iterator[Event]:
        values = {"evidence": render_evidence(run.evidence), "question": one_line(run.asked)}
        chain = draft_chain(self.chat, prompt, tokens=self.settings.answer_tokens)
        for text in stream_draft(chain, values, draft):
            if run.first_token_s is None:
                run.first_token_s = time.monotonic() - run.began
            yield Token(text)
        run.usage = _sum_usage(run.usage, draft.usage)

    def _verify(
        self,
        run: _Run,
        found: LinkedStatement,
        cited: Sequence[EvidenceContext],
        chances: Mapping[str, float | None],
    ) -> Support:
        """Check a statement; `chances` are what the draft's own probabilities say, by name."""
        checks = check_statement(found.text, run.asked, cited)
        if not any(check.passed is False and check.name in GATES for check in checks):
            messages = self.prompts.verify.render(
                evidence=one_line(
                    " … ".join(f"{context.heading}. {context.close}" for context in cited)
                ),
                question=one_line(run.asked),
                statement=one_line(found.text),
            )
            chance, reply = ask_witness(witness_model(self.chat), messages)
            run.usage = add_usage(run.usage, reply)
            checks += (Check("model", chance >= 0.5, f"P(yes) {chance:.2f}", round(chance, 4)),)
            checks += tuple(
                Check(name, None, score=round(chance, 4))
                for name, chance in chances.items()
                if chance is not None
            )
        return judge(
            checks, threshold=self.settings.support_threshold, calibration=load_calibration()
        )

    def _finish_refused(self, run: _Run, code: RefusalCode) -> Finished:
        terms = named_terms(run.asked) if code == "missing_terms" else searched_terms(run.asked)
        refusal = build_refusal(
            code,
            missing=[as_written(term, run.asked) for term in self.index.missing_terms(terms)],
            evidence=run.evidence,
            where=run.where,
        )
        return self._finish(run, (), (), refusal)

    def _finish(
        self,
        run: _Run,
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
                prompt_version=self.prompts.version,
                index_digest=self.index.version(),
                dropped=tuple(run.dropped),
                notes=run.notes,
            )
        )


def _cite(context: EvidenceContext, printed: int) -> Citation:
    item = context.evidence
    return Citation(
        number=printed,
        article_id=item.article.article_id,
        title=item.article.title,
        source=item.article.source,
        published=item.article.published,
        start=item.start,
        end=item.end,
        quote=context.article.text[item.start : item.end],
    )


def _sum_usage(left: Usage, right: Usage) -> Usage:
    return replace(
        left,
        prompt_tokens=left.prompt_tokens + right.prompt_tokens,
        cached_tokens=left.cached_tokens + right.cached_tokens,
        completion_tokens=left.completion_tokens + right.completion_tokens,
    )
