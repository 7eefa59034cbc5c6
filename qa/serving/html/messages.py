"""What the chat says, in each language: ``messages/LANGUAGE.json`` holds the words of one, by key.

The page gets all of them; what the server itself says comes from them, too. A key that a language lacks is said in
English. ``{name}`` stands for a value, and "one|many" are two forms, of which a count decides. What other parts of the
program say in English (notices, reasons, refusals of files) has a key "told-…", and is known again by its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

ENGLISH = "en"
LANGUAGE = "x-refdesk-language"  # the header with the page's own


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

    def translated(self, text: str) -> str:
        """What the program says in English, in this language, or line by line; any other text as it is."""
        if self.language == ENGLISH:
            return text
        for key, pattern in _sayings():
            if found := pattern.fullmatch(text):
                return self(key, None, **{name: self.translated(value) for name, value in found.groupdict().items()})
        return "\n".join(map(self.translated, text.split("\n"))) if "\n" in text else text


@cache
def all_messages() -> dict[str, dict[str, str]]:
    """The messages of every language, by its code."""
    files = (resources.files("qa.serving.html") / "messages").iterdir()
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in files}


def messages_of_page() -> dict[str, dict[str, str]]:
    """The messages of every language that the page's own scripts say."""
    return {
        language: {key: text for key, text in own.items() if not key.startswith("told-")}
        for language, own in all_messages().items()
    }


def words_for(headers: Mapping[str, str]) -> Words:
    """The words for a request: in the language of the page that sent it, else the first that the browser asks for."""
    wanted = [headers.get(LANGUAGE, ""), *headers.get("accept-language", "")[:200].split(",")]
    codes = (re.split("[-;]", own.strip().lower())[0] for own in wanted)
    return words_of(next((code for code in codes if code in all_messages()), ENGLISH))


def words_of(language: str = ENGLISH) -> Words:
    """The words of the language; English where there are none of it."""
    return _words_of(language if language in all_messages() else ENGLISH)


@cache
def _sayings() -> list[tuple[str, re.Pattern[str]]]:
    """The keys of what other parts of the program say, and what it looks like: first those without values."""
    known = [(key, text) for key, text in all_messages()[ENGLISH].items() if key.startswith("told-") or "{" not in text]
    patterns = [(key, re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(text))) for key, text in known]
    return [(key, re.compile(pattern)) for key, pattern in sorted(patterns, key=lambda own: "(?P" in own[1])]


@cache
def _words_of(language: str) -> Words:
    found = all_messages()
    return Words(language, {**found[ENGLISH], **found[language]})
