"""A full disk keeps nobody from asking: what can be read is read, and the index is not harmed."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fakes import filled
from small_disk import fill, small_disk

from index.lexical import FOLDER
from index.store import FILE, Store, StoreError

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
