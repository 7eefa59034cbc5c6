"""The documents that a visitor may see, as the chat's library lists them: searched, sorted, and a page at a time.

The list is small beside the documents' text, and is kept until the index changes, so that a library of ten thousand
documents is read once and then scrolled through.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from documents.document import Source
from documents.errors import RefdeskError
from index.catalogue import page_counts, titles_of
from index.near_duplicates import near_duplicates
from index.passage import Scope
from index.recent import Recent
from index.snapshot import Snapshot
from index.store import Store

MOST = 200  # documents of a page
MOST_CHOSEN = 1000  # documents that a question may be limited to
GONE = "The documents you chose are no longer here: choose others, or ask all."
_KEPT = 16  # lists, each of what one scope sees


class ChoiceError(RefdeskError):
    """None of the documents that were chosen is there. The message is one line for the visitor."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of the list: where it came from, its title ("": none) and how many pages it has (0: no pages).

    ``same`` and ``near`` name the file of another one of the same text, and of nearly the same ("": there is none).
    """

    source: Source
    title: str
    pages: int
    is_version: bool = False  # one of several of its family
    same: str = ""
    near: str = ""

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
            "family": source.family if self.is_version else "",
            "same": self.same,
            "near": self.near,
            "collection": source.collection,
            "is_own": source.owner is not None,
        }


ORDERS: dict[str, Callable[[Entry], Any]] = {
    "title": lambda entry: entry.name.casefold(),
    "date": lambda entry: entry.source.date,
    "pages": lambda entry: entry.pages,
    "type": lambda entry: (entry.type, entry.name.casefold()),
    "family": lambda entry: (not entry.is_version, entry.source.family, entry.source.date),
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


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a scope sees of one state of the index."""

    entries: list[Entry]
    total: int  # documents
    types: dict[str, int]
    state: str  # the same while what is seen stays as it is


class Shelf:
    """Lists what ``store`` holds. Threads may share it. Every method raises StoreError where it cannot be read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen = Recent[tuple[str, Scope], _Seen](_KEPT)
        self._found = Recent[tuple[str, Scope, Wanted], list[Entry]](_KEPT)

    def page(self, scope: Scope, wanted: Wanted, *, with_paths: bool = False) -> dict[str, Any]:
        """A page of the documents that ``scope`` may see, how many match, and how many there are of each type.

        ``state`` tells whether what it may see has changed since another page was read.

        Each has the ``path`` of its source, for who may change it, which ``with_paths`` says; else "". Whoever brought
        a document may.
        """
        with self.store.snapshot(scope) as snapshot:
            key = (snapshot.state, scope)
            seen = self._seen.get(key, lambda: _seen_of(snapshot, scope))
        whole = replace(wanted, start=0, most=MOST)  # the list that the page is of
        found = self._found.get((*key, whole), lambda: _found_in(seen.entries, wanted))
        shown = found[wanted.start : wanted.start + min(wanted.most, MOST)]
        rows = [{**entry.to_dict(), "path": entry.source.path} for entry in shown]
        return {
            "documents": [row if with_paths or row["is_own"] else {**row, "path": ""} for row in rows],
            "found": len(found),
            "total": seen.total,
            "types": seen.types,
            "state": seen.state,
        }

    def first(self, scope: Scope, chosen: Collection[str], most: int) -> list[Entry]:
        """At most so many documents that ``scope`` may see: those ``chosen``, then the visitor's own, then others."""
        with self.store.snapshot(scope) as snapshot:
            seen = self._seen.get((snapshot.state, scope), lambda: _seen_of(snapshot, scope))
        by_id = {entry.source.document_id: entry for entry in reversed(seen.entries)}
        own_first = sorted(by_id.items(), key=lambda item: (item[0] not in chosen, item[1].source.owner is None))
        return [entry for _, entry in own_first[:most]]

    def narrowed(self, scope: Scope, chosen: tuple[str, ...]) -> Scope:
        """``scope``, narrowed to the documents ``chosen``; without any, as it is.

        Raises:
            ChoiceError: ``scope`` may see none of them.
        """
        if not chosen:
            return scope
        narrow = replace(scope, only=replace(scope.only, documents=chosen[:MOST_CHOSEN]))
        with self.store.snapshot(scope) as snapshot:
            if not snapshot.sources(narrow):
                raise ChoiceError(GONE)
        return narrow


def _seen_of(snapshot: Snapshot, scope: Scope) -> _Seen:
    titles, pages, sources = titles_of(snapshot, scope), page_counts(snapshot, scope), snapshot.sources(scope)
    members = Counter((source.collection, source.family) for source in sources)
    near, files = near_duplicates(snapshot, scope), defaultdict[str, list[Source]](list)
    for source in sources:
        files[source.document_id].append(source)
    entries = [
        Entry(
            source,
            titles.get(source.document_id, ""),
            pages.get(source.document_id, 0),
            bool(source.family) and members[source.collection, source.family] > 1,
            next((own.name for own in files[source.document_id] if own is not source), ""),
            next((files[other][0].name for other in near.get(source.document_id, ())), ""),
        )
        for source in sources
    ]
    types = Counter(entry.type for entry in entries)
    total = len({entry.source.document_id for entry in entries})
    listed = json.dumps([(entry.source.path, entry.to_dict()) for entry in entries])
    return _Seen(entries, total, dict(sorted(types.items())), hashlib.sha256(listed.encode()).hexdigest())


def _found_in(entries: list[Entry], wanted: Wanted) -> list[Entry]:
    order = wanted.order if wanted.order in ORDERS else "title"
    found = [entry for entry in entries if _matches(entry, wanted)]
    return sorted(found, key=ORDERS[order], reverse=order in _LATEST_FIRST)


def _matches(entry: Entry, wanted: Wanted) -> bool:
    """Whether the entry is of the type and holds all the words."""
    if wanted.type and entry.type != wanted.type:
        return False
    held = f"{entry.name} {entry.source.name} {entry.source.version} {entry.source.collection}".casefold()
    return all(word in held for word in wanted.words.casefold().split())
