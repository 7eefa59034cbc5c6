"""A full disk keeps nobody from asking: what can be read is read, and the index is not harmed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from access_desk import served
from api_server import api_over
from fakes import Desk, filled, small_splitter
from small_disk import fill, read_only, small_disk
from starlette.testclient import TestClient

from index.ingest import Ingest
from index.lexical import FOLDER
from index.report import Report
from index.store import FILE, Store, StoreError
from qa.serving.access.access_control import EVERYONE
from qa.serving.access.asker import CONVERSATION
from qa.serving.api.library import Library
from qa.serving.chat.routes import Extras
from qa.serving.uploads.receive import NOT_KEPT
from qa.serving.uploads.uploads import Uploads

TESTS = Path(__file__).parent
# No file of this process may grow by a byte, as if the disk were full.
LIMITED = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from fakes import Desk
print(Desk(Path(sys.argv[1])).search("pumps water", limit=1))
"""


def test_an_index_is_searched_where_no_file_may_grow(tmp_path: Path) -> None:
    filled(tmp_path)
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "['Alpha pumps water.']\n", done.stderr


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    with small_disk(tmp_path / "disk", "1M") as folder:
        yield folder


def damaged(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"garbage")


@pytest.mark.parametrize("lexical", ["there", "missing", "damaged", "outdated"])
def test_an_index_on_a_full_disk_is_searched_and_stays_whole(disk: Path, lexical: str) -> None:
    desk = filled(disk)
    folder = desk.store.folder / FOLDER
    if lexical == "missing":
        shutil.rmtree(folder)
    elif lexical == "damaged":
        damaged(folder)
    elif lexical == "outdated":
        (folder / "refdesk.json").unlink()
    fill(disk)
    assert desk.search("pumps water", limit=1) == ["Alpha pumps water."]
    (disk / "filler").unlink()
    with closing(sqlite3.connect(desk.store.folder / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert desk.search("stores grain", limit=1) == ["Beta stores grain."]


def test_what_a_full_disk_cannot_take_is_told_in_one_line_and_changes_nothing(disk: Path) -> None:
    desk = filled(disk)
    before = desk.counts()
    (disk / "files" / "d.txt").write_text("Delta grows hops.")
    fill(disk)
    with pytest.raises(StoreError, match="free some space") as raised:
        desk.ingest.update([desk.files])
    assert "\n" not in str(raised.value)
    assert desk.counts() == before
    (disk / "filler").unlink()
    desk.ingest.update([desk.files])
    assert desk.search("grows hops", limit=1) == ["Delta grows hops."]


def test_where_there_is_no_room_for_a_copy_either_one_line_says_so(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = filled(disk)
    shutil.rmtree(desk.store.folder / FOLDER)
    monkeypatch.setattr("tempfile.tempdir", str(disk))
    fill(disk)
    with pytest.raises(StoreError, match="free some space") as raised:
        desk.search("pumps water")
    assert "\n" not in str(raised.value)


def test_the_store_is_read_beside_a_log_that_a_killed_writer_left(disk: Path) -> None:
    desk = filled(disk)
    script = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute('UPDATE meta SET value = 7 WHERE key = ?', ('generation',))\n"
        "db.commit()\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(desk.store.path)], check=False)
    assert (desk.store.folder / f"{FILE}-wal").stat().st_size
    fill(disk)
    with Store(desk.store.folder).snapshot() as snapshot:
        assert snapshot.generation == 7


@pytest.fixture
def served_by(disk: Path) -> Iterator[tuple[Desk, TestClient]]:
    """A desk on the disk, and a browser before it that brings files."""
    desk = filled(disk)
    with closing(Uploads(desk.store, desk.ingest)) as uploads:
        app = served(api_over(desk), EVERYONE, Extras(uploads))
        with TestClient(app, base_url="http://localhost", headers={CONVERSATION: "0" * 32}) as client:
            yield desk, client


SENT = {"the chat": "/uploads?name=d.txt", "the API": "/api/v1/documents?name=d.txt"}


@pytest.mark.parametrize("path", SENT.values(), ids=SENT)
def test_a_file_for_which_there_is_no_room_is_refused_and_the_log_says_why(
    served_by: tuple[Desk, TestClient], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk, client = served_by
    fill(desk.files.parent)
    refused = client.post(path, content=b"Delta grows hops." * 500)
    assert (refused.status_code, NOT_KEPT in refused.text) == (507, True)
    assert "d.txt cannot be written: No space left on device" in caplog.text
    (desk.files.parent / "filler").unlink()
    assert client.post(path, content=b"Delta grows hops.").status_code in (200, 201)


@pytest.mark.parametrize("path", SENT.values(), ids=SENT)
def test_a_file_for_an_index_that_is_only_read_is_refused(
    served_by: tuple[Desk, TestClient], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk, client = served_by
    with read_only(desk.store.folder):
        refused = client.post(path, content=b"Delta grows hops.")
    assert (refused.status_code, NOT_KEPT in refused.text) == (507, True)
    assert "cannot be written: Read-only file system" in caplog.text


class FullIndex(Ingest):
    """Reads files, and finds no room for what is in them."""

    def update(self, *_: object, **__: object) -> Report:
        raise StoreError("free some space")


def test_a_file_that_cannot_be_indexed_leaves_the_one_that_it_would_replace(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    ingests = (desk.ingest, FullIndex(desk.store, desk.embedder, small_splitter()))
    for ingest, text in zip(ingests, ("Delta grows hops.", "Delta grows tea."), strict=True):
        library = Library(desk.store, ingest, 100)
        path = library.begin("d.txt", len(text))
        path.write_text(text)
        with suppress(StoreError):
            _, kept = library.add(path, "default")
        library.release(path)
    assert kept.read_text() == "Delta grows hops."
