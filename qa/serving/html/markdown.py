"""Text in Markdown as no more than text: no link, picture, heading or HTML of it comes to life where it is rendered."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MEANING = re.compile(r"[\\`*_<>#|~&\[]")  # what Markdown or HTML would take for more than text
_ESCAPED = re.compile(rf"\\({_MEANING.pattern})")


def escaped(text: str) -> str:
    """``text`` for Markdown, which shows it as it is."""
    return _MEANING.sub(r"\\\g<0>", text)


def marks(numbers: Sequence[int]) -> str:
    """The [n] of citations, which are no text of a document."""
    return "".join(f"[{number}]" for number in numbers)


def unescaped(markdown: str) -> str:
    """The text that was ``escaped``."""
    return _ESCAPED.sub(r"\1", markdown)
