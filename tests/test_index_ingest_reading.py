"""Archives, unchanged files that are not read again, and files that crash or hang what reads them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import mild_reader
import pytest
from fakes import ROOT, Desk, small_splitter

from documents.prepare import Preparing
from documents.workers import Limits, Options, Outcome
from index.ingest import Ingest, remove
from index.report import Progress

LIMITS = Limits(seconds=20, memory=512 * 1024**2, processes=2)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the readers' limits are POSIX's")


class Reading:
    """Reads as ``hostile_reader`` does and remembers which files it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(
        self, paths: Iterable[Path], *, tick: Callable[[], None], options: Options, preparing: Preparing
    ) -> Generator[tuple[Path, Outcome], None, None]:
        def recorded() -> Generator[Path, None, None]:
            for path in paths:
                self.given.append(path.name)
                yield path

        return mild_reader.read(recorded(), LIMITS, tick, options, preparing)


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def desk(tmp_path: Path, reading: Reading) -> Desk:
    desk = Desk(tmp_path)
    desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), reading)
    return desk


def sources(desk: Desk) -> dict[str, str]:
    """The text of every source by its path within the desk's files."""
    with desk.store.snapshot() as snapshot:
        found = {}
        for source in snapshot.sources():
            document = snapshot.document(source.document_id)
            assert document is not None
            found[Path(source.path).relative_to(desk.files).as_posix()] = document.text
        return found


def test_an_archive_is_indexed_like_a_folder(desk: Desk) -> None:
    desk.write(box="archive Alpha pumps water.|Beta stores grain.|")
    report = desk.ingest.update([desk.files])
    assert sources(desk) == {"box.txt/0.txt": "Alpha pumps water.", "box.txt/1.txt": "Beta stores grain."}
    assert report.failed == {desk.path("box.txt/2.txt"): "empty"}
    desk.write(box="archive Alpha pumps oil.")
    report = desk.ingest.update([desk.files])
    assert (report.changed, report.removed) == ([desk.path("box.txt/0.txt")], [desk.path("box.txt/1.txt")])
    assert sources(desk) == {"box.txt/0.txt": "Alpha pumps oil."}
    (desk.files / "box.txt").unlink()
    assert desk.ingest.update([desk.files]).removed == [desk.path("box.txt/0.txt")]


def test_a_member_that_can_no_longer_be_read_stays_indexed_as_it_was(desk: Desk) -> None:
    desk.write(box="archive Alpha pumps water.|Beta stores grain.")
    desk.ingest.update([desk.files])
    desk.write(box="archive Alpha pumps water.|")
    for _ in range(2):
        report = desk.ingest.update([desk.files])
        assert (report.removed, list(report.failed)) == ([], [desk.path("box.txt/1.txt")])
    assert set(sources(desk)) == {"box.txt/0.txt", "box.txt/1.txt"}


def test_an_unchanged_file_is_not_read_again(desk: Desk, reading: Reading) -> None:
    desk.write(box="archive Alpha pumps water.||Gamma sells iron.", plain="say Delta.")
    first = desk.ingest.update([desk.files])
    os.utime(desk.files / "plain.txt", (1000, 1000))
    again = desk.ingest.update([desk.files])
    assert reading.given == ["box.txt", "plain.txt"]
    assert again.unchanged == first.added
    assert again.failed == first.failed  # it is still not all there
    with desk.store.snapshot() as snapshot:
        dates = {Path(source.path).name: source.modified for source in snapshot.sources()}
    assert dates == {"0.txt": 5.0, "2.txt": 5.0, "plain.txt": 1000.0}


@pytest.mark.parametrize("what", ["parser", "splitter", "removed", "collection", "options"])
def test_an_unchanged_file_is_read_again_when_the_way_it_is_read_changed(
    desk: Desk, reading: Reading, what: str
) -> None:
    desk.write(box="archive Alpha pumps water.|Beta stores grain.")
    desk.ingest.update([desk.files])
    if what == "parser":
        desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), reading, parsers="another version")
    elif what == "splitter":
        desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(5), reading)
    elif what == "removed":
        remove(desk.store, [desk.files / "box.txt" / "1.txt"])
    options = {"ending": " Indeed.", "fields": ["a", "b"]} if what == "options" else {}
    desk.ingest.update([desk.files], collection="second" if what == "collection" else "default", options=options)
    desk.ingest.update([desk.files], collection="second" if what == "collection" else "default", options=options)
    assert reading.given == ["box.txt", "box.txt"]
    end = " Indeed." if what == "options" else ""
    assert sources(desk) == {
        "box.txt/0.txt": f"Alpha pumps water.{end}", "box.txt/1.txt": f"Beta stores grain.{end}"
    }  # fmt: skip


def test_a_member_whose_name_leads_out_of_its_archive_stays_inside(desk: Desk) -> None:
    desk.write(box="archive ../../etc/passwd|/etc/shadow|.. /./a.txt|C:/x\\y.txt")
    desk.ingest.update([desk.files])
    assert sorted(sources(desk)) == [f"box.txt/{name}" for name in ("a.txt", "etc/passwd", "etc/shadow", "x/y.txt")]


def test_a_file_that_crashes_its_reader_fails_alone(desk: Desk) -> None:
    desk.write(a="say Alpha pumps water.", b="crash", c="raise", d="say Delta.")
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("a.txt"), desk.path("d.txt")]
    assert list(report.failed) == [desk.path("b.txt"), desk.path("c.txt")]
    assert all(reason.startswith(path) and "\n" not in reason for path, reason in report.failed.items())
    desk.write(b="say Beta.")
    again = desk.ingest.update([desk.files])
    assert (again.added, list(again.failed)) == ([desk.path("b.txt")], [desk.path("c.txt")])


def test_a_large_archive_is_written_in_transactions_of_a_bounded_size(desk: Desk, reading: Reading) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), reading, characters_at_once=40)
    desk.write(box="archive " + "|".join(f"Member {number} is short." for number in range(6)))
    events: list[Progress] = []

    def interrupted(progress: Progress) -> None:
        events.append(progress)
        if progress.embedded == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest.update([desk.files], on_progress=interrupted)
    assert [event.bytes for event in events] == sorted(event.bytes for event in events)
    assert len(sources(desk)) == 2
    report = ingest.update([desk.files])
    assert (len(report.unchanged), len(report.added), report.embedded) == (2, 4, 4)


def test_a_moved_archive_is_not_embedded_again(desk: Desk) -> None:
    desk.write(box="archive Alpha pumps water.|Beta stores grain.")
    desk.ingest.update([desk.files])
    (desk.files / "box.txt").rename(desk.files / "crate.txt")
    report = desk.ingest.update([desk.files])
    assert (len(report.added), len(report.removed), report.embedded) == (2, 2, 0)


def test_progress_is_reported_while_a_file_is_read_and_can_end_the_run(desk: Desk) -> None:
    desk.write(a="say Alpha.", b="hang")
    names: list[str] = []

    def stop(progress: Progress) -> None:
        names.append(Path(progress.path).name)
        if names.count("b.txt") == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.ingest.update([desk.files], on_progress=stop)
    assert names.count("b.txt") == 3  # the run does not wait any longer
    assert sources(desk) == {"a.txt": "say Alpha."}


RUN = """
import sys
from itertools import islice
from pathlib import Path
from fakes import Desk, small_splitter
from test_index_ingest_reading import LIMITS
from documents import workers
from index.ingest import Ingest
def read(paths, *, tick, options, preparing):
    # Two files with time enough on a busy machine, then one that ends its reader soon.
    paths = iter(paths)
    for limits in (LIMITS, workers.Limits(seconds=2, processes=1)):
        yield from workers.read(islice(paths, 2), limits, tick, "hostile_reader", options, preparing)
desk = Desk(Path(sys.argv[1]))
desk.ingest = Ingest(desk.store, desk.embedder, small_splitter(), read)
desk.ingest.update([desk.files], on_progress=lambda progress: print(progress.files, flush=True))
"""


def test_a_killed_run_leaves_no_reader_behind_and_the_next_run_continues(desk: Desk, reading: Reading) -> None:
    desk.write(a="say Alpha.", b="say Beta.", c="spin")
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(desk.files.parent)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as run:
        assert run.stdout
        for line in run.stdout:
            if line == "2\n":
                break
        (reader,) = children(run.pid)
        ended = os.pidfd_open(reader)  # readable once the process has ended
        run.send_signal(signal.SIGKILL)
    assert select.select([ended], [], [], 30)[0]
    os.close(ended)
    desk.write(c="say Gamma.")
    report = desk.ingest.update([desk.files])
    assert (len(report.unchanged), len(report.added)) == (2, 1)
    assert reading.given == ["c.txt"]


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
