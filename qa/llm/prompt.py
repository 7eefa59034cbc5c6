"""Prompts are data: ``prompts/NAME.txt`` has the system message and, after a line ``---``, the user message.

They are Jinja templates. Text that is filled in is never read as one. A prompt's version is the digest of its text, so
that an answer records which prompt it was written with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from qa.llm.base import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """The templates of a prompt's two messages; ``fingerprint`` has its name and version."""

    system: Template
    user: Template
    fingerprint: str

    def messages(self, **fields: str) -> list[Message]:
        """The system and the user message, filled in.

        Raises:
            jinja2.UndefinedError: a field of the prompt is missing.
        """
        return [
            Message("system", self.system.render(fields).strip()),
            Message("user", self.user.render(fields).strip()),
        ]


@cache
def load_prompt(name: str) -> Prompt:
    """The shipped prompt of this name."""
    text = (files("qa.llm") / "prompts" / f"{name}.txt").read_text("utf-8")
    system, _, user = text.partition("\n---\n")
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    templates = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return Prompt(templates.from_string(system), templates.from_string(user), f"{name}@{version}")
