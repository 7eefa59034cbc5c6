"""Attacks on a desk that only those enter who are known: without a name, in another's, and beyond one's own rights.

Nothing of a collection that somebody may not see is told: it looks as if it were not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from access_desk import PASSWORD, KnownDesk, extras_of, log_in, served
from commands import Run, fails
from fakes import Desk, filled
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from documents.document import Document
from qa.serving.access.access_control import AccessControl
from qa.serving.access.admission import Known
from qa.serving.access.attempts import MOST
from qa.serving.access.login.cookies import SESSION
from qa.serving.access.login.page import FORM
from qa.serving.access.rights import OF_USERS, RIGHTS, includes, needed
from qa.serving.http.hosts import local

NAMES = ("attic", "board", "cellar", "depot")  # of collections, each with one document


def text_of(collection: str) -> str:
    return f"Zeta{collection[0]} hides treasure{collection[0]}. "


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("known"))
    for name in NAMES:
        desk.write(**{f"paper{name[0]}__html": f"<title>Title{name[0]}</title><p>{text_of(name)}</p>"})
        desk.ingest.update([desk.files / f"paper{name[0]}.html"], collection=name)
    return desk


@pytest.fixture
def known(desk: Desk) -> Iterator[KnownDesk]:
    known = KnownDesk(desk)
    known.users.add("ann", PASSWORD)
    yield known
    known.forget()


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def document_of(desk: Desk, collection: str) -> str:
    with desk.store.snapshot() as snapshot:
        (source,) = (source for source in snapshot.sources() if source.collection == collection)
    return source.document_id


# ---- nobody


CLOSED = ("/api/v1/documents", "/api/v1/search?q=x", "/v1/models", "/metrics", "/openapi.json", "/evidence?document=x",
          "/uploads", "/library", "/scripts/main.mjs", "/config", "/gradio_api/info", "/api/v1/nothing",
          "/gradio_api/queue/data?session_hash=12345678", "/theme.css", "/mcp")  # fmt: skip
PAGES = ("/", "/docs", "/d/sha256:x?start=1&end=2", "/evidence/original?document=x")


def test_nobody_gets_anything_but_the_way_to_log_in(known: KnownDesk) -> None:
    client = known.client()
    for path in CLOSED:
        response = client.get(path)
        assert response.status_code in (401, 404), path  # 404: by the guard
        assert response.status_code == 404 or response.headers["www-authenticate"] == "Bearer"
    for path in PAGES:
        response = client.get(path)
        assert response.status_code == 303, path
        assert httpx.URL(response.headers["location"]).params["next"] == path
    assert client.post("/api/v1/documents?name=a.txt", content=b"x").status_code == 401
    assert "open this page again" in client.post("/ask", json={"question": "What?"}).json()["reason"]
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200


@pytest.mark.parametrize("shown", ["Bearer", "Bearer x", "Basic YW5uOnB3", "bearer refdesk_x", "Bearer \u00e4"])
def test_what_is_no_token_lets_nobody_in(known: KnownDesk, shown: str) -> None:
    assert known.client().get("/v1/models", headers={"authorization": shown.encode()}).status_code == 401
    assert known.client().get("/v1/models", headers={"cookie": f"{SESSION}=x"}).status_code == 401


@pytest.mark.parametrize(
    "arguments",
    [("--host", "0.0.0.0"), ("--host", "::")],
)
def test_another_address_needs_somebody_who_is_known(run: Run, arguments: tuple[str, ...]) -> None:
    for command in ("chat", "serve"):
        done = run(command, *arguments)
        fails(done, "refdesk users add NAME")
        assert "refdesk tokens new NAME --scope ask" in done.err
        assert "--public" in done.err


@pytest.mark.parametrize("name", ["REFDESK_HOSTS", "REFDESK_TRUSTED_PROXY"])
def test_so_does_a_proxy_before_this_machines_address(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "192.0.2.1")
    fails(run("serve"), "through a proxy")


# ---- logging in


def test_a_login_gives_a_session_that_scripts_and_other_sites_do_not_reach(known: KnownDesk) -> None:
    browser = known.client()
    response = log_in(browser, "ann", PASSWORD, "/d/sha256:x?start=1")
    assert (response.status_code, response.headers["location"]) == (303, "/d/sha256:x?start=1")
    (cookie,) = (one for one in response.headers.get_list("set-cookie") if one.startswith(SESSION))
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert browser.get("/v1/models").status_code == 200
    taken = browser.cookies[SESSION]
    left = browser.post("/logout")
    assert (left.headers["location"], left.headers["clear-site-data"]) == ("/login", '"storage"')
    assert browser.get("/v1/models").status_code == 401
    assert known.client(cookie=f"{SESSION}={taken}").get("/v1/models").status_code == 401


def test_a_form_that_this_server_did_not_send_logs_nobody_in(known: KnownDesk) -> None:
    filled = {"name": "ann", "password": PASSWORD}
    for form in ({}, {"form": ""}, {"form": "mine"}):
        assert known.client().post("/login", data={**filled, **form}).status_code == 403
    assert log_in(known.client(), "ann", PASSWORD, form="mine").status_code == 403
    own = {"cookie": f"{FORM}=mine"}
    assert known.client(**own, origin="http://evil.example").post("/login", data={**filled, "form": "mine"}).status_code == 403  # fmt: skip # noqa: E501
    assert known.client().post("/login", content=b"&" * 5000 + b"name=\xff").status_code == 403


def test_wrong_names_and_passwords_are_told_alike_and_shown_as_text(known: KnownDesk) -> None:
    name = "<script>alert(1)</script>"
    pages = [log_in(known.client(), who, "wrong password") for who in ("ann", name)]
    assert [page.status_code for page in pages] == [401, 401]
    assert "There is no user with this name and password." in pages[0].text
    assert "<script" not in pages[1].text
    for page in pages:
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert "script-src" not in page.headers["content-security-policy"].partition(",")[0]


def test_an_address_may_try_ten_times(known: KnownDesk) -> None:
    app = known.app
    browser = TestClient(app, base_url="http://localhost", client=("192.0.2.7", 1), follow_redirects=False)
    for _ in range(MOST):
        assert log_in(browser, "ann", "wrong password").status_code == 401
    refused = log_in(browser, "ann", PASSWORD)
    assert (refused.status_code, SESSION in browser.cookies) == (429, False)
    assert int(refused.headers["retry-after"]) > 60
    other = TestClient(app, base_url="http://localhost", client=("192.0.2.8", 1), follow_redirects=False)
    assert log_in(other, "ann", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "", "/a\r\nx: y", "/ä"]
)
def test_a_login_leads_to_no_other_server(known: KnownDesk, address: str) -> None:
    assert local(address) == "/"
    assert log_in(known.client(), "ann", PASSWORD, address).headers["location"] == "/"


def test_a_link_from_another_site_comes_with_the_session_at_the_second_try(known: KnownDesk) -> None:
    crossing = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    page = known.client().get("/d/sha256:x?start=1&end=2", headers=crossing)
    assert page.status_code == 200
    assert 'content="0; url=/d/sha256:x?start=1&amp;end=2"' in page.text


# ---- rights


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("POST", "/api/v1/ask", "ask"), ("GET", "/api/v1/search", "ask"), ("GET", "/api/v1/collections", "ask"),
        ("POST", "/v1/chat/completions", "ask"), ("GET", "/api/v1/documents/x/original", "read"),
        ("GET", "/evidence?document=x&start=0&end=1", "read"), ("GET", "/evidence/beside?document=x&page=1", "read"),
        ("GET", "/evidence/original?document=x", "read"), ("HEAD", "/library/overviews", "read"),
        ("GET", "/api/v1/documents", "read"), ("GET", "/api/v1/documents/x", "read"), ("GET", "/d/x", "read"),
        ("GET", "/d/x/file", "read"),
        ("POST", "/api/v1/documents", "write"), ("DELETE", "/api/v1/documents/x", "write"),
        ("POST", "/api/v1/documents/x/reindex", "write"),
        ("GET", "/metrics", "admin"), ("GET", "/login", None), ("GET", "/healthz", None), ("GET", "/theme.css", "ask"),
        ("GET", "/library", "read"), ("GET", "/scripts/main.mjs", "ask"),
    ],
)  # fmt: skip
def test_each_route_needs_a_right(known: KnownDesk, method: str, path: str, right: Any) -> None:
    assert needed(method, path.partition("?")[0]) == right
    if right:
        for own in RIGHTS:
            secret = known.tokens.new(own, [own], 1)
            status = known.client(**bearer(secret)).request(method, path).status_code
            assert (status == 403) == (not includes(frozenset({own}), right)), own


def called(client: TestClient, tool: str, **arguments: str) -> httpx.Response:
    """What an assistant is told that calls a tool."""
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
    params = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return client.post("/mcp", json=message, headers=headers)


@pytest.mark.parametrize("scopes", [["ask"], ["ask", "read"]])
def test_assistants_fetch_what_their_token_may_read(desk: Desk, known: KnownDesk, scopes: list[Any]) -> None:
    secret = known.tokens.new("assistant", scopes, 1)
    told = called(known.client(**bearer(secret)), "fetch", id=document_of(desk, NAMES[0]))
    assert ("takes a token with the scope read" in told.text) == (scopes == ["ask"])
    assert (text_of(NAMES[0]).strip() in told.text) == (scopes != ["ask"])


def test_who_may_write_changes_nothing_that_it_does_not_see(desk: Desk, known: KnownDesk) -> None:
    known.users.allow("ann", ["board"])
    client = known.client(**bearer(known.tokens.new("bot", ["write"], 1)))
    document = document_of(desk, "board")
    for response in (
        client.delete(f"/api/v1/documents/{document}"),
        client.post(f"/api/v1/documents/{document}/reindex"),
        client.delete(f"/api/v1/documents/{document}?collection=board"),
    ):
        assert (response.status_code, response.json()["detail"]) == (404, "there is no such document")
    assert client.post("/api/v1/documents?name=a.txt&collection=board", content=b"x").status_code == 403
    assert document_of(desk, "board") == document
    limited = known.client(**bearer(known.tokens.new("limited", ["write"], 1, ["attic"])))
    assert limited.post("/api/v1/documents?name=a.txt&collection=new", content=b"x").status_code == 403


def test_a_token_that_is_revoked_is_none_at_once(known: KnownDesk) -> None:
    client = known.client(**bearer(known.tokens.new("ci", ["ask"], 1)))
    assert client.get("/v1/models").status_code == 200
    known.tokens.revoke("ci")
    assert client.get("/v1/models").status_code == 401


def test_the_log_says_who_asked_but_what_only_where_that_is_wanted(desk: Desk) -> None:
    for wanted in (False, True):
        known = KnownDesk(desk, with_questions=wanted)
        client = known.client(**bearer(known.tokens.new(f"ci{wanted}", ["ask"], 1)))
        client.post("/api/v1/ask", json={"question": "Who hides?"})
        client.get("/api/v1/search?q=sought")
        called(client, "ask", question="Who hides?")
        called(client, "search", query="sought")
        called(client, "fetch", id="none")  # reads what was found, which is no deed
        client.post("/api/v1/documents?name=a.txt", content=b"x")
        lines = [json.loads(line) for line in known.audit.path.read_text().splitlines()]
        known.audit.path.unlink()
        asked, questions = [("ask", 200), ("search", 200)], ["Who hides?", "sought"]
        assert [(line["did"], line["status"]) for line in lines] == [*asked, *asked, ("upload", 403)]
        assert {(line["who"], line["address"]) for line in lines} == {(f"token ci{wanted}", "192.0.2.7")}
        assert [line.get("question") for line in lines] == [*(questions * 2 if wanted else [None] * 4), None]
    known.forget()


# ---- collections


def told(client: TestClient, collection: str, document: str) -> Iterator[tuple[str, Any]]:
    """What is told of a collection and a document that are asked for, by request."""
    question = {"question": f"What does Zeta{collection[0]} hide?", "collection": collection}
    messages = [{"role": "user", "content": "What is hidden?"}]
    place = "start=0&end=5"
    for method, path, body in [
        ("GET", f"/api/v1/documents?collection={collection}", None),
        ("GET", f"/api/v1/search?q=treasure&collection={collection}", None),
        ("GET", f"/api/v1/documents/{document}", None),
        ("GET", f"/api/v1/documents/{document}/original?{place}", None),
        ("GET", f"/d/{document}?{place}", None),
        ("GET", f"/d/{document}/file", None),
        ("GET", f"/evidence?document={document}&{place}", None),
        ("GET", f"/evidence/original?document={document}", None),
        ("GET", f"/v1/models/refdesk/{collection}", None),
        ("POST", "/api/v1/ask", question),
        ("POST", "/api/v1/ask?chosen", {"question": question["question"], "documents": [document]}),
        ("POST", "/v1/chat/completions", {"model": f"refdesk/{collection}", "messages": messages}),
        ("POST", "/v1/responses", {"model": f"refdesk/{collection}", "input": "What is hidden?"}),
    ]:
        response = client.request(method, path, json=body)
        yield f"{method} {path}", (response.status_code, response.text.replace(collection, "…"))


def asked_by_gradio(client: TestClient, question: str) -> str:
    """What Gradio's own clients are told."""
    client.post("/gradio_api/queue/join", json={"data": [question], "session_hash": "12345678"})
    return client.get("/gradio_api/queue/data?session_hash=12345678").text


def said_to(client: TestClient) -> dict[str, Any]:
    """All that is said without naming a collection or a document."""
    asked = [f"What does Zeta{name[0]} hide?" for name in NAMES]
    return {
        "documents": client.get("/api/v1/documents").json(),
        "collections": client.get("/api/v1/collections").json(),
        "models": client.get("/v1/models").json(),
        "found": client.get("/api/v1/search?q=What hides treasure?&limit=100").json(),
        "answers": [client.post("/api/v1/ask", json={"question": one}).json() for one in asked],
        "gradio": asked_by_gradio(client, "What hides treasure?"),
        "replies": [client.post("/ask", json={"turn": "1", "question": one}).text for one in asked],
        "shelf": client.get("/library").json(),
        "library": client.post("/api/v1/ask", json={"question": "Which documents are there?"}).json(),
    }


@pytest.mark.parametrize("examples", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_what_one_may_not_see_does_not_exist(desk: Desk, examples: int) -> None:
    some = st.sets(st.sampled_from(NAMES))

    @settings(max_examples=examples)
    @given(private=some, allowed=some, grouped=some, left=some, limited=st.none() | some, asked=st.sampled_from(NAMES))
    def does_not_exist(**of: Any) -> None:
        check_rights(desk, **of)

    does_not_exist()


def check_rights(
    desk: Desk,
    private: set[str],
    allowed: set[str],
    grouped: set[str],
    left: set[str],
    limited: set[str] | None,
    asked: str,
) -> None:
    known = KnownDesk(desk)
    try:
        for name in ("ann", "bob"):
            known.users.add(name, PASSWORD)
        known.users.allow("bob", sorted(private))
        known.users.allow("ann", sorted(allowed & private))
        for name, of_group, members in (("hers", grouped & private, ["ann"]), ("others", left & private, ["bob"])):
            known.groups.add(name)
            known.groups.allow(name, sorted(of_group))
            known.groups.join(name, members)
        token = known.tokens.new("ci", ["ask", "read"], 1, limited)
        seen_by_token = set(NAMES) - private if limited is None else limited
        public = served(known.api, AccessControl(Known(known.store, OF_USERS)), extras_of(desk))
        for client, sees in (
            (known.logged_in("ann"), set(NAMES) - (private - allowed - grouped)),
            (known.client(**bearer(token)), seen_by_token),
            (TestClient(public, base_url="http://localhost", client=("192.0.2.9", 1)), set(NAMES) - private),
        ):
            check(desk, client, sees, asked)
    finally:
        known.forget()


def test_changes_to_what_one_may_not_see_change_nothing_that_is_told(tmp_path: Path) -> None:
    desk, own = filled(tmp_path), tmp_path / "own.txt"
    known = KnownDesk(desk)
    known.users.add("ann", PASSWORD)
    known.users.allow("ann", ["board"])
    known.users.add("bob", PASSWORD)
    bob = known.logged_in("bob")

    def told() -> list[Any]:
        return [bob.get(path).json() for path in ("/readyz", "/library", "/v1/models")]

    before = told()
    own.write_text("Zeta hides treasure.")
    desk.ingest.update([own], collection="board")
    desk.ingest.update([own], owner="chat:ann")
    assert told() == before
    desk.write(other="Omega repairs clocks.")
    desk.ingest.update([desk.files])
    assert told()[1]["state"] != before[1]["state"]
    admin = known.client(**bearer(known.tokens.new("admin", ["admin"], 1)))
    assert admin.get("/readyz").json()["generation"] == 4


def check(desk: Desk, client: TestClient, sees: set[str], asked: str) -> None:
    """The client is told of exactly what it sees; what is ``asked`` for and not seen is as what never was."""
    said = said_to(client)
    assert {one["collection"] for one in said["documents"]["documents"]} == sees
    assert said["documents"]["total"] == said["shelf"]["total"] == len(sees)
    assert said["collections"]["collections"] == [{"name": name, "sources": 1} for name in sorted(sees)]
    assert {one["id"] for one in said["models"]["data"]} == {"refdesk", *(f"refdesk/{name}" for name in sees)}
    for name in set(NAMES) - sees:
        hints = (name, f"treasure{name[0]}", f"paper{name[0]}", f"Title{name[0]}", document_of(desk, name))
        assert not [hint for hint in hints if hint in json.dumps(said)]
    if asked not in sees:
        there = dict(told(client, asked, document := document_of(desk, asked)))
        nowhere = Document("never indexed").id
        for (request, of_hidden), of_nothing in zip(
            there.items(), dict(told(client, "absent", nowhere)).values(), strict=True
        ):
            assert of_hidden[0] == 404, request
            assert (of_hidden[0], of_hidden[1].replace(document, nowhere)) == of_nothing, request
