"""The tools ``search`` and ``fetch``, in the shapes that assistants with connectors require: one text, which is JSON.

What is found has an id that names its document and characters: ``sha256:…:812-1011``. Fetched, it comes with the text
around it; a document that is longer than a result should be is read on by the ids of the parts before and after.
"""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import Any, NamedTuple

from mcp_types import CallToolResult
from pydantic import Field

from documents.document import Document, Source
from index.passage import Passage, Scope
from index.store import Store
from qa.answer import Citation
from qa.assistant import checked
from qa.serving.api.app_state import once
from qa.serving.api.citing import Links
from qa.serving.api.mcp.marks import from_documents
from qa.serving.api.mcp.tool import Arguments, Caller, Tool, result_of
from qa.serving.api.problems import RequestError
from qa.serving.api.routes.search import found
from qa.serving.api.schemas import Model

MOST_FOUND = 10  # passages
MOST_CHARACTERS = 20_000  # of a document in one result: some 5,000 tokens of English
MISSING = "there is no document, or part of one, with that id: take ids from search, or from previous and next"
_ID = re.compile(r"(sha256:[0-9a-f]{64})(?::([0-9]{1,9})-([0-9]{1,9}))?")


class SearchArguments(Arguments):
    """What is searched for."""

    query: str = Field(description="What is searched for, in plain words; at most 2,000 characters.")


class Found(Model):
    """A passage that was found."""

    id: str = Field(description="What fetch takes.")
    title: str
    url: str = Field(description="Shows the passage in its document.")


class SearchResults(Model):
    """The passages that a search found, best first."""

    results: list[Found]


class FetchArguments(Arguments):
    """What is fetched."""

    id: str = Field(description="Of a result of search, or sha256:… of a citation for the beginning of its document.")


class Fetched(Model):
    """The text of a document, or of a part of it."""

    id: str
    title: str
    text: str = Field(description="Between marks, each on a line of its own.")
    url: str
    metadata: dict[str, str] = Field(
        description=(
            "document, source, collection, date, page, section; start, end: the characters of the document that text "
            "holds, of so many characters; previous, next: ids of the parts before and after, where there are any."
        )
    )


class Part(NamedTuple):
    """The characters ``start`` to ``end`` of a document, by its id."""

    document: str
    start: int
    end: int

    @property
    def id(self) -> str:
        return f"{self.document}:{self.start}-{self.end}"


async def _search(caller: Caller, arguments: SearchArguments) -> CallToolResult:
    caller.note("search", arguments.query)
    query = checked(arguments.query)
    finding = once(partial(found, caller.state.index, query, caller.asker.scope, MOST_FOUND))
    passages = await caller.state.work(caller.asker, finding).last()
    return result_of({"results": [_shown(passage, caller.links) for passage in passages]})


def _shown(passage: Passage, links: Links) -> dict[str, Any]:
    whole = Citation(1, passage, passage.chunk.start, passage.chunk.end)
    title, page, section = whole.place.values()
    place = [title, f"page {page}" if page is not None else None, section if section != title else None]
    return {"id": Part(*whole.where).id, "title": ", ".join(map(str, filter(None, place))), "url": links.of(whole)}


async def _fetch(caller: Caller, arguments: FetchArguments) -> CallToolResult:
    match = _ID.fullmatch(arguments.id)
    if match is None:
        raise RequestError(MISSING, 404)
    part = Part(match[1], int(match[2] or 0), int(match[3] or 0))
    reading = partial(_read, caller.state.index.store, caller.asker.scope, part)
    document, source = await asyncio.to_thread(reading)
    first, last = _around(part, len(document.text))
    return result_of(
        {
            "id": arguments.id,
            "title": document.title or source.name,
            "text": from_documents(document.text[first:last]),
            "url": caller.links.quote(*part),
            "metadata": _metadata(document, source, part.start, Part(document.id, first, last)),
        }
    )


def _read(store: Store, scope: Scope, part: Part) -> tuple[Document, Source]:
    """The document, and the first of its sources that ``scope`` may see."""
    with store.snapshot(scope) as snapshot:
        sources = snapshot.sources(scope, part.document)
        document = snapshot.document(part.document) if sources else None
    if document is None or not part.start <= part.end <= len(document.text):
        raise RequestError(MISSING, 404)
    return document, sources[0]


def _around(part: Part, length: int) -> tuple[int, int]:
    """The characters that are shown of a text of ``length``: the part in their middle, or its beginning."""
    size = min(MOST_CHARACTERS, length)
    before = max(0, size - (part.end - part.start)) // 2
    first = max(0, min(part.start - before, length - size))
    return first, first + size


def _metadata(document: Document, source: Source, place: int, shown: Part) -> dict[str, str]:
    """What is known of the shown part, as text; page and section are those of ``place``."""
    path, length = document.section_path(place), len(document.text)
    before = Part(document.id, max(0, shown.start - MOST_CHARACTERS), shown.start)
    after = Part(document.id, shown.end, min(length, shown.end + MOST_CHARACTERS))
    known = {
        "document": document.id,
        "source": source.path,
        "collection": source.collection,
        "date": source.date or None,
        "page": document.page_at(place),
        "section": path[-1] if path else None,
        "start": shown.start,
        "end": shown.end,
        "characters": length,
        "previous": before.id if shown.start else None,
        "next": after.id if shown.end < length else None,
    }
    return {name: str(value) for name, value in known.items() if value is not None}


SEARCH = Tool(
    "search",
    "Search the documents",
    f"Find up to {MOST_FOUND} passages of the documents, best first: by meaning and by words. fetch gives their text.",
    SearchArguments,
    SearchResults,
    _search,
)
FETCH = Tool(
    "fetch",
    "Read a document",
    f"Read a passage with the text around it: all of its document, or {MOST_CHARACTERS:,} characters of a longer one. "
    "Cite what you take from it by its url.",
    FetchArguments,
    Fetched,
    _fetch,
)
