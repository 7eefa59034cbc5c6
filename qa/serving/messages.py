"""What the chat says, in each language: ``messages/LANGUAGE.json`` holds the words of one, by key.

The page gets all of them; what the server itself says of an answer comes from them, too. A key that a language lacks is
said in English. ``{name}`` stands for a value, and "one|many" are two forms, of which a count decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: str
    by_key: Mapping[str, str]

    def __call__(self, key: str, count: int | None = None, **values: object) -> str:
        """What is said for ``key``, with the values in it; with ``count``, in the form for so many."""
        one, _, many = self.by_key[key].partition("|")
        template = many if many and count != 1 else one
        given = values if count is None else {"count": f"{count:,}", **values}
        return re.sub(r"\{(\w+)\}", lambda found: str(given.get(found[1], found[0])), template)

    def told(self, text: str) -> str:
        """A fixed English sentence in this language; any other text as it is."""
        key = next((key for key, own in all_messages()[ENGLISH].items() if own == text), None)
        return self.by_key[key] if key else text


@cache
def all_messages() -> dict[str, dict[str, str]]:
    """The messages of every language, by its code."""
    files = (resources.files("qa.serving") / "messages").iterdir()
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in files}


def words_of(language: str = ENGLISH) -> Words:
    """The words of the language; English where there are none of it."""
    return _words_of(language if language in all_messages() else ENGLISH)


@cache
def _words_of(language: str) -> Words:
    found = all_messages()
    return Words(language, {**found[ENGLISH], **found[language]})
