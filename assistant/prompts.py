"""Prompts on disk: prose that is checked when loaded and whose version travels with answers.

A prompt is a folder `prompts/<name>/` with `system.md`, `human.md` and `examples.toml`.
`$name` marks a variable; everything else, braces included, is text.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from string import Template

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from assistant.bundled import bundled_path
from assistant.errors import PromptError

_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A system text, worked examples as pairs of turns, and a template for the question."""

    name: str
    version: str
    system: str
    human: str
    examples: tuple[tuple[str, str], ...]
    variables: frozenset[str]

    def prefix(self) -> list[BaseMessage]:
        """Return the messages that never change: system text and worked examples."""
        messages: list[BaseMessage] = [SystemMessage(self.system)]
        for question, answer in self.examples:
            messages += [HumanMessage(question), AIMessage(answer)]
        return messages

    def render(self, **values: str) -> list[BaseMessage]:
        """Return the whole conversation up to the question.

        Raises:
            PromptError: `values` are not exactly the declared variables.
        """
        if values.keys() != self.variables:
            raise PromptError(
                f"The prompt {self.name!r} needs {sorted(self.variables)}, "
                f"it was given {sorted(values)}.",
                hint="Fill each variable once.",
            )
        return [*self.prefix(), HumanMessage(Template(self.human).substitute(values))]


def load_prompt(name: str, *, folder: Path | None = None) -> Prompt:
    """Read and check the prompt `name`.

    Raises:
        PromptError: a file is missing or malformed, or an example lacks a variable.
    """
    home = (folder if folder is not None else bundled_path("prompts")) / name
    try:
        system = (home / "system.md").read_text(encoding="utf-8").strip()
        human = (home / "human.md").read_text(encoding="utf-8").strip()
        examples_text = (home / "examples.toml").read_text(encoding="utf-8")
        examples = tomllib.loads(examples_text).get("example", [])
    except OSError as error:
        raise PromptError(
            f"The prompt {name!r} lacks {error.filename}.",
            hint="A prompt is a folder with system.md, human.md and examples.toml.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise PromptError(
            f"{home / 'examples.toml'} is not TOML: {error}.", hint="Mend the line it names."
        ) from error
    template = Template(human)
    if not template.is_valid():
        raise PromptError(
            f"{home / 'human.md'} has a stray dollar sign.", hint="Write $$ for a plain one."
        )
    variables = frozenset(template.get_identifiers())
    pairs = []
    for number, example in enumerate(examples, start=1):
        values = {key: str(value).strip() for key, value in example.items()}
        answer = values.pop(_ANSWER, None)
        if answer is None or values.keys() != variables:
            raise PromptError(
                f"Example {number} of the prompt {name!r} has {sorted(example)}.",
                hint=f"It needs {sorted(variables | {_ANSWER})}.",
            )
        pairs.append((template.substitute(values), answer))
    version = hashlib.sha256(f"{system}\0{human}\0{examples_text}".encode()).hexdigest()[:12]
    return Prompt(name, version, system, human, tuple(pairs), variables)


_WHITE_SPACE = re.compile(r"\s+")
_TURN_MARK = re.compile(r"<(?=[|｜])")


def one_line(text: str) -> str:
    """Make a text harmless in a prompt.

    White space is folded, so that it cannot pretend to be another line, and marks such as
    `<|im_end|>` are broken, so that it cannot close its turn of the chat.
    """
    return _WHITE_SPACE.sub(" ", _TURN_MARK.sub("< ", text)).strip()
