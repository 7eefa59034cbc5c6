"""A watched index stays up to date, whatever happens to its files."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fakes import ROOT

from index.report import Report
from index.store import Store, StoreError
from index.watch import Updater

PROGRAM = """
import sys
from pathlib import Path
from fakes import Desk
from index.watch import watch
desk = Desk(Path(sys.argv[1]))
roots = [Path(name) for name in sys.argv[2:]]
desk.ingest.update(roots)
def say(line):
    print(line, flush=True)
say("begins")
watch(roots, desk.store.folder, lambda changed: desk.ingest.update(roots, only=changed), say)
print("ended", flush=True)
"""


@contextmanager
def watching(folder: Path, *roots: Path) -> Iterator[queue.Queue[str]]:
    """The lines that a watching process says; at the end it is interrupted, and must then exit with status 0."""
    lines: queue.Queue[str] = queue.Queue()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), *map(str, roots)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
    )
    output = process.stdout
    assert output

    def read() -> None:
        for line in output:
            lines.put(line.rstrip("\n"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        assert lines.get(timeout=20) == "begins"
        yield lines
        process.send_signal(signal.SIGINT)
        assert lines.get(timeout=20) == "ended"
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        reader.join()
        output.close()


def texts(folder: Path) -> list[str]:
    with Store(folder / "index").snapshot() as snapshot:
        return [document.text for source in snapshot.sources() if (document := snapshot.document(source.document_id))]


def test_each_change_is_indexed_and_said_in_a_line(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.txt").write_text("Alpha pumps water.")
    with watching(tmp_path, tmp_path) as lines:  # the index lies below what is watched
        (files / "late.txt").write_text("This may come before it watches.")
        assert lines.get(timeout=20) == f"added {files / 'late.txt'}"
        (files / "a.txt").write_text("Alpha pumps oil.")
        assert lines.get(timeout=20) == f"changed {files / 'a.txt'}"
        (files / "late.txt").unlink()
        assert lines.get(timeout=20) == f"removed {files / 'late.txt'}"
        (files / "sub").mkdir()
        (files / "sub" / "b.txt").write_text("Beta stores grain.")
        assert lines.get(timeout=20) == f"added {files / 'sub' / 'b.txt'}"
        (files / "sub").rename(files / "moved")
        assert [lines.get(timeout=20) for _ in range(2)] == [
            f"added {files / 'moved' / 'b.txt'}",
            f"removed {files / 'sub' / 'b.txt'}",
        ]
        (files / "bad.txt").write_bytes(bytes(range(256)) * 8)
        assert lines.get(timeout=20).startswith(f"failed {files / 'bad.txt'}: not a text file")
        (files / ".refdeskignore").write_text("!\n")
        assert "Invalid git pattern" in lines.get(timeout=20)
        (files / ".refdeskignore").write_text("*.md\n")
        (files / "c.md").write_text("# Gamma")
        (files / "bad.txt").write_text("Mended now.")
        assert lines.get(timeout=20) == f"added {files / 'bad.txt'}"
        assert lines.empty()
    assert sorted(texts(tmp_path)) == ["Alpha pumps oil.", "Beta stores grain.", "Mended now."]


def test_a_single_file_is_watched_and_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Alpha pumps water.")
    with watching(tmp_path, tmp_path / "a.txt") as lines:
        (tmp_path / "other.txt").write_text("Not asked for.")
        (tmp_path / "new.part").write_text("Alpha pumps oil.")
        (tmp_path / "new.part").replace(tmp_path / "a.txt")
        assert lines.get(timeout=20) == f"changed {tmp_path / 'a.txt'}"
        (tmp_path / "a.txt").unlink()
        assert lines.get(timeout=20) == f"no such file or folder: {tmp_path / 'a.txt'}"
        (tmp_path / "a.txt").write_text("Alpha is back.")
        assert lines.get(timeout=20) == f"changed {tmp_path / 'a.txt'}"
    assert texts(tmp_path) == ["Alpha is back."]


def test_a_pattern_is_watched_and_its_folder_may_be_replaced(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.md").write_text("Alpha pumps water.")
    with watching(tmp_path, files / "*.md") as lines:
        (files / "b.txt").write_text("Not asked for.")
        (files / "c.md").write_text("Gamma sells iron.")
        assert lines.get(timeout=20) == f"added {files / 'c.md'}"
        files.rename(tmp_path / "before")
        assert lines.get(timeout=20) == f"nothing matches {files / '*.md'}"
        files.mkdir()
        (files / "d.md").write_text("Delta weaves wool.")
        said = [lines.get(timeout=20) for _ in range(3)]
        assert said == [f"added {files / 'd.md'}", f"removed {files / 'a.md'}", f"removed {files / 'c.md'}"]
        (files / "e.md").write_text("Epsilon carves wood.")
        assert lines.get(timeout=20) == f"added {files / 'e.md'}"


def test_a_failure_is_said_once_although_all_files_are_compared_again() -> None:
    reports = [{"a": "a: old"}, {"a": "a: old", "b": "b: new"}, {"a": "a: old", "b": "b: new"}, {"b": "b: new"}]
    said: list[str] = []
    remaining = iter(reports)
    updater = Updater(lambda _: Report(failed=next(remaining)), said.append)
    for changed in (None, None, None, [Path("b")]):
        updater.run(changed)
    assert said == ["failed b: new", "failed b: new"]


def test_an_index_that_cannot_be_written_just_now_is_tried_again_and_that_said_once() -> None:
    outcomes: list[StoreError | Report] = [
        StoreError("busy"),
        StoreError("busy"),
        Report(added=["a"]),
        StoreError("busy"),
    ]
    said: list[str] = []
    remaining = iter(outcomes)

    def update(_: object) -> Report:
        outcome = next(remaining)
        if isinstance(outcome, StoreError):
            raise outcome
        return outcome

    updater = Updater(update, said.append)
    assert [updater.run(None) for _ in outcomes] == [False, False, True, False]
    assert said == ["busy", "added a", "busy"]
