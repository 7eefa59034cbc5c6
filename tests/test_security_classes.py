"""The kinds of holes that other programs of this sort have had: each attack fails here, and not without the defence.

The attacks that are told by more than one line are in the other ``test_security_*.py``.
"""

from __future__ import annotations

import io
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fakes import Desk
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from test_qa_render import HOSTILE, Reader, passage
from without import without

from documents.document import Document, DocumentError
from documents.errors import RefdeskError
from index.passage import Collections, Filter, Scope
from index.store import Store
from qa.answer import Answer, Citation, Statement
from qa.llm.base import Message

Attack = Callable[[Any, Path, Desk], bool]  # on a module, with a folder and a desk: whether it succeeds
SECRET = "The code of the vault is 7741."


@contextmanager
def answering(status: int, headers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every POST like this; its address, and the keys that it was sent."""
    got = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.headers.get("authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "content-length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


def a_redirect_leads_to_another_server_with_the_key(module: Any, *_: Any) -> bool:
    with (
        answering(404, {}) as (inner, got),
        answering(307, {"location": f"{inner}/admin"}) as (named, _asked),
        suppress(RefdeskError),
    ):
        model = module.OpenAIServer("model", named, SecretStr("key"), retries=0, proxies=False)
        list(model.stream([Message("user", "Hello")], 8))
    return got == ["Bearer key"]


def an_uploads_name_leads_out_of_its_folder(module: Any, folder: Path, desk: Desk) -> bool:
    store = Store(folder / "index")
    path = module.Library(store, desk.ingest, 100).begin("../../../../planted.txt", 1)
    path.write_text("x")
    return (folder / "planted.txt").exists()


def _has_markup(html: str) -> bool:
    shown = Reader(html)
    return "script" in shown.tags or "onerror" in dict(shown.attributes)


def a_document_puts_markup_into_a_reply(module: Any, *_: Any) -> bool:
    cited = (Citation(1, passage(HOSTILE), 0, len(HOSTILE)),)
    return _has_markup(
        module.answer("1", Answer("answer", "q?", "q?", 0.9, None, (Statement(HOSTILE, (1,), 1.0, "quoted"),), cited))
    )


def quoted_words_put_markup_into_a_page(module: Any, *_: Any) -> bool:
    return _has_markup(module.MarkedWords(HOSTILE, module.UNMARKED).html(0, len(HOSTILE), []))


def a_file_name_puts_markup_into_a_reply(module: Any, *_: Any) -> bool:
    found = passage("Text.", path=HOSTILE.replace("/", "\u2215"))
    said = (Statement("Text.", (1,), 1.0, "quoted"),)
    return _has_markup(module.answer("1", Answer("answer", "q?", "q?", 0.9, None, said, (Citation(1, found, 0, 5),))))


def a_question_puts_markup_into_a_reply(module: Any, *_: Any) -> bool:
    return _has_markup(module.answer("1", Answer("refusal", "q?", HOSTILE, 0.1, message="No.")))


def a_title_puts_markup_into_a_page(module: Any, *_: Any) -> bool:
    found = passage("Text.", title=HOSTILE)
    shown = {
        "document": found.chunk.document,
        "sources": [found.source],
        "place": (0, 0),
        "quote_id": "q",
        "page": None,
    }
    shown |= {"section": None, "text": "", "others": [], "earlier": None, "later": None}
    return _has_markup(bytes(module.page_response("document.html", **shown).body).decode())


EVERYONE = Scope(collections=Collections(frozenset({"private"})))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a file for everyone, one in the collection "private", and one of a conversation."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.write(a="Alpha pumps water.", b=SECRET, c="Gamma sells iron.")
    desk.ingest.update([desk.files / "a.txt"])
    desk.ingest.update([desk.files / "b.txt"], collection="private")
    desk.ingest.update([desk.files / "c.txt"], owner="somebody")
    return desk


def _sees(module: Any, desk: Desk, scope: Scope) -> set[str]:
    """The files that the module's condition lets the scope see."""
    condition, values = module.visible(scope)
    with closing(sqlite3.connect(desk.store.path)) as database:
        return {Path(path).name for (path,) in database.execute(f"SELECT path FROM sources WHERE {condition}", values)}


def a_private_collection_is_seen(module: Any, _: Path, desk: Desk) -> bool:
    return "b.txt" in _sees(module, desk, EVERYONE)


def a_file_of_another_conversation_is_seen(module: Any, _: Path, desk: Desk) -> bool:
    return "c.txt" in _sees(module, desk, EVERYONE)


def the_name_of_a_field_is_taken_for_sql(module: Any, _: Path, desk: Desk) -> bool:
    injected = Filter(fields=(("') OR 1 --", "x"),))
    return "b.txt" in _sees(module, desk, Scope(only=injected, collections=EVERYONE.collections))


def a_document_is_read_by_its_address_alone(module: Any, _: Path, desk: Desk) -> bool:
    request = Request({"type": "http", "query_string": b"", "headers": []})
    return SECRET in bytes(module.document_page(request, Document(SECRET).id, desk.store, EVERYONE).body).decode()


def _guarded(module: Any) -> TestClient:
    """A client of routes behind the module's guard."""

    async def told(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{SECRET} {len(await request.body())}")

    app = Starlette(routes=[Route("/api/secret", told, methods=["GET", "POST"])])
    return TestClient(module.Guard(app, ("/api/",)), base_url="http://localhost")


def a_body_without_end_is_read(module: Any, *_: Any) -> bool:
    return _guarded(module).post("/api/secret", content=b"x" * (module.MAX_BODY + 1)).status_code == 200


def a_name_that_leads_here_reads_what_is_here(module: Any, *_: Any) -> bool:
    return SECRET in _guarded(module).get("/api/secret", headers={"host": "evil.example"}).text


def a_page_of_another_site_sends_in_the_visitors_name(module: Any, *_: Any) -> bool:
    return SECRET in _guarded(module).post("/api/secret", headers={"origin": "http://evil.example"}).text


def a_small_archive_unfolds(module: Any, *_: Any) -> bool:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "a" * 8_000_000)
    with module.open_zip(packed.getvalue(), "a.zip") as archive, suppress(DocumentError):
        return bool(module.read_entry(archive, archive.infolist()[0], "a.txt", 64_000_000))
    return False


def a_planted_link_is_written_through(module: Any, folder: Path, _: Desk) -> bool:
    (folder / "index.sqlite3").symlink_to(folder / "victim")
    module.make_file(folder / "index.sqlite3")
    return (folder / "victim").exists()


ESCAPED = ("autoescape=True,\n        finalize=escape,\n", "")
ATTACKS: list[tuple[Attack, str, str, str]] = [
    (a_redirect_leads_to_another_server_with_the_key,
     "qa.llm.openai_server", "follow_redirects=False", "follow_redirects=True"),
    (an_uploads_name_leads_out_of_its_folder, "qa.serving.api.library", "safe_name(name)", "name"),
    (a_document_puts_markup_into_a_reply, "qa.serving.html.render", *ESCAPED),
    (quoted_words_put_markup_into_a_page,
     "qa.serving.html.marked_words", "str(escape(self._text[first:last]))", "self._text[first:last]"),
    (a_file_name_puts_markup_into_a_reply, "qa.serving.html.render", *ESCAPED),
    (a_question_puts_markup_into_a_reply, "qa.serving.html.render", *ESCAPED),
    (a_title_puts_markup_into_a_page, "qa.serving.html.pages", "autoescape=True, finalize=escape, ", ""),
    (a_private_collection_is_seen,
     "index.visibility", "if scope.collections.named or not scope.collections.hidden:", "if False:"),
    (a_file_of_another_conversation_is_seen, "index.visibility", "owner IN ('', :owner)", "owner <> :owner OR 1"),
    (the_name_of_a_field_is_taken_for_sql, "index.visibility", "= :name{number}", "= '{name}'"),
    (a_document_is_read_by_its_address_alone,
     "qa.serving.library.document_page", "snapshot.sources(scope, document)", "snapshot.sources(None, document)"),
    (a_body_without_end_is_read, "qa.serving.http.guard", "or len(body) > most", ""),
    (a_name_that_leads_here_reads_what_is_here,
     "qa.serving.http.guard", 'not self.hosts.allow(headers.get("host", ""))', "False"),
    (a_page_of_another_site_sends_in_the_visitors_name,
     "qa.serving.http.guard", "not is_same_origin(method, headers)", "False"),
    (a_small_archive_unfolds, "documents.formats.zipped", "SMALL = 1024 * 1024", "SMALL = 1024 ** 4"),
    (a_planted_link_is_written_through, "index.private", " | os.O_EXCL", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("attack", "module", "defence", "instead"), ATTACKS, ids=[attack.__name__ for attack, *_ in ATTACKS]
)
def test_it_fails_and_would_succeed_without_the_defence(
    attack: Attack, module: str, defence: str, instead: str, tmp_path: Path, desk: Desk
) -> None:
    for folder in ("undefended", "defended"):
        (tmp_path / folder).mkdir()
    assert attack(without(module, defence, instead), tmp_path / "undefended", desk)
    assert not attack(import_module(module), tmp_path / "defended", desk)
