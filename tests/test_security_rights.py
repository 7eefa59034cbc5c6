"""One table says what each route needs: none is forgotten, and who may only ask reads no document whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from access_desk import KnownDesk
from api_server import api_over
from fakes import AskedFor, Desk, QuoteTheBest, WordReader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from documents.document import Document
from qa.answer.notices import UNLISTED
from qa.assistant import Assistant
from qa.check.injection.recogniser import Recogniser
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.serving.access import rights
from qa.serving.access.login.page import LoginRoutes
from qa.serving.access.login.provider_login import ProviderRoutes
from qa.serving.access.rights import ROUTES, Right
from qa.serving.answering.feedback import Feedback
from qa.serving.api.mcp.server import TOOLS
from qa.serving.http.paths import MCP, SCRIPTS, STATIC
from qa.serving.library.overviews import Overviews
from qa.serving.library.shelf import Shelf
from qa.serving.uploads.uploads import Uploads
from qa.serving.uploads.web import Web

TEXT = "Alpha pumps water."


@pytest.fixture
def known(tmp_path: Path) -> KnownDesk:
    desk = Desk(tmp_path)
    desk.write(paper__html=f"<title>The report</title><p>{TEXT}</p>")
    desk.ingest.update([desk.files])
    return KnownDesk(desk)


def client_of(known: KnownDesk, *scopes: Right) -> TestClient:
    """A program with a token of these scopes."""
    return known.client(authorization=f"Bearer {known.tokens.new('-'.join(scopes), scopes, 1)}")


def test_the_table_names_every_route_and_every_tool_and_nothing_else(known: KnownDesk, tmp_path: Path) -> None:
    desk = known.desk
    asked = Assistant(desk.index, QuoteTheBest())  # type: ignore[arg-type] # nothing is asked
    overviews = Overviews(Shelf(desk.store), desk.embedder, asked.quoted, Recogniser())
    provider = ProviderRoutes(None, known.store, known.users, known.audit)  # type: ignore[arg-type] # nor of this one
    with closing(Uploads(desk.store, desk.ingest)) as uploads, closing(overviews):
        more = {"uploads": uploads, "overviews": overviews, "feedback": Feedback(tmp_path), "web": Web()}
        known.extras = replace(known.extras, **more)  # type: ignore[arg-type]
        login = LoginRoutes(known.users, None, known.audit, provider=provider)  # type: ignore[arg-type]
        known.access_control = replace(known.access_control, login=login)
        served = set(methods_and_paths(known.app.routes))
    gradios = {"/", "/theme.css", "/manifest.json", "/favicon.ico", *(f"{own}{{rest:path}}" for own in STATIC)}
    gradios.remove(f"{SCRIPTS}/{{rest:path}}")  # our own
    assert {own[1:] for own in ROUTES} == served | {("GET", path) for path in gradios}
    assert rights.TOOLS.keys() == TOOLS.keys()


def methods_and_paths(routes: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each route's methods ("*": all) and path, also of routers within an app."""
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/{{rest:path}}"
        elif isinstance(route, Route):
            every = route.path == MCP or len(route.methods or ()) > 5
            methods = {"*"} if every else (route.methods or {"GET"}) - {"HEAD"}
            yield from ((method, prefix + route.path) for method in methods)
        else:
            router = route.original_router
            yield from methods_and_paths(router.routes, prefix + route.include_context.prefix)


def test_what_the_table_does_not_name_is_served_to_nobody(known: KnownDesk) -> None:
    def secrets(_: Request) -> Response:
        return Response("secrets")

    served = known.app
    served.router.routes.append(Route("/ask/secrets", secrets))
    admin = {"authorization": f"Bearer {known.tokens.new('admin', ['admin'], 1)}"}
    client = TestClient(served, base_url="http://localhost")
    assert [client.get("/ask/secrets", headers=own).status_code for own in (admin, {})] == [404, 401]


def test_who_may_only_ask_reads_no_document_whole(known: KnownDesk) -> None:
    document = Document(TEXT).id
    paths = (
        f"/evidence?document={document}&start=0&end=5",
        f"/evidence/beside?document={document}&start=0&end=5",
        f"/evidence/original?document={document}",
        f"/api/v1/documents/{document}/original?start=0&end=5",
        f"/api/v1/documents/{document}",
        f"/d/{document}",
        f"/d/{document}/file",
    )
    asks, reads = client_of(known, "ask"), client_of(known, "ask", "read")
    assert {path: asks.get(path).status_code for path in paths} == dict.fromkeys(paths, 403)
    assert {path: reads.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_who_may_only_ask_is_not_told_which_documents_there_are(known: KnownDesk) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0, "relevance": 0.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(known.desk.index, extractor, classifier=AskedFor("library"))  # type: ignore[arg-type]
    known.api = api_over(known.desk, answerer=assistant)
    question = "Which documents are there?"
    messages = [{"role": "user", "content": question}]

    def told(client: TestClient) -> Iterator[str]:
        yield client.post("/api/v1/ask", json={"question": question}).text
        yield client.post("/ask", json={"turn": "1", "question": question}).text
        yield client.post("/v1/chat/completions", json={"model": "refdesk", "messages": messages}).text
        client.post("/gradio_api/queue/join", json={"data": [question], "session_hash": "12345678"})
        yield client.get("/gradio_api/queue/data?session_hash=12345678").text
        headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
        params = {"name": "ask", "arguments": {"question": question}}
        called = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        yield client.post("/mcp", json=called, headers=headers).text

    assert [(UNLISTED in text, "The report" in text) for text in told(client_of(known, "ask"))] == [(True, False)] * 5
    reader = client_of(known, "ask", "read")
    assert [(UNLISTED in text, "The report" in text) for text in told(reader)] == [(False, True)] * 5
