"""Where the time of indexing goes, for a folder of many small files of all formats.

    python -m benchmarks.ingest [--files 1000] [--words 400]

Files are made in every format that Refdesk reads and this script can write, and indexed as by `refdesk index`. Printed
are the shares of the time spent waiting for files to be read, splitting, embedding and writing, and the processor time
of the reading processes; then the same for a second run, in which nothing has changed.
"""

from __future__ import annotations

import argparse
import csv
import email.message
import html
import io
import json
import platform
import random
import resource
import tempfile
import time
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path

from documents import workers
from documents.load import FORMATS, load, sample_paths
from documents.prepare import Preparing
from documents.split import Splitter
from documents.workers import Options, Outcome
from index.embed import Role, Vectors, load_embedder
from index.ingest import Ingest
from index.models import DEFAULT_EMBEDDER
from index.onnx import cores
from index.store import Store

Paragraphs = Sequence[str]


def _html(paragraphs: Paragraphs) -> bytes:
    body = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"<html><head><title>Notes</title></head><body><h1>Notes</h1>{body}</body></html>".encode()


def _csv(paragraphs: Paragraphs) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([["number", "text"], *enumerate(paragraphs)])
    return file.getvalue().encode()


def _jsonl(paragraphs: Paragraphs) -> bytes:
    return "\n".join(json.dumps({"text": paragraph}) for paragraph in paragraphs).encode()


def _mail(paragraphs: Paragraphs) -> bytes:
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.org", "bob@example.org", "Notes"
    message.set_content("\n\n".join(paragraphs))
    return message.as_bytes()


def _zip(paragraphs: Paragraphs) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, paragraph in enumerate(paragraphs):
            archive.writestr(f"{number}.txt", paragraph)
    return file.getvalue()


def _docx(paragraphs: Paragraphs) -> bytes:
    from docx import Document

    file, document = io.BytesIO(), Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


def _pptx(paragraphs: Paragraphs) -> bytes:
    from pptx import Presentation

    file, show = io.BytesIO(), Presentation()
    for paragraph in paragraphs:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.placeholders[1].text = paragraph
    show.save(file)
    return file.getvalue()


def _xlsx(paragraphs: Paragraphs) -> bytes:
    from openpyxl import Workbook

    file, book = io.BytesIO(), Workbook()
    for row in enumerate(paragraphs):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def _pdf(paragraphs: Paragraphs) -> bytes:
    """A minimal PDF file: one page of plain lines."""
    words, lines = " ".join(paragraphs).split(), []
    for start in range(0, len(words), 12):
        line = " ".join(words[start : start + 12])
        lines.append(
            line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        )
    stream = b"BT /F1 10 Tf 14 TL 50 780 Td " + b" ".join(b"(" + line + b") Tj T*" for line in lines) + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    return data + b"xref\n0 5\n0000000000 65535 f \n%strailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        start,
    )


MAKERS: dict[str, Callable[[Paragraphs], bytes]] = {
    ".txt": lambda paragraphs: "\n\n".join(paragraphs).encode(),
    ".md": lambda paragraphs: ("# Notes\n\n" + "\n\n".join(paragraphs)).encode(),
    ".rst": lambda paragraphs: ("Notes\n=====\n\n" + "\n\n".join(paragraphs)).encode(),
    ".html": _html,
    ".csv": _csv,
    ".json": lambda paragraphs: json.dumps([{"text": paragraph} for paragraph in paragraphs]).encode(),
    ".jsonl": _jsonl,
    ".eml": _mail,
    ".zip": _zip,
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".pdf": _pdf,
}


def make(folder: Path, count: int, words: int) -> dict[str, int]:
    """Write ``count`` files of about ``words`` shuffled words of the samples; returns the number of each format."""
    sentences = [line for path in sample_paths() for line in load(path).text.split("\n") if len(line.split()) > 5]
    chance, made = random.Random(7), dict[str, int]()
    suffixes = [suffix for suffix in MAKERS if suffix in FORMATS]
    for number in range(count):
        suffix, paragraphs = suffixes[number % len(suffixes)], list[str]()
        while sum(len(paragraph.split()) for paragraph in paragraphs) < words:
            paragraphs.append(f"{chance.choice(sentences)} Remark {chance.randrange(10**6)}.")
        (folder / f"{number:05}{suffix}").write_bytes(MAKERS[suffix](paragraphs))
        made[suffix] = made.get(suffix, 0) + 1
    return made


class Timed:
    """Counts the seconds that a run waits for the embedder, and for files to be read."""

    def __init__(self) -> None:
        self._embedder = load_embedder(DEFAULT_EMBEDDER)
        self.fingerprint = self._embedder.fingerprint
        self.embedding = self.reading = self.looking = 0.0

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        began = time.perf_counter()
        try:
            return self._embedder.embed(texts, role)
        finally:
            self.embedding += time.perf_counter() - began

    def read(
        self, paths: Iterable[Path], *, tick: Callable[[], None], options: Options, preparing: Preparing
    ) -> Generator[tuple[Path, Outcome], None, None]:
        """Like ``workers.read``; the time of its input (hashing files and looking them up) is counted separately."""

        def pulled() -> Generator[Path, None, None]:
            left = iter(paths)
            while True:
                began = time.perf_counter()
                path = next(left, None)
                self.looking += time.perf_counter() - began
                if path is None:
                    return
                yield path

        outcomes = workers.read(pulled(), tick=tick, options=options, preparing=preparing)
        while True:
            began, looked = time.perf_counter(), self.looking
            outcome = next(outcomes, None)
            self.reading += time.perf_counter() - began - (self.looking - looked)
            if outcome is None:
                return
            yield outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--words", type=int, default=400)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "files"
        folder.mkdir()
        made = make(folder, given.files, given.words)
        print(", ".join(f"{count} {suffix}" for suffix, count in made.items()))
        timed = Timed()
        ingest = Ingest(Store(Path(name) / "index"), timed, Splitter(), timed.read)
        began = time.perf_counter()
        report = ingest.update([folder])
        total = time.perf_counter() - began
        for path, reason in report.failed.items():
            print(f"failed: {path}: {reason}")
        rest = total - timed.embedding - timed.reading - timed.looking
        print(f"{len(report.added)} documents, {report.embedded} passages in {total:.1f} s, of which")
        for what, seconds in (
            ("waiting for files to be read", timed.reading),
            ("hashing files, asking what is known", timed.looking),
            ("embedding", timed.embedding),
            ("splitting, writing, the rest", rest),
        ):
            print(f"  {what:<36} {seconds:7.2f} s  {seconds / total:6.1%}")
        apart = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"  processor time of the reading processes {apart.ru_utime + apart.ru_stime:8.2f} s, beside all of this")
        began = time.perf_counter()
        again = ingest.update([folder])
        print(f"again: {len(again.unchanged)} unchanged in {time.perf_counter() - began:.2f} s")
        print(f"{cores()} cores, {platform.machine()}, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
