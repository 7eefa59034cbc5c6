"""``/d/DOCUMENT?start=…&end=…``: the page that every citation leads to, and below it the document's file.

The chat has the same routes (``qa.serving.chat.library_routes``); beside the API, these come first.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from qa.serving.api.app_state import CurrentAsker, CurrentState
from qa.serving.http.paths import DOCUMENT
from qa.serving.library.document_page import document_file, document_page

router = APIRouter(include_in_schema=False)


@router.get(DOCUMENT + "/{document}")
def page(request: Request, document: str, state: CurrentState, asker: CurrentAsker) -> Response:
    """The document with the quotation marked."""
    return document_page(request, document, state.index.store, asker.scope)


@router.get(DOCUMENT + "/{document}/file")
def file(document: str, state: CurrentState, asker: CurrentAsker) -> Response:
    """The file that the document was read from, where it may be saved."""
    return document_file(document, state.originals, asker.shared)
