"""``refdesk backup`` and ``restore``: what was saved comes back as it was, and nothing else does."""

from __future__ import annotations

import json
import shutil
import struct
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from access_desk import FAST
from api_server import THRESHOLD, api_over, app_of
from commands import Run, fails
from evaluation_data import word_models
from fakes import Desk, WordReranker, filled
from index_checks import check_store
from starlette.testclient import TestClient
from test_qa_conversations import talk

from index.private import readable_by_others
from index.search import Index
from index.store import Store
from qa.assistant.compose import assistant_over
from qa.serving.access.accounts.conversations import Conversations
from qa.serving.access.accounts.sessions import Sessions
from qa.serving.access.accounts.store import AccessStore
from qa.serving.access.accounts.tokens import Tokens
from qa.serving.access.accounts.users import Users
from qa.serving.access.audit import Audit
from qa.serving.operations.archive import MANIFEST, Archive, BackupError
from qa.serving.operations.backup import back_up, left_out
from qa.serving.operations.restore import restore
from qa.serving.uploads.uploads import Uploads
from qa.settings import read

QUESTIONS = ("What does Alpha pump?", "What does Beta store?", "What does Gamma sell?", "Who rings the bell?")


def answers(store: Store, desk: Desk) -> list[dict[str, Any]]:
    """The answers to all questions, timings aside."""
    index = Index(store, desk.embedder, WordReranker())
    assistant = assistant_over(index, word_models(THRESHOLD), read(index=store.folder))
    return [{**assistant.ask(question).to_dict(), "timings_ms": {}} for question in QUESTIONS]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Path]:
    """A desk and its backup."""
    folder = tmp_path_factory.mktemp("saved")
    desk = filled(folder)
    back_up(desk.store.folder, folder / "desk.zip")
    return desk, folder / "desk.zip"


def test_answers_are_the_same_byte_for_byte_after_a_restore(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, archive = saved
    manifest = restore(archive, tmp_path / "index")
    restored = Store(tmp_path / "index")
    before, now = answers(desk.store, desk), answers(restored, desk)
    assert json.dumps(now) == json.dumps(before)
    assert [answer["kind"] for answer in now] == ["answer", "answer", "answer", "refusal"]
    assert manifest.passages == 3
    check_store(restored)
    assert not list(restored.folder.glob(".restoring-*"))
    assert not readable_by_others(restored.folder)
    assert archive.stat().st_mode & 0o077 == 0


def test_a_backup_made_while_documents_are_added_is_one_of_the_states_that_the_index_had(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    begun, ended, enough = threading.Event(), threading.Event(), 2

    def write() -> None:
        for number in range(1000):
            desk.write(**{f"more{number % 3}": f"Delta counts {number} sheep. Delta wins prize {number}."})
            desk.ingest.update([desk.files])
            if number == enough:
                begun.set()
            if ended.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(60)
    manifest = back_up(desk.store.folder, tmp_path / "desk.zip")
    ended.set()
    writer.join()
    with desk.store.snapshot() as snapshot:
        assert snapshot.generation >= manifest.generation > enough
        assert snapshot.since(manifest.generation, manifest.state)
    restore(tmp_path / "desk.zip", tmp_path / "other")
    restored = Store(tmp_path / "other")
    check_store(restored)
    for answer in answers(restored, desk):
        for citation in answer["citations"]:
            with restored.snapshot() as snapshot:
                document = snapshot.document(citation["document"])
            assert document is not None
            assert document.text[citation["start"] : citation["end"]] == citation["quote"]


def test_nothing_of_visitors_files_is_in_a_backup(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    uploads = Uploads(desk.store, lambda *_, **__: None)  # type: ignore[arg-type]
    desk.write(secret="Omega hides treasure.")
    desk.ingest.update([tmp_path / "files" / "secret.txt"], owner="chat:1")
    manifest = back_up(desk.store.folder, tmp_path / "desk.zip")
    uploads.close()
    assert set(manifest.files) == {"refdesk.sqlite3"}
    with zipfile.ZipFile(tmp_path / "desk.zip") as archive:
        assert b"treasure" not in archive.read("refdesk.sqlite3")
    restore(tmp_path / "desk.zip", tmp_path / "other")
    check_store(Store(tmp_path / "other"))


def known(desk: Desk) -> AccessStore:
    """Users, tokens, sessions and a private collection at the desk."""
    store = AccessStore(desk.store.folder)
    users = Users(store, FAST)
    users.add("ann", "correct horse")
    users.allow("ann", ["plans"])
    Sessions(store).begin("ann")
    Conversations(store).write("ann", talk(1, "the harbour"))
    Tokens(store).new("ci", ["ask"], 10, None)
    Audit(desk.store.folder).write("login", "user ann")
    return store


def test_users_and_audit_log_come_on_request_and_what_is_private_stays_so(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    known(desk)
    plain = back_up(desk.store.folder, tmp_path / "plain.zip")
    assert left_out(desk.store.folder, plain) == ["access.sqlite3", "audit.jsonl"]
    restore(tmp_path / "plain.zip", tmp_path / "plain")
    users = Users(AccessStore(tmp_path / "plain"), FAST)
    assert (users.listed(), users.private()) == ([], ["plans"])
    assert not Audit(tmp_path / "plain").path.exists()

    whole = back_up(desk.store.folder, tmp_path / "whole.zip", users=True, audit=True)
    assert left_out(desk.store.folder, whole) == []
    restore(tmp_path / "whole.zip", tmp_path / "whole")
    store = AccessStore(tmp_path / "whole")
    assert Users(store, FAST).logs_in("ann", "correct horse")
    assert [user.collections for user in Users(store).listed()] == [("plans",)]
    assert [token.name for token in Tokens(store).listed()] == ["ci"]
    assert [own.title for own in Conversations(store).listed("ann")] == ["What of the harbour?"]
    assert Audit(store.folder).path.read_text() == Audit(desk.store.folder).path.read_text()
    with store.reading() as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    assert not readable_by_others(store.folder)


def test_users_that_are_there_stay_where_the_backup_has_none(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk = filled(tmp_path)
    known(desk)
    desk.ingest.update([Path(__file__).parent / "fixtures"], include=["*.txt"])
    restore(saved[1], desk.store.folder, force=True)
    assert [user.name for user in Users(AccessStore(desk.store.folder)).listed()] == ["ann"]
    with desk.store.snapshot() as snapshot:
        assert snapshot.count("documents") == 3


def test_files_that_the_api_keeps_come_back_also_in_another_folder(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    with TestClient(app_of(api_over(desk)), base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        client.post("/api/v1/documents?name=wool.txt", content=b"Delta weaves wool.").raise_for_status()
    manifest = back_up(desk.store.folder, tmp_path / "desk.zip")
    assert manifest.changed == ()
    shutil.rmtree(desk.store.folder)
    restore(tmp_path / "desk.zip", tmp_path / "other")
    desk.store = Store(tmp_path / "other")
    check_store(desk.store)
    with desk.store.snapshot() as snapshot:
        (source,) = (one for one in snapshot.sources() if one.name == "wool.txt")
    assert Path(source.path).is_relative_to(tmp_path / "other")
    assert Path(source.path).read_bytes() == b"Delta weaves wool."
    desk.ingest = type(desk.ingest)(desk.store, desk.embedder, word_models().splitter)
    with TestClient(app_of(api_over(desk)), base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        client.post("/api/v1/documents?name=wool.txt", content=b"Delta sells wool.").raise_for_status()
        listed = client.get("/api/v1/documents").json()["documents"]
    assert [Path(row["source"]).name for row in listed].count("wool.txt") == 1


def test_a_file_that_was_replaced_meanwhile_is_named(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    with TestClient(app_of(api_over(desk)), base_url="http://localhost", client=("127.0.0.1", 1)) as client:
        client.post("/api/v1/documents?name=wool.txt", content=b"Delta weaves wool.").raise_for_status()
        client.post("/api/v1/documents?name=silk.txt", content=b"Delta weaves silk.").raise_for_status()
    wool, silk = (next(desk.store.folder.rglob(name)) for name in ("wool.txt", "silk.txt"))
    wool.write_text("Another text.")
    silk.unlink()
    manifest = back_up(desk.store.folder, tmp_path / "desk.zip")
    assert sorted(Path(name).name for name in manifest.changed) == ["silk.txt", "wool.txt"]
    restore(tmp_path / "desk.zip", tmp_path / "other")
    check_store(Store(tmp_path / "other"))


def test_a_folder_that_is_not_empty_is_left_alone_without_force(
    saved: tuple[Desk, Path], tmp_path: Path, run: Run
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "note.txt").write_text("mine")
    fails(run("restore", saved[1], "--index", tmp_path / "index"), "index is not empty: name another folder")
    assert [path.name for path in (tmp_path / "index").iterdir()] == ["note.txt"]
    done = run("restore", saved[1], "--index", tmp_path / "index", "--force", "--json")
    assert (done.code, done.json["documents"]) == (0, 3)
    assert (tmp_path / "index" / "note.txt").read_text() == "mine"


def test_an_index_that_is_served_is_not_replaced(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk = filled(tmp_path)
    uploads = Uploads(desk.store, lambda *_, **__: None)  # type: ignore[arg-type]
    with pytest.raises(BackupError, match="stop it, and start it again"):
        restore(saved[1], desk.store.folder, force=True)
    uploads.close()
    restore(saved[1], desk.store.folder, force=True)


def rewritten(archive: Path, to: Path, **changes: Any) -> Path:
    """The archive with a changed manifest, or with another store (``store``)."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w") as new:
        manifest = json.loads(old.read(MANIFEST))
        new.writestr("refdesk.sqlite3", changes.pop("store", None) or old.read("refdesk.sqlite3"))
        new.writestr("evil.txt", "x")
        new.writestr(MANIFEST, json.dumps({**manifest, **changes}))
    return to


def test_a_damaged_or_foreign_archive_changes_nothing(saved: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, archive = filled(tmp_path), saved[1]
    files = json.loads(Archive(archive).manifest.model_dump_json())["files"]
    evil = {"bytes": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}
    with zipfile.ZipFile(archive) as saved_as:
        (start,) = (info.header_offset for info in saved_as.infolist() if info.filename == "refdesk.sqlite3")
    flipped, undone = bytearray(archive.read_bytes()), bytearray(archive.read_bytes())
    flipped[500] ^= 1
    name_and_more = sum(struct.unpack_from("<HH", undone, start + 26))
    undone[start + 30 + name_and_more] = 0b111  # a block of a kind that there is not
    (tmp_path / "flipped.zip").write_bytes(flipped)
    (tmp_path / "undone.zip").write_bytes(undone)
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:-100])
    (tmp_path / "text.zip").write_text("no archive")
    attempts = {
        "is damaged": [
            tmp_path / "flipped.zip",
            tmp_path / "undone.zip",
            rewritten(archive, tmp_path / "other.zip", store=b"x" * 4096),
        ],
        "is no backup": [
            tmp_path / "cut.zip",
            tmp_path / "text.zip",
            rewritten(archive, tmp_path / "up.zip", files={**files, "../evil.txt": evil}),
            rewritten(archive, tmp_path / "deep.zip", files={**files, ".files/0123456789abcdef/..": evil}),
            rewritten(archive, tmp_path / "evil.zip", files={**files, "evil.txt": evil}),
            rewritten(archive, tmp_path / "without.zip", files={}),
            rewritten(archive, tmp_path / "strange.zip", more=1),
        ],
        "of another version": [rewritten(archive, tmp_path / "later.zip", format=2, refdesk="9.9")],
        "holds a damaged index": [rewritten(archive, tmp_path / "state.zip", state="another")],
        "cannot read": [tmp_path / "missing.zip"],
        "free some space": [
            rewritten(archive, tmp_path / "huge.zip", files={"refdesk.sqlite3": {**evil, "bytes": 10**16}})
        ],
    }
    before = json.dumps(answers(desk.store, desk))
    for reason, paths in attempts.items():
        for path in paths:
            with pytest.raises(BackupError, match=reason):
                restore(path, desk.store.folder, force=True)
    assert json.dumps(answers(desk.store, desk)) == before
    assert not list(desk.store.folder.glob(".restoring-*"))
    assert not (tmp_path / "evil.txt").exists()


def test_the_command_says_what_is_and_is_not_in_the_archive(run: Run, tmp_path: Path) -> None:
    desk = filled(tmp_path)
    known(desk)
    done = run("backup", "desk.zip", "--index", desk.store.folder)
    assert done.code == 0
    assert "3 documents, 3 passages of generation 1: desk.zip" in done.out
    assert "not in it: access.sqlite3, audit.jsonl (--users and --audit" in done.err
    fails(run("backup", "desk.zip", "--index", desk.store.folder), "desk.zip is there already")
    fails(run("backup", "none/desk.zip", "--index", desk.store.folder), "there is no folder none")
    fails(run("backup", "other.zip", "--index", tmp_path / "none"), "there is no index in")
    assert {path.name for path in tmp_path.iterdir()} == {"files", "index", "desk.zip"}
    assert run("backup", "all.zip", "--index", desk.store.folder, "--users", "--audit", "--json").json["left_out"] == []
    restored = run("restore", "all.zip", "--index", "again")
    assert restored.code == 0
    assert restored.err == "refdesk: private: plans (refdesk users list says who sees them)\n"
