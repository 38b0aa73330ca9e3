"""What the routes of the API share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

from assistant.admission import Admission
from assistant.server.answering import AnswerService
from assistant.server.keys import KeyStore
from assistant.server.metrics import Metrics

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the API serves."""

    keys_file: Path
    keys_required: bool = False
    """Whether a key is needed even if none was created yet."""

    answers_at_once: int = 2
    waiting: int = 16
    log_questions: bool = False
    source_list: bool = True
    """Whether chat completions end with a list of sources."""

    @classmethod
    def of(cls, settings: Settings, *, keys_required: bool = False) -> ApiOptions:
        """Take the options from settings."""
        return cls(
            keys_file=settings.keys_path,
            keys_required=keys_required,
            answers_at_once=settings.answers_at_once,
            waiting=settings.answers_waiting,
            log_questions=settings.log_questions,
            source_list=settings.source_list,
        )


@dataclass
class Api:
    """The assistant with its queue, keys and counters."""

    assistant: Assistant
    options: ApiOptions
    keys: KeyStore
    admission: Admission
    metrics: Metrics
    answers: AnswerService

    @classmethod
    def of(cls, assistant: Assistant, options: ApiOptions) -> Api:
        """Put the parts together."""
        admission = Admission(at_once=options.answers_at_once, waiting=options.waiting)
        metrics = Metrics(
            running=lambda: admission.running,
            waiting=lambda: admission.waiting,
            following=assistant.following,
        )
        return cls(
            assistant,
            options,
            KeyStore(options.keys_file),
            admission,
            metrics,
            AnswerService(assistant, admission, metrics, log_questions=options.log_questions),
        )


def api_of(request: Request) -> Api:
    """Return what the app of a request shares."""
    found = request.app.state.api
    assert isinstance(found, Api)
    return found
