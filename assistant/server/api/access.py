"""Who may do what: bearer keys with scopes, and what a foreign web page may not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers

from assistant.server.api.errors import ApiError
from assistant.server.guard import is_foreign
from assistant.server.keys import Key, KeyStore, Scope

_bearer = HTTPBearer(
    auto_error=False,
    description="A key from `assistant keys create`. Needed as soon as one was created.",
)


def check_access(
    keys: KeyStore, scope: Scope, headers: Headers, *, keys_required: bool
) -> Key | None:
    """Return the key of a request; None where none is needed and none was given.

    Raises:
        ApiError: no key, an unknown or revoked one, one without the scope, or a foreign page.
    """
    kind, _, given = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and (keys.required() or keys_required):
        key = keys.find(given.strip())
        if key is None:
            raise ApiError(
                401,
                "unknown_key",
                "This key is unknown or revoked.",
                hint="Create one with `assistant keys create`.",
            )
        if scope not in key.scopes:
            raise ApiError(
                403,
                "missing_scope",
                f"The key {key.id} lacks the scope {scope!r}.",
                hint=f"Create one with `assistant keys create --scope {scope}`.",
            )
        return key
    if keys.required() or keys_required:
        raise ApiError(
            401,
            "missing_key",
            "This server needs a key.",
            hint="Send `Authorization: Bearer KEY`; `assistant keys create` makes one.",
        )
    _refuse_foreign_page(headers)
    return None


def _refuse_foreign_page(headers: Headers) -> None:
    # Without keys, any page that the user has open could send a form to a loopback address.
    origin = headers.get("origin")
    if origin is not None and is_foreign(origin, headers.get("host", "")):
        raise ApiError(
            403,
            "foreign_origin",
            "A page of another site may not use this server without a key.",
            hint="Create a key with `assistant keys create` and send it.",
        )


def require(scope: Scope) -> Callable[..., Key | None]:
    """Return a dependency that lets a request pass only with this scope."""

    def check(
        request: Request,
        _given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Key | None:
        from assistant.server.api.middleware import bind_key
        from assistant.server.api.state import api_of

        api = api_of(request)
        key = check_access(
            api.keys, scope, request.headers, keys_required=api.options.keys_required
        )
        bind_key(request, key.id if key else None)
        return key

    return check
