"""Documents by the API and the Python client: listing, reading, adding, replacing, reading again, removing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx2 as httpx
import pytest
from api_server import api_over, app_of, listening
from fakes import Desk, filled
from fastapi import FastAPI
from starlette.testclient import TestClient

from documents.document import Document
from index.passage import Scope
from qa import Client
from qa.client import ClientError, Event
from qa.serving.access.admission import Anyone
from qa.serving.access.gate import Gate
from qa.serving.api.changes import Changes
from qa.serving.chat.routes import Extras, routes
from qa.serving.library.originals import GONE, OriginalError, Originals

WOOL = b"Delta weaves wool."


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


@pytest.fixture
def client(desk: Desk) -> Iterator[Client]:
    with listening(app_of(api_over(desk))) as url, Client(url, timeout=30) as client:
        yield client


def names(client: Client, **narrowed: str) -> list[str]:
    return [Path(row.source).name for row in client.documents(**narrowed).documents]  # type: ignore[arg-type]


def test_documents_are_listed_and_read(desk: Desk, client: Client) -> None:
    listed = client.documents(limit=2, offset=1)
    assert ([Path(row.source).name for row in listed.documents], listed.total) == (["b.txt", "c.txt"], 3)
    assert names(client, source="a*") == ["a.txt"]
    document = client.document(listed.documents[0].document)
    assert document.text == "Beta stores grain."
    assert document.sources == listed.documents[:1]
    original = client.original(document.document, 0, 4)
    assert (original.note, original.link, original.page) == (None, None, None)
    desk.write(b="Changed.")
    assert "has changed" in (client.original(document.document, 0, 4).note or "")


def test_structure_is_described(desk: Desk, client: Client) -> None:
    desk.write(d__md="# Head\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    desk.ingest.update([desk.files])
    row = client.documents(source="d.md").documents[0]
    document = client.document(row.document)
    assert [section.title for section in document.sections] == ["Head"]
    assert {block.kind for block in document.blocks} >= {"list", "item"}
    (table,) = document.tables
    assert document.text[table.start : table.end].startswith("| a | b |")


def test_a_file_is_added_asked_replaced_and_deleted(desk: Desk, client: Client, tmp_path: Path) -> None:
    file = tmp_path / "wool.txt"
    file.write_bytes(WOOL)
    added = client.add(file, collection="cloth")
    (row,) = added.documents
    assert (added.added, row.collection) == ([row.source], "cloth")
    answer = client.ask("What does Delta weave?", collection="cloth")
    assert answer.text == "Delta weaves wool.[1]"
    assert answer.citations[0].document == row.document
    assert client.verify(answer).problems == []

    replaced = client.add(b"Delta weaves silk.", "wool.txt", collection="cloth")
    assert replaced.changed == [row.source]
    assert client.ask("What does Delta weave?", after=[answer]).citations[0].quote == "Delta weaves silk."
    assert client.verify(answer).problems != []

    kept = Path(row.source)
    assert kept.read_bytes() == b"Delta weaves silk."
    removed = client.delete(replaced.documents[0].document)
    assert (removed.removed, kept.exists()) == ([row.source], False)
    with pytest.raises(ClientError, match="no such document") as caught:
        client.document(row.document)
    assert caught.value.status == 404
    assert not list((desk.store.folder / ".files" / "coming").iterdir())


def test_a_member_of_an_archive_is_deleted_by_itself_and_the_archive_with_its_last(client: Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one.txt", "Delta weaves wool.")
        archive.writestr("two.txt", "Delta dyes silk.")
    added = client.add(packed.getvalue(), "pack.zip")
    one, two = sorted(added.documents, key=lambda row: row.source)
    kept = Path(one.source).parent
    assert client.delete(one.document).removed == [one.source]
    assert (names(client, source="*.txt")[-1], kept.is_file()) == ("two.txt", True)
    with pytest.raises(ClientError, match=r"what was deleted of pack\.zip would come back: add the file again"):
        client.reindex(two.document)
    assert client.delete(two.document).removed == [two.source]
    assert not kept.exists()


def test_a_mail_is_not_saved_whole_after_an_attachment_was_deleted_and_the_others_are_known(
    desk: Desk, client: Client
) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ann@example.org", "Wool"
    mail.set_content("Delta weaves wool.")
    for name, text in (("dye", "Delta dyes silk."), ("loom", "Delta mends looms.")):
        mail.add_attachment(text, filename=f"{name}.txt")
    rows = {Path(row.source).name: row for row in client.add(bytes(mail), "wool.eml").documents}
    originals, known = Originals(desk.store), rows["wool.eml"].document
    assert originals.file(known, Scope()).read_bytes() == bytes(mail)
    client.delete(rows["dye.txt"].document)
    with pytest.raises(OriginalError, match="no such file"):
        originals.file(known, Scope())
    assert not originals.beside(known, (0, 0), None, Scope())["file"]
    Path(rows["wool.eml"].source).unlink()
    assert originals.show(rows["loom.txt"].document, 0, 5, Scope())["note"] == GONE


def test_a_file_that_cannot_be_read_leaves_what_it_would_replace(client: Client) -> None:
    added = client.add(WOOL, "wool.txt")
    with pytest.raises(ClientError, match=r"^wool.txt") as caught:
        client.add(b"\n \n", "wool.txt")
    assert caught.value.status == 422
    assert client.document(added.documents[0].document).text == WOOL.decode()
    assert Path(added.added[0]).read_bytes() == WOOL


def test_a_file_that_is_not_taken_is_refused_with_a_reason(client: Client) -> None:
    for name, data, status in [("x.exe", WOOL, 415), ("x", WOOL, 415), ("a.txt", b"x" * 10_001, 413), ("", WOOL, 422)]:
        with pytest.raises(ClientError) as caught:
            client.add(data, name)
        assert caught.value.status == status
    assert len(names(client)) == 3


def test_neither_name_nor_collection_lead_out_of_the_folder(desk: Desk, client: Client) -> None:
    names = ("../../../etc/passwd.txt", "..\\..\\x.txt", "/abs.txt", ".hidden.txt", "a\x00b\n.txt")
    for name, collection in zip(names, ("../..", "a/b", ".", "..", "😀"), strict=True):
        (row,) = client.add(WOOL, name, collection=collection).documents
        assert Path(row.source).resolve().parent.parent == (desk.store.folder / ".files").resolve()
        assert row.collection == collection


def test_a_file_elsewhere_is_read_again_and_never_deleted(desk: Desk, client: Client) -> None:
    document = Document("Alpha pumps water.").id
    assert client.reindex(document).unchanged == [desk.path("a.txt")]
    desk.write(a="Alpha pumps oil.")
    changed = client.reindex(document)
    assert changed.changed == [desk.path("a.txt")]
    (row,) = changed.documents
    assert client.document(row.document).text == "Alpha pumps oil."
    client.delete(row.document)
    assert names(client) == ["b.txt", "c.txt"]
    assert Path(desk.path("a.txt")).exists()
    Path(desk.path("b.txt")).unlink()
    with pytest.raises(ClientError, match=r"b\.txt"):
        client.reindex(Document("Beta stores grain.").id)


def test_only_one_collection_is_changed_where_it_is_named(desk: Desk, client: Client) -> None:
    desk.ingest.update([desk.files / "a.txt"], collection="more")
    document = Document("Alpha pumps water.").id
    assert [row.collection for row in client.document(document).sources] == ["default", "more"]
    client.delete(document, collection="more")
    assert [row.collection for row in client.document(document).sources] == ["default"]


def test_only_one_of_two_files_of_the_same_text_is_changed_where_it_is_named(desk: Desk, client: Client) -> None:
    desk.write(twin="Alpha pumps water.")
    desk.ingest.update([desk.files])
    document = Document("Alpha pumps water.").id
    assert client.reindex(document, source=desk.path("twin.txt")).unchanged == [desk.path("twin.txt")]
    assert client.delete(document, source=desk.path("twin.txt")).removed == [desk.path("twin.txt")]
    assert [row.source for row in client.document(document).sources] == [desk.path("a.txt")]
    with pytest.raises(ClientError, match="no such document"):
        client.delete(document, source=desk.path("twin.txt"))


def test_the_chat_alone_serves_no_more_of_the_api_than_its_changes(desk: Desk) -> None:
    document = Document("Alpha pumps water.").id
    with listening(app_of(Changes(api_over(desk).state))) as url, Client(url) as client:
        assert client.reindex(document).unchanged == [desk.path("a.txt")]
        assert client.delete(document).removed == [desk.path("a.txt")]
        for other in (client.documents, lambda: client.document(document), lambda: client.search("iron")):
            with pytest.raises(ClientError) as caught:
                other()
            assert caught.value.status in (404, 405)


@pytest.mark.parametrize("with_api", [False, True])
def test_the_file_that_the_page_offers_is_there_with_the_api_and_without(desk: Desk, with_api: bool) -> None:
    api, app = api_over(desk), FastAPI()
    if with_api:  # before the chat's own routes, as the server has them
        api.add_to(app)
    app.router.routes.extend(routes(api.state.answerer, api.state.queue, Extras(originals=api.state.originals)))
    app.add_middleware(Gate, access=Anyone())
    document = Document("Beta stores grain.").id
    with TestClient(app, base_url="http://localhost") as client:
        beside = client.get("/evidence/beside", params={"document": document}).text
        (offered,) = re.findall(r'href="([^"]+)"', beside)
        saved = client.get(offered)
        assert (saved.status_code, saved.content) == (200, b"Beta stores grain.")
        assert saved.headers["content-disposition"] == 'attachment; filename="b.txt"'
        assert client.get("/d/sha256:none/file").status_code == 404


def test_a_public_desk_is_read_only(desk: Desk) -> None:
    document = Document("Alpha pumps water.").id
    with listening(app_of(api_over(desk, public=True))) as url, Client(url) as client:
        for change in (
            lambda: client.add(WOOL, "wool.txt"), lambda: client.delete(document), lambda: client.reindex(document)
        ):  # fmt: skip
            with pytest.raises(ClientError, match="--public") as caught:
                change()
            assert caught.value.status == 403
        assert client.ask("What does Alpha pump?").answered
        assert len(names(client)) == 3


def test_the_client_tells_steps_and_failures(client: Client) -> None:
    *steps, answer = client.steps("What does Beta store?")
    assert [step.name for step in steps] == ["stage", "stage", "stage", "statement"]
    assert isinstance(answer, Event)
    assert answer.data["text"] == "Beta stores grain.[1]"
    assert [found.text for found in client.search("iron", limit=1).passages] == ["Gamma sells iron."]
    assert [one.name for one in client.collections().collections] == ["default"]
    with pytest.raises(ClientError, match="the question is empty"):
        list(client.steps("?"))
    with pytest.raises(ClientError, match="cannot be reached") as caught, Client("http://127.0.0.1:1") as nobody:
        nobody.ask("What?")
    assert caught.value.status == 0


def test_the_client_tells_what_is_no_desk() -> None:
    strangers = [
        httpx.Response(301, headers={"location": "https://elsewhere.example/"}),
        httpx.Response(200, text="<html>Welcome</html>"),
        httpx.Response(200, json={"name": "another program"}),
        httpx.Response(200, text="event: stage\ndata: {}\n\n"),
        httpx.Response(200, text="event: stage\ndata: <p>\n\n"),
    ]
    for response in strangers:
        transport = httpx.MockTransport(lambda _, response=response: response)  # type: ignore[misc]
        client = Client("http://desk.example", transport=transport)
        for ask in (client.ask, lambda question, client=client: list(client.steps(question))):  # type: ignore[misc]
            with pytest.raises(ClientError, match=r"does not answer as Refdesk does|Moved Permanently") as caught:
                ask("What does Beta store?")
            assert "\n" not in str(caught.value)


def test_a_refusal_verifies_and_steps_have_paths_that_break_lines(desk: Desk, client: Client) -> None:
    refused = client.ask("Who is the king of cheese?")
    assert refused.nearest is not None
    assert client.verify(refused).problems == []
    (desk.files / "w\u2028\x85.txt").write_bytes(WOOL)
    desk.ingest.update([desk.files])
    *_, answer = client.steps("What does Delta weave?")
    assert answer.data["citations"][0]["source"].endswith("w\u2028\x85.txt")


def test_a_collection_whose_name_no_database_takes_is_refused(client: Client) -> None:
    with pytest.raises(ClientError, match="collection"):
        client.add(WOOL, "wool.txt", collection="cloth\0")
