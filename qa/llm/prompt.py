"""Prompts are data: ``prompts/NAME.txt`` holds the system's text and, after a line ``---``, the user's.

A ``$name`` is filled in (``string.Template``); what is filled in is never searched for names again. A prompt's version
is the digest of its text, so that an answer tells which one it was written with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from qa.llm.base import Message


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt by name; ``fingerprint`` tells name and version."""

    system: Template
    user: Template
    fingerprint: str

    def messages(self, **fields: str) -> list[Message]:
        """The system's and the user's message.

        Raises:
            KeyError: a field of the prompt is missing.
        """
        return [
            Message("system", self.system.substitute(fields).strip()),
            Message("user", self.user.substitute(fields).strip()),
        ]


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt ``name``."""
    text = (files("qa.llm") / "prompts" / f"{name}.txt").read_text("utf-8")
    system, _, user = text.partition("\n---\n")
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Prompt(Template(system), Template(user), f"{name}@{version}")
