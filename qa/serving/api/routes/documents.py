"""``/api/v1/documents`` and ``/api/v1/collections``: what there is and, unless --public, changes to it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from documents.document import Document, Source
from index.catalogue import catalogue, rows_of
from index.report import Report
from index.store import Store
from qa.serving.access.asker import Asker
from qa.serving.api.app_state import AppState, CurrentAsker, CurrentState
from qa.serving.api.library import Library
from qa.serving.api.narrowing import collections, narrowed
from qa.serving.api.problems import DOCUMENTED, RequestError, documented
from qa.serving.api.schemas import Changed, Collections, Documents, Narrowing, Original
from qa.serving.api.schemas import Document as DocumentSchema
from qa.serving.http.paths import REST
from qa.serving.uploads.receive import receive, size_of

PATH = "/documents"
_BODY = {"schema": {"type": "string", "format": "binary", "description": "The file's bytes."}}
READ_ONLY = "the documents cannot be changed here: the desk is open to the public (--public), or its index is read-only"

router = APIRouter(prefix=REST, tags=["documents"], responses=DOCUMENTED)
changes = APIRouter(tags=["documents"], responses=DOCUMENTED)  # of documents that are there: the chat's, too

DocumentId = Annotated[str, Path(description="sha256:…, as in citations", max_length=100)]
CollectionOf = Annotated[str | None, Query(min_length=1, max_length=100, description="Only this collection.")]
PathOf = Annotated[str | None, Query(max_length=4096, description="Only this path.")]


def _library_of(state: CurrentState) -> Library:
    if state.library is None:
        raise RequestError(READ_ONLY, 403)
    return state.library


OpenLibrary = Annotated[Library, Depends(_library_of)]
CHANGING = documented(
    {403: f"Whoever asks does not have that right; or {READ_ONLY}.", 409: "There is no file to read."}
)
ADDING = CHANGING | documented(
    {
        408: "It came too slowly.",
        411: "Its size is not given.",
        415: "Files of that format cannot be read.",
        507: "The server cannot keep files just now.",
    }
)


@router.get("/collections", response_model=Collections)
def list_collections(state: CurrentState, asker: CurrentAsker) -> dict[str, Any]:
    """The collections and how many sources each has."""
    with state.index.store.snapshot(asker.scope) as snapshot:
        found = collections(snapshot, asker.scope)
    return {"collections": [{"name": name, "sources": count} for name, count in found.items()]}


@router.get(PATH, response_model=Documents)
def list_documents(
    state: CurrentState,
    asker: CurrentAsker,
    collection: CollectionOf = None,
    source: Annotated[str | None, Query(max_length=500, description="Only paths that match: report*.pdf")] = None,
    type: Annotated[str | None, Query(max_length=100, description="Only names that end so: pdf")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> dict[str, Any]:
    """The sources, by path."""
    narrowing = Narrowing(collection=collection, source=source, type=type)
    scope = narrowed(state.index.store, asker.scope, narrowing)
    with state.index.store.snapshot(scope) as snapshot:
        return {"documents": catalogue(snapshot, scope, offset, limit), "total": len(snapshot.sources(scope))}


@router.get(PATH + "/{document}", response_model=DocumentSchema)
def one_document(document: DocumentId, state: CurrentState, asker: CurrentAsker) -> dict[str, Any]:
    """A document: its text, which all offsets count, its structure and its sources."""
    with state.index.store.snapshot(asker.scope) as snapshot:
        sources = snapshot.sources(asker.scope, document)
        found = snapshot.document(document) if sources else None
        if found is None:
            raise RequestError("there is no such document", 404)
        return _shown(found, rows_of(snapshot, sources, asker.scope))


@router.get(PATH + "/{document}/original", response_model=Original)
async def original(
    request: Request,
    document: DocumentId,
    start: Annotated[int, Query(ge=0, le=10**9)],
    end: Annotated[int, Query(ge=1, le=10**9)],
    state: CurrentState,
    asker: CurrentAsker,
) -> dict[str, Any]:
    """The original of a quotation: the page's image with the words boxed, or a link that opens a web page there."""
    place = (document, start, end, asker.scope, asker.address)
    loop = asyncio.get_running_loop()
    shown = await loop.run_in_executor(state.originals.threads, state.originals.show, *place)
    if shown["link"] and shown["link"].startswith("original?"):  # as the chat's page follows it
        shown["link"] = f"{request.base_url}evidence/{shown['link']}"
    return shown


@router.post(
    PATH,
    status_code=201,
    responses=ADDING,
    response_model=Changed,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": _BODY}}},
)
async def add(
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=1000, description="The file's name, with its suffix.")],
    state: CurrentState,
    library: OpenLibrary,
    asker: CurrentAsker,
    collection: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$")] = "default",
) -> dict[str, Any]:
    """Add a file, which is the request's body. One of the same name and collection is replaced.

    The file is kept below the index. The response comes when it is indexed.
    """
    if collection not in asker.collections:
        raise RequestError(f"you may not add to collection {collection!r}", 403)
    size = size_of(request)
    path = await asyncio.to_thread(library.begin, name, size)
    try:
        await receive(request, path, size, lambda _: None)
        report, kept = await asyncio.to_thread(library.add, path, collection)
    finally:
        await asyncio.to_thread(library.release, path)
    if report.failed and not (report.added or report.changed or report.unchanged):
        reason = next(iter(report.failed.values()))
        raise RequestError(reason.replace(str(kept), kept.name), 422)
    return await asyncio.to_thread(_changed, state.index.store, report, asker)


@changes.delete(PATH + "/{document}", responses=CHANGING, response_model=Changed)
def delete(
    document: DocumentId,
    state: CurrentState,
    library: OpenLibrary,
    asker: CurrentAsker,
    collection: CollectionOf = None,
    source: PathOf = None,
) -> dict[str, Any]:
    """Take a document out of the index; a file that was added here is deleted, any other stays where it is."""
    removed = library.remove(_sources(state, asker, document, collection, source))
    return _changed(state.index.store, Report(removed=removed), asker)


@changes.post(PATH + "/{document}/reindex", responses=CHANGING, response_model=Changed)
def reindex(
    document: DocumentId,
    state: CurrentState,
    library: OpenLibrary,
    asker: CurrentAsker,
    collection: CollectionOf = None,
    source: PathOf = None,
) -> dict[str, Any]:
    """Read a document's files again. Where they have changed, the document has another id afterwards."""
    report = library.reindex(_sources(state, asker, document, collection, source))
    return _changed(state.index.store, report, asker)


router.include_router(changes)


def _sources(state: AppState, asker: Asker, document: str, collection: str | None, path: str | None) -> list[Source]:
    """The document's sources that the asker may change: nobody's own, in the collection, of the path."""
    with state.index.store.snapshot(asker.shared) as snapshot:
        sources = snapshot.sources(replace(asker.shared, collection=collection), document)
    sources = [source for source in sources if path in (None, source.path)]
    if not sources:
        raise RequestError("there is no such document", 404)
    return sources


def _changed(store: Store, report: Report, asker: Asker) -> dict[str, Any]:
    """The report, and what its sources are now."""
    touched = {*report.added, *report.changed, *report.unchanged}
    with store.snapshot(asker.shared) as snapshot:
        sources = [source for source in snapshot.sources(asker.shared) if source.path in touched]
        rows = rows_of(snapshot, sources, asker.shared)
    names = ("added", "changed", "unchanged", "removed", "failed")
    return {**{name: getattr(report, name) for name in names}, "documents": rows}


def _shown(document: Document, sources: list[dict[str, Any]]) -> dict[str, Any]:
    tables = [
        {name: getattr(table, name) for name in ("start", "end", "headings", "labels", "caption", "columns")}
        for table in document.tables
    ]
    return {
        "document": document.id,
        "title": document.title or (sources[0]["title"] if sources else ""),
        "text": document.text,
        "sections": [asdict(section) for section in document.sections],
        "pages": [asdict(page) for page in document.pages],
        "blocks": [asdict(block) for block in document.blocks],
        "tables": tables,
        "sources": sources,
    }
