"""Errors as JSON: what happened, to what, and what to do. The shape is OpenAI's, with a hint."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from assistant import errors
from assistant.errors import AssistantError
from assistant.server.guard import is_below

_STATUS: dict[type[AssistantError], int] = {
    errors.ArticleNotFoundError: 404,
    errors.CorpusEmptyError: 409,
    errors.IndexLockedError: 409,
    errors.ReplicaError: 409,
    errors.SourceError: 422,
    errors.QuestionError: 422,
    errors.SettingsError: 503,  # the server's own, such as a damaged file of keys
    errors.UserError: 400,
    errors.ModelServerError: 502,
    errors.ModelError: 503,
    errors.IndexWriteError: 507,
    errors.SearchIndexError: 503,
    errors.CorpusStoreError: 503,
    errors.BusyError: 429,
    errors.ClosingError: 503,
    errors.AssistantError: 500,
}
_LOCKED_RETRY_S = 5
_CLOSING_RETRY_S = 10
API_PATHS = ("/v1", "/mcp", "/metrics", "/healthz", "/readyz", "/openapi.json")
"""The paths of the API; all below them are its as well."""


class ApiError(AssistantError):
    """A request that the API cannot serve. `type` is stable, `param` names the field at fault."""

    def __init__(
        self, status: int, kind: str, message: str, *, hint: str = "", param: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.kind = kind
        self.param = param


def error_body(error: AssistantError, request_id: str | None) -> dict[str, Any]:
    """Return the JSON of an error."""
    kind = error.kind if isinstance(error, ApiError) else _snake(type(error).__name__)
    return {
        "error": {
            "type": kind,
            "code": kind,
            "message": error.message,
            "hint": error.hint,
            "param": error.param if isinstance(error, ApiError) else None,
            "request_id": request_id,
        }
    }


def status_of(error: AssistantError) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, ApiError):
        return error.status
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def error_response(error: AssistantError, request_id: str | None) -> JSONResponse:
    """Return an error as a response."""
    headers = {}
    if isinstance(error, errors.BusyError):
        headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, errors.IndexLockedError):
        headers["Retry-After"] = str(_LOCKED_RETRY_S)
    elif isinstance(error, errors.ClosingError):
        headers["Retry-After"] = str(_CLOSING_RETRY_S)
    status = status_of(error)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(error_body(error, request_id), status_code=status, headers=headers)


def internal_error() -> ApiError:
    """Return the error that stands for one that nobody foresaw."""
    return ApiError(
        500,
        "internal_error",
        "The server failed in a way that it did not foresee.",
        hint="Look for the request id in its log, and please report it.",
    )


def request_id_of(request: Request) -> str | None:
    """Return the id that the request was given."""
    found = request.scope.get("state", {}).get("request_id")
    return found if isinstance(found, str) else None


def add_error_responses(app: FastAPI) -> None:
    """Let the app answer every error of the API as JSON; other routes keep their ways."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, AssistantError)
        return error_response(error, request_id_of(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # What was sent is not repeated: it may be a question, or a key.
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return error_response(
            ApiError(
                422,
                "invalid_request",
                f"{place}: {first['msg']}.",
                hint="See /openapi.json for the fields and their types.",
                param=place,
            ),
            request_id_of(request),
        )

    async def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not is_below(request.url.path, API_PATHS):
            return await http_exception_handler(request, error)
        hints = {
            404: "See /openapi.json for the paths.",
            405: "See /openapi.json for the methods of this path.",
        }
        response = error_response(
            ApiError(
                error.status_code,
                {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error"),
                f"{request.method} {request.url.path}: {error.detail}.",
                hint=hints.get(error.status_code, "See /openapi.json for what it takes."),
            ),
            request_id_of(request),
        )
        response.headers.update(error.headers or {})
        return response

    app.add_exception_handler(AssistantError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
