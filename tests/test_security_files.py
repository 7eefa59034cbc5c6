"""Whatever a stranger's file costs is spent where it is read: within limits, and only until nobody waits for it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from counting import counted_apart
from fakes import ROOT, Desk, filled, small_splitter
from test_documents_workers import children
from test_qa_uploads import ANN, BOB, bring, ready, until, uploaded

from documents.document import MAX_CONTEXT, MAX_TITLE, Document, DocumentError, Part
from documents.formats import markdown
from documents.formats.registry import FORMATS
from documents.load import parts_of
from documents.prepare import Preparing, prepared
from documents.sketch import BLOCK, sketch
from documents.split import Splitter, TooManyChunksError
from documents.workers import IN_PROCESS_BYTES, Limits
from index.ingest import Ingest
from qa.serving.uploads.conversations import UploadLimits
from qa.serving.uploads.uploads import Uploads

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the limits are POSIX's")

LINES = "a\n"  # the shortest lines that a wrapped sentence may have
MARKS = "\u0316\u0300"  # marks below and above, in the order in which they must be sorted


class Counting:
    """Counts tokens, and how many characters it was given to count."""

    def __init__(self) -> None:
        self._count = Splitter().count
        self.characters = 0

    def __call__(self, text: str) -> int:
        self.characters += len(text)
        return self._count(text)


@pytest.mark.parametrize("text", [LINES * 20_000, ("w" + " " * 100) * 400, ("w" + " " * 9000) * 40, "a " * 20_000])
def test_no_text_is_counted_again_and_again(text: str) -> None:
    counting = Counting()
    chunks = Splitter(count=counting).split(Document(text))
    assert counting.characters < 45 * len(text)
    assert all(counting(chunk.text) <= 200 for chunk in chunks)


@pytest.mark.parametrize(
    "text", [LINES, "# a\n\n", "a.\n\n", MARKS, "|" + "-" * 12_000 + "x\n", "w" + " " * 100, "= \n", "é\n", "1.1 A\n\n"]
)
@pytest.mark.parametrize("suffix", [".txt", ".md"])
def test_the_worst_that_is_read_in_the_server_is_counted_a_few_times(text: str, suffix: str) -> None:
    counting = Counting()
    splitter = Splitter(count=counting)
    times = IN_PROCESS_BYTES // len(text.encode()) + 1
    data = (text * times).encode()[: IN_PROCESS_BYTES - 1].decode("utf-8", "ignore").encode()
    found = list(prepared(parts_of(b"b" + data, f"a{suffix}"), Preparing(splitter), "a"))
    assert found[0].prepared
    assert counting.characters < 45 * IN_PROCESS_BYTES


def test_marks_are_cut_in_every_format() -> None:
    data = f"<p>a{MARKS * 200_000}</p>".encode()
    assert len(FORMATS[".html"].parse(data, "a.html").text) <= 101


def test_no_text_is_split_in_the_server(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    splitter = Splitter(max_tokens=12, overlap_sentences=0, count=counted_apart)
    desk.write(large="Alpha pumps water. " * 5000, page__html="<p>Beta stores grain.</p>")
    with zipfile.ZipFile(desk.files / "c.zip", "w") as archive:
        archive.writestr("c.txt", "Gamma sells iron.")
    report = Ingest(desk.store, desk.embedder, splitter).update([desk.files])
    assert (len(report.added), report.failed) == (3, {})
    assert len(desk.search("grain iron water", limit=5)) > 2


def test_what_is_asked_of_another_process_must_be_found_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(a="Alpha pumps water.")
    ingest = Ingest(desk.store, desk.embedder, Splitter(count=lambda text: len(text.split())))
    with pytest.raises(ValueError, match="a function at the top of a module"):
        ingest.update([desk.files])


def test_a_file_of_too_many_passages_fails_before_any_is_embedded(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.write(
        long="\n\n".join(f"Number {number} weaves wool." for number in range(30_000)), short="Alpha pumps water."
    )
    with zipfile.ZipFile(desk.files / "many.zip", "w") as archive:
        for number in range(9):
            archive.writestr(f"{number}.txt", f"Number {number} weaves wool.")
    report = desk.ingest.update([desk.files], most=8)
    assert report.added == [desk.path("short.txt")]
    assert report.failed == {
        desk.path(name): f"{desk.path(name)}: more than 8 passages come out of it, the limit; split it into parts"
        for name in ("long.txt", "many.zip")
    }
    assert desk.embedder.embedded == ["Alpha pumps water."]


def test_a_document_of_too_many_passages_or_sections_fails_alone() -> None:
    long = Document("\n\n".join(f"Number {number} weaves wool here." for number in range(90)))
    parted = markdown.parse("# a\n\n# b\n\n# c\n\n# d\n\nText.")
    whole = Document("Alpha pumps water.")
    given = [Part("a.txt", long), Part("b.md", parted), Part("c.txt", whole)]
    how = Preparing(small_splitter(), most_each=5, most_sections=3)
    failed, parted_too, done = prepared(given, how, "x.zip")
    assert failed.reason == "x.zip/a.txt: more than 5 passages come out of it, the limit; split it into parts"
    assert parted_too.reason == "x.zip/b.md: more than 3 sections or pages, the limit; split it into parts"
    assert (failed.document, parted_too.document, done.document) == (None, None, whole)


def test_a_text_that_is_plainly_too_long_is_not_split_first() -> None:
    counting = Counting()
    with pytest.raises(TooManyChunksError):
        Splitter(count=counting).spans(Document(LINES * 2_000_000), 300)
    assert counting.characters < 300_000


def test_what_is_packed_far_smaller_than_it_is_is_refused() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.txt", f"{number}\n" + "x" * 1_000_000)
    assert len(data.getvalue()) < 50_000
    with pytest.raises(DocumentError, match=r"^a\.zip: packed 100 times smaller than it is"):
        list(parts_of(data.getvalue(), "a.zip"))


def test_a_title_without_end_is_not_embedded_with_every_passage() -> None:
    headings = "".join(f"{'#' * level} Level {level} {'endless ' * 10_000}\n\n" for level in range(1, 7))
    document = markdown.parse(headings + "Alpha pumps water. " * 500)
    assert max(len(section.title) for section in document.sections) == MAX_TITLE
    assert max(len(chunk.context) for chunk in small_splitter().split(document)) == MAX_CONTEXT


def test_a_long_text_has_the_sketch_it_would_have_in_one_block() -> None:
    words = " ".join(f"word{number * 7919 % 100_003}" for number in range(5_000))
    assert 20_000 < len(words) < BLOCK
    assert sketch(words, 10_000).tobytes() == sketch(words).tobytes()


@pytest.fixture
def uploads(tmp_path: Path) -> Iterator[tuple[Uploads, Desk]]:
    desk = filled(tmp_path)
    desk.ingest = Ingest(desk.store, desk.embedder, Splitter())
    made = Uploads(desk.store, desk.ingest, UploadLimits(passages=10**6))  # so many that long texts are split
    yield made, desk
    made.close()


def test_others_go_on_while_a_file_is_split_and_its_end_ends_the_work(uploads: tuple[Uploads, Desk]) -> None:
    made, desk = uploads
    slow = bring(made, ANN, "slow.txt", LINES * 2_000_000)
    until(lambda: bool(children(os.getpid())))
    small = bring(made, BOB, "small.txt", "Delta weaves wool.")
    ready(small)
    assert (small.state, slow.state) == ("ready", "reading")
    made.end(ANN)
    until(lambda: not children(os.getpid()))
    assert uploaded(desk) == ["small.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_a_reader_ends_with_its_server_even_when_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_text("spin")
    program = "import sys; from pathlib import Path; from documents import workers\n" + (
        "list(workers.read([Path(sys.argv[1])], reader='hostile_reader'))"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a.bin")], env={**os.environ, "PYTHONPATH": paths}
    )
    until(lambda: bool(children(server.pid)) and processor_time(children(server.pid)[0]) > 0.5)
    (reader,) = children(server.pid)
    server.kill()
    server.wait()
    until(lambda: not is_running(reader))


def processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_limits_hold_for_splitting(tmp_path: Path) -> None:
    from functools import partial

    from documents import workers

    desk = Desk(tmp_path)
    desk.write(slow=LINES * 1_000_000, quick="Alpha pumps water.")
    read = partial(workers.read, limits=Limits(seconds=2, processes=1))
    report = Ingest(desk.store, desk.embedder, Splitter(), read).update([desk.files])
    assert report.added == [desk.path("quick.txt")]
    assert "reading it took longer than 2 seconds" in report.failed[desk.path("slow.txt")]
