"""From a setting to a tracing. OpenTelemetry is imported only if it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import ExtraMissingError

if TYPE_CHECKING:
    from assistant.settings import Settings
    from assistant.tracing.recording import Tracing


def open_tracing(settings: Settings) -> Tracing | None:
    """Return what sends spans to the collector of the settings; None where there is none.

    Nothing is connected before there is a span to send.

    Raises:
        ExtraMissingError: the exporter of OpenTelemetry is not installed.
    """
    if settings.trace_to is None:
        return None
    try:
        from assistant.tracing.recording import Tracing, sending_to
    except ImportError as error:
        raise ExtraMissingError("What sends traces (OpenTelemetry)", "tracing") from error
    return Tracing(sending_to(settings.trace_to))
