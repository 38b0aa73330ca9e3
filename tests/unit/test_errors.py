"""The error tree."""

from __future__ import annotations

import re

import pytest

from assistant import errors


def classes() -> list[type[errors.AssistantError]]:
    found = [errors.AssistantError]
    for known in found:
        found += [sub for sub in known.__subclasses__() if sub.__module__ == errors.__name__]
    return found


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_the_docstring_draws_the_class_with_its_exit_code(
    kind: type[errors.AssistantError],
) -> None:
    drawn = re.search(rf"\b{kind.__name__}\s+exit (\d+)", errors.__doc__ or "")
    assert drawn is not None
    assert int(drawn.group(1)) == kind.exit_code


def test_an_error_reads_as_what_happened_and_what_to_do() -> None:
    error = errors.SourceError("a.pdf is encrypted.", hint="Remove its password.")
    assert str(error) == "a.pdf is encrypted. Remove its password."
    assert (error.message, error.hint) == ("a.pdf is encrypted.", "Remove its password.")


def test_no_exit_code_says_success() -> None:
    assert all(kind.exit_code > 0 for kind in classes())
