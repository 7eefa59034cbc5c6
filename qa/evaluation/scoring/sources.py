"""What other products name as their sources -> citations of the dataset's documents.

A source is a mapping: ``names``, what the document may be called there (a path, a file's name, a title, an id), and
``text``, the passage that was found in it, or its ``start`` and ``end``; each may be missing. The document is the one
of that name or, without any, one that holds the text. Where the text stands is found without regard to white space;
what is not found stays as it was given, and counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import PurePath
from typing import Any, NamedTuple

from documents.document import Document
from documents.normalise import normalise
from qa.evaluation.datasets.offsets import place_of

MARKER = re.compile(r"\s*\[(\d{1,3})\]")
UNKNOWN = "unknown"  # the name of a source that has none


class Sourced(NamedTuple):
    """Citations, and the names of the documents that were found, best first."""

    citations: list[dict[str, Any]]
    retrieved: list[str]


def sourced(text: str, sources: Sequence[object], documents: Mapping[str, Document]) -> Sourced:
    """The sources as citations, where a marker of the text ([2]) refers to one of them; else nothing is cited."""
    found = [located(source if isinstance(source, Mapping) else {}, documents) for source in sources]
    cited = found if marks(text, len(found)) else []
    return Sourced(cited, list(dict.fromkeys(source["document"] for source in found)))


def marks(text: str, sources: int) -> bool:
    """Whether a marker of the text ([2]) refers to one of so many sources."""
    return any(1 <= int(number) <= sources for number in MARKER.findall(text))


def located(source: Mapping[str, Any], documents: Mapping[str, Document]) -> dict[str, Any]:
    """The source as a citation."""
    names = [name for name in source.get("names", ()) if isinstance(name, str) and name]
    given = source.get("text")
    text = normalise(given).strip() if isinstance(given, str) else ""
    named = next((name for called in names if (name := _named(called, documents))), None)
    start, end = source.get("start"), source.get("end")
    if named and isinstance(start, int) and isinstance(end, int):
        return {"document": named, "start": start, "end": end}
    for name in [named] if named else documents if text else ():
        place = place_of(text, documents[name].text) if text else (0, len(documents[name].text))
        if place:
            return {"document": name, "start": place[0], "end": place[1]}
    name = named or next(iter(names), UNKNOWN)
    return {"document": name, "start": 0, "end": len(text), "quote": text}


def _named(called: str, documents: Mapping[str, Document]) -> str | None:
    """The document that is called so: by its name or id, the longest end of its path, or its title."""
    if called in documents:
        return called
    parts = PurePath(called.replace("\\", "/")).parts
    fits: tuple[Callable[[str, Document], int], ...] = (
        lambda _, document: document.id == called,
        lambda name, _: _shared(PurePath(name).parts, parts),
        lambda _, document: document.title == called,
    )
    for one in fits:
        found = {name: one(name, document) for name, document in documents.items()}
        best = max(found, key=found.__getitem__, default=None)
        if best is not None and found[best]:
            return best
    return None


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """How many parts the two paths end in alike."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(reversed(first), reversed(second), strict=False))))


def renumbered(text: str, numbers: Mapping[str, Iterable[int]], pattern: re.Pattern[str]) -> str:
    """The text with each marker that ``pattern`` finds in the form [n]; its group 1 is a key of ``numbers``.

    A marker of no source is left out.
    """
    return pattern.sub(lambda found: "".join(f"[{number}]" for number in numbers.get(found[1], ())), text)
