"""The documents that a visitor may see, as the chat's library lists them: searched, sorted, and a page at a time.

The list is small beside the documents' text, and is kept until the index changes, so that a library of ten thousand
documents is read once and then scrolled through.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from documents.document import Source
from documents.errors import RefdeskError
from index.passage import Scope
from index.store import Store

MOST = 200  # documents of a page
MOST_CHOSEN = 1000  # documents that a question may be limited to
_KEPT = 16  # lists, each of what one scope sees


class ChoiceError(RefdeskError):
    """None of the documents that were chosen is there. The message is one line for the visitor."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the list: where it came from, its title ("": none) and how many pages it has (0: no pages)."""

    source: Source
    title: str
    pages: int

    @property
    def name(self) -> str:
        """The title, or the file's name."""
        return self.title or self.source.name

    @property
    def type(self) -> str:
        """The file's suffix without the dot; "" where it has none."""
        return PurePath(self.source.path).suffix.lower().removeprefix(".")

    def to_dict(self) -> dict[str, Any]:
        """The entry as the page gets it. It names no folder of the server."""
        source = self.source
        return {
            "document": source.document_id,
            "name": self.name,
            "file": source.name,
            "type": self.type,
            "pages": self.pages,
            "date": source.date,
            "version": source.version,
            "family": source.family,
            "collection": source.collection,
            "is_own": source.owner is not None,
        }


ORDERS: dict[str, Callable[[Entry], Any]] = {
    "title": lambda entry: entry.name.casefold(),
    "date": lambda entry: entry.source.date,
    "pages": lambda entry: entry.pages,
    "type": lambda entry: (entry.type, entry.name.casefold()),
    "family": lambda entry: (not entry.source.family, entry.source.family, entry.source.date),
}
_LATEST_FIRST = frozenset({"date", "pages"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the list: words that name, file and version hold, a type, an order, and a page of it."""

    words: str = ""
    type: str = ""
    order: str = "title"
    start: int = 0
    most: int = MOST


class Shelf:
    """Lists what ``store`` holds. Safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._entries = OrderedDict[tuple[str, Scope], list[Entry]]()
        self._lock = threading.Lock()

    def page(self, scope: Scope, wanted: Wanted) -> dict[str, Any]:
        """A page of the documents that ``scope`` may see, how many match, and how many there are of each type.

        Raises:
            StoreError: the index cannot be read.
        """
        entries = self._seen(scope)
        found = [entry for entry in entries if _matches(entry, wanted)]
        order = wanted.order if wanted.order in ORDERS else "title"
        found.sort(key=ORDERS[order], reverse=order in _LATEST_FIRST)
        return {
            "documents": [entry.to_dict() for entry in found[wanted.start : wanted.start + min(wanted.most, MOST)]],
            "found": len(found),
            "total": len({entry.source.document_id for entry in entries}),
            "types": dict(sorted(Counter(entry.type for entry in entries).items())),
        }

    def narrowed(self, scope: Scope, chosen: tuple[str, ...]) -> Scope:
        """``scope``, narrowed to the documents ``chosen``; without any, as it is.

        Raises:
            ChoiceError: ``scope`` may see none of them.
            StoreError: the index cannot be read.
        """
        if not chosen:
            return scope
        narrow = replace(scope, only=replace(scope.only, documents=chosen[:MOST_CHOSEN]))
        with self.store.snapshot() as snapshot:
            if not snapshot.sources(narrow):
                raise ChoiceError("The documents you chose are no longer here: choose others, or ask all.")
        return narrow

    def _seen(self, scope: Scope) -> list[Entry]:
        with self.store.snapshot() as snapshot:
            key = (snapshot.state, scope)
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
                    return self._entries[key]
            titles, pages = snapshot.titles(scope), snapshot.page_counts(scope)
            entries = [
                Entry(source, titles.get(source.document_id, ""), pages.get(source.document_id, 0))
                for source in snapshot.sources(scope)
            ]
        with self._lock:
            self._entries[key] = entries
            if len(self._entries) > _KEPT:
                self._entries.popitem(last=False)
        return entries


def _matches(entry: Entry, wanted: Wanted) -> bool:
    """Whether the entry is of the type and holds all the words."""
    if wanted.type and entry.type != wanted.type:
        return False
    held = f"{entry.name} {entry.source.name} {entry.source.version} {entry.source.collection}".casefold()
    return all(word in held for word in wanted.words.casefold().split())
