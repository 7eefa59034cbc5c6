"""An index and a run, which hold what documents say and what was asked of them, are their owner's alone to read.

Against: other accounts of the machine, whatever the umask; schemas of a received index that run our functions.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import Run
from evaluation_data import squad, word_harness
from fakes import Desk, filled

from index.store import FILE, Store, StoreError
from qa.evaluation import Harness

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    """The umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def readable(folder: Path) -> set[str]:
    """What others than the owner may read or enter, of the folder and all in it."""
    return {str(path.relative_to(folder)) for path in (folder, *folder.rglob("*")) if path.lstat().st_mode & 0o077}


def test_a_new_index_is_private_also_while_it_is_written(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    assert readable(desk.store.folder) == set()
    with desk.store.transaction():  # the log is there
        assert {path.name for path in desk.store.folder.glob(f"{FILE}-*")} == {f"{FILE}-wal", f"{FILE}-shm"}
        assert readable(desk.store.folder) == set()
    desk.write(b="Beta stores grain.")
    desk.ingest.update([desk.files])
    assert desk.search("What does Beta store?")[0] == "Beta stores grain."
    assert readable(desk.store.folder) == set()


def test_the_folders_above_are_as_the_user_wants_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "mine" / "index")
    store.create("words@1")
    assert oct((tmp_path / "mine").stat().st_mode & 0o777) == "0o777"
    assert oct(store.folder.stat().st_mode & 0o777) == "0o700"


def test_an_index_that_all_may_read_is_closed_when_it_is_next_written(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    others = desk.store.folder / "notes.txt"  # a file of the user's in that folder
    others.write_text("mine")
    (desk.store.folder / "link").symlink_to(others)
    for path in (desk.store.folder, *desk.store.folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o666)
    desk.ingest.update([desk.files])
    assert readable(desk.store.folder) == {".", "notes.txt", "link"}  # a folder that was there keeps its mode
    assert desk.search("What does Alpha pump?")[0] == "Alpha pumps water."


def test_a_run_is_private_and_one_that_all_may_read_is_closed_when_it_is_continued(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evaluated = ("eval", squad(tmp_path), "--task", "qa", "--json")
    folder = tmp_path / run(*evaluated).json["run"]
    assert {path.name for path in folder.iterdir()} >= {"config.json", "answers.jsonl", "texts.jsonl", "report.html"}
    assert readable(folder) == set()
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert tmp_path / run(*evaluated, "--resume").json["run"] == folder
    assert readable(folder) == set()
    assert oct(folder.parent.stat().st_mode & 0o777) == "0o777"  # as the user wants it


def test_a_received_index_runs_no_function_of_ours(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    with closing(sqlite3.connect(desk.store.path)) as db:
        db.execute("ALTER TABLE sources RENAME TO hidden")
        db.execute("CREATE VIEW sources AS SELECT * FROM hidden WHERE matches('a', path)")
    with pytest.raises(StoreError, match="unsafe use of matches"), desk.store.snapshot() as snapshot:
        snapshot.sources()
