"""Hostile files and folders, indexed in a process of their own; and that process killed.

An attack succeeds if indexing crashes, hangs, takes more memory than allowed, or does not index the honest file beside
the hostile ones; a kill succeeds if the store is damaged or the next run does not finish the work.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.attacks import Tried

SECONDS = 40.0  # that a run may take beside what its files may
FILE_SECONDS = 5
MEMORY = 1024**3  # bytes of the run and of each reader
KILLS = 20
HONEST = "Alpha pumps water. Beta stores grain."

RUN = """
import sys, json, resource
from functools import partial
from pathlib import Path
import numpy as np
from documents import workers
from documents.split import Splitter
from index.ingest import Ingest
from index.store import Store

class Quick:
    fingerprint = "lengths@1"
    def embed(self, texts, role):
        return np.asarray([[len(text), 1.0] for text in texts], dtype=np.float32)

read = partial(workers.read, limits=workers.Limits(seconds=int(sys.argv[3]), memory=512 * 1024**2, processes=1))
report = Ingest(Store(Path(sys.argv[1])), Quick(), Splitter(), read).update([Path(sys.argv[2])], most=3000)
used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"added": report.added, "failed": report.failed, "memory": used * 1024}))
"""


def attack(folder: Path) -> Iterator[Tried]:
    """Hostile texts, tables, archives, damaged files, folders and patterns; kills."""
    yield from _files(folder / "texts", "texts that cost more than they weigh", _texts())
    yield from _files(folder / "tables", "tables of a shape that no table has", _tables())
    yield from _files(folder / "packed", "files packed to unfold", _packed())
    yield from _files(folder / "damaged", "files with bytes changed", _damaged())
    yield _folders(folder / "folders")
    yield _patterns()
    yield _killed(folder / "killed")


def _texts() -> Iterator[tuple[str, bytes]]:
    units = {
        "lines": "a\n", "words": "a ", "letters": "a", "headings": "# a\n\n", "marks": "\u0316\u0300",
        "rules": "|--x\n", "spaces": "w" + " " * 100, "wide spaces": "w" + " " * 9000, "stops": "A. ", "dots": ".",
        "fences": "```\n", "brackets": "[", "stars": "*", "emoji": "\U0001f600", "Han": "\u4e2d", "quotes": '"',
        "underlined": "a\n=\n", "numbered": "1.1 A\n\n", "cells": "| a |\n", "links": "[a](b", "latin": "\u00e9",
    }  # fmt: skip
    for name, unit in units.items():
        for suffix in (".txt", ".md", ".html", ".csv", ".rst", ".json"):
            for size in (60_000, 1_000_000) if suffix == ".txt" else (60_000,):
                text = (unit * (size // len(unit) + 1))[:size]
                yield f"{name} {size}{suffix}", (json.dumps([text]) if suffix == ".json" else text).encode()


def _tables() -> Iterator[tuple[str, bytes]]:
    def rows(cell: str, columns: int, count: int) -> str:
        return f"|{f'{cell}|' * columns}\n" * count

    def page(*rows: str) -> str:
        return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"

    head, body, tall = "<th>a</th><th>b</th>", "<td>1</td><td>2</td>", '<td rowspan="1000">x</td><td>1</td>'
    pages = {
        "merged cells": page(head, *[tall, *["<td>1</td>"] * 999] * 20),
        "headings of columns": page(*[head, body] * 20_000),
        "columns": page(*(f"<{tag}>a</{tag}>" * 30_000 for tag in ("th", "th", "td"))),
    }
    texts = {
        "100,000 columns.md": rows("a", 100_000, 1) + rows("-", 100_000, 1) + rows("1", 100_000, 1),
        "10,000 columns.md": rows("a", 10_000, 1) + rows("-", 10_000, 1) + rows("12345", 10_000, 3),
        "two rows of headings.txt": rows("a", 5_000, 2) + rows("-", 5_000, 1) + rows("1", 5_000, 9),
        "100,000 rows.md": rows("a", 3, 1) + rows("-", 3, 1) + rows("1", 3, 100_000),
        "long headings.md": rows("word " * 5_000, 20, 1) + rows("-", 20, 1) + rows("1", 20, 10_000),
        "20,000 tables.md": (rows("a", 2, 1) + rows("-", 2, 1) + rows("1", 2, 1) + "\n") * 20_000,
        "columns.csv": "\n".join([",".join("a" * 100_000), *[",".join("1" * 100_000)] * 3]),
        **{f"{name}.html": text for name, text in pages.items()},
        **{f"{name} in Markdown.md": text.replace("<tr>", "\n<tr>") for name, text in pages.items()},
    }
    yield from ((name, text.encode()) for name, text in texts.items())


def _zip(members: Iterable[tuple[str, bytes]]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return data.getvalue()


def _packed() -> Iterator[tuple[str, bytes]]:
    lines = b"a\n" * 500_000
    for count in (1, 15, 160):
        yield f"{count} members of 1 MB.zip", _zip((f"{number}.txt", lines) for number in range(count))
    inner = _zip((f"{number}.txt", lines) for number in range(10))
    for depth in range(1, 6):
        yield f"nested {depth} deep.zip", inner
        inner = _zip((f"{number}.zip", inner) for number in range(10))
    yield "20,001 members.zip", _zip((f"{number}.txt", b"a") for number in range(20_001))
    yield "names that lead out.zip", _zip((f"../../{number}.txt", b"a text") for number in range(50))
    for name in ("word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"):
        suffix = {"w": "docx", "x": "xlsx", "p": "pptx"}[name[0]]
        yield f"a bomb.{suffix}", _zip([(name, b"<a>" + b" " * 90_000_000 + b"</a>")])
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield (
        "laughs.docx",
        _zip([("word/document.xml", f'<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]><a>&l9;</a>'.encode())]),
    )
    yield "deep.json", b"[" * 1_000_000
    yield "deep.html", b"<div>" * 200_000
    yield "numbers.json", b"[" + b"1," * 3_000_000 + b"1]"


def _damaged() -> Iterator[tuple[str, bytes]]:
    rng = random.Random(7)
    samples = {".zip": _zip([("a.txt", b"Some text. " * 50), ("b.md", b"# Head\n\nText.")])}
    samples[".json"] = json.dumps([{"title": "A", "text": "Some text. " * 20}] * 5).encode()
    samples[".html"] = b"<html><title>A</title><table><tr><td>1</td></tr></table><p>Text.</p></html>" * 5
    samples[".eml"] = b"From: a@b.c\nSubject: A\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nText.\n--x--\n"
    samples[".pdf"] = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 9>>endobj\n"
    )
    for suffix, sample in samples.items():
        for number in range(30):
            data = bytearray(sample)
            for _ in range(rng.randint(1, 12)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            yield f"{number}{suffix}", bytes(data[: rng.randint(len(data) // 2, len(data))])
    for suffix in (".txt", ".docx", ".pdf", ".png", ".epub", ".xlsx", ".mbox", ".jsonl"):
        yield f"noise{suffix}", rng.randbytes(50_000)


def _files(folder: Path, what: str, made: Iterator[tuple[str, bytes]]) -> Iterator[Tried]:
    """The files of a kind, beside an honest one, a few in each run."""
    given, succeeded = list(made), list[str]()
    for start in range(0, len(given), 24):
        batch = given[start : start + 24]
        files = folder / str(start)
        files.mkdir(parents=True)
        for name, data in batch:
            (files / name).write_bytes(data)
        (files / "honest.txt").write_text(HONEST)
        reason = _run(folder / f"index{start}", files, SECONDS + FILE_SECONDS * len(batch))
        if reason:
            succeeded.append(f"{what}, {batch[0][0]} to {batch[-1][0]}: {reason}")
        shutil.rmtree(files)
    yield Tried(what, len(given), tuple(succeeded))


def _command(index: Path, files: Path) -> list[str]:
    return [sys.executable, "-c", RUN, str(index), str(files), str(FILE_SECONDS)]


def _run(index: Path, files: Path, seconds: float = SECONDS) -> str:
    """What went wrong in a run over the files; "" if the honest file was indexed."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY, 2 * MEMORY))

    command = _command(index, files)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, preexec_fn=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {seconds:.0f} s"
    if done.returncode:
        return f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    report = json.loads(done.stdout)
    if not any(path.endswith("honest.txt") for path in report["added"]):
        return "the honest file was not indexed"
    if links := [path for path in report["added"] if Path(path).is_symlink()]:
        return f"what links lead to was read: {links}"
    if report["memory"] > MEMORY:
        return f"{report['memory'] // 1024**2} MB"
    return next((f"a reason of two lines: {why!r}" for why in report["failed"].values() if "\n" in why), "")


def _ignore(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """An ignore file, made so."""
    return lambda folder: make(folder / ".refdeskignore")


def _deep(name: str, levels: int) -> Callable[[Path], object]:
    """A file below so many folders of that name, which may be more than a path can hold."""
    program = "import os\nfor _ in range({1}): os.mkdir({0!r}); os.chdir({0!r})\nopen('a.txt', 'w').write('Deep.')"
    return lambda folder: subprocess.run([sys.executable, "-c", program.format(name, levels)], cwd=folder, check=True)


def _links(folder: Path) -> None:
    for number, target in enumerate((".", ".", "..", "/", "/proc", "/dev", "0", "missing")):
        (folder / str(number)).symlink_to(target)


def _no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    for number, target in enumerate(("/dev/zero", "/dev/stdin", "/proc/kmsg", "/etc/passwd", "pipe.txt")):
        (folder / f"{number}.md").symlink_to(target)
    (folder / "folder.pdf").mkdir()


def _names(folder: Path) -> None:
    for name in (
        b"a\nb.txt",
        b"\x1b[31m.txt",
        b"\xff.txt",
        b"-rf.txt",
        b"%s.txt",
        b"*.txt",
        b"x" * 240 + b".txt",
        b"\\..txt",
    ):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text("Text.")


HOSTILE: dict[str, Callable[[Path], object]] = {
    "a pipe": _ignore(os.mkfifo),
    "a device": _ignore(lambda path: path.symlink_to("/dev/zero")),
    "a link to itself": _ignore(lambda path: path.symlink_to(path.name)),
    "a folder": _ignore(Path.mkdir),
    "a terabyte": _ignore(lambda path: (path.touch(), os.truncate(path, 1024**4))),
    "no text": _ignore(lambda path: path.write_bytes(b"\xff\xfe\xff")),
    "many patterns": _ignore(lambda path: path.write_text("a*b*c\n" * 20_000)),
    "wrong patterns": _ignore(lambda path: path.write_text("[z-a]\n!\n")),
    "1,500 levels": _deep("d", 1500),
    "a path of 10,000 bytes": _deep("x" * 200, 50),
    "links": _links,
    "no files": _no_files,
    "names": _names,
}


def _folders(folder: Path) -> Tried:
    """Each hostile folder, beside an honest one."""
    succeeded = list[str]()
    for number, (what, make) in enumerate(HOSTILE.items()):
        files = folder / str(number)
        (files / "bad").mkdir(parents=True)
        make(files / "bad")
        (files / "honest.txt").write_text(HONEST)
        if reason := _run(folder / f"index{number}", files):
            succeeded.append(f"{what}: {reason}")
        subprocess.run(["rm", "-rf", str(files)], check=True)  # shutil's way fails in deep folders
    return Tried("hostile folders beside an honest one", len(HOSTILE), tuple(succeeded))


def _patterns() -> Tried:
    """Patterns with repeated parts, matched with names that almost match."""
    from documents.document import DocumentError
    from documents.patterns import Patterns

    rng = random.Random(3)
    parts = ("a", "*", "a*", "*a", "?", "[a-z]", "[!b]", "**", "/", "/**/", "**/", "*?", "a**", "[ab]*")
    names = ("a" * 250, "/".join(["a" * 250] * 16), "a/" * 2000 + "c")
    succeeded = list[str]()
    for _ in range(300):
        pattern = "".join(rng.choices(parts, k=rng.randint(1, 4))) * rng.randint(1, 30) + rng.choice(["", "b", "!"])
        began = time.thread_time()
        try:
            compared = Patterns([pattern], "x")
            for name in names:
                compared.decision(name)
        except DocumentError:
            pass  # it is refused
        if (took := time.thread_time() - began) > 2:
            succeeded.append(f"{pattern[:60]}: {took:.0f} s")
    return Tried("patterns that might take exponential time", 300, tuple(succeeded))


def _killed(folder: Path) -> Tried:
    """Runs killed at random moments: the store must stay intact, and the last run must finish the work."""
    from index.store import FILE

    rng, succeeded = random.Random(11), list[str]()
    files, index = folder / "files", folder / "index"
    files.mkdir(parents=True)
    for number in range(150):
        (files / f"{number}.{'html' if number % 3 else 'txt'}").write_text(f"<p>Number {number} stores grain.</p>" * 40)
    (files / "honest.txt").write_text(HONEST)
    for number in range(KILLS):
        process = subprocess.Popen(_command(index, files), stdout=subprocess.DEVNULL, start_new_session=True)
        time.sleep(rng.uniform(0.5, 3))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if (index / FILE).exists():
            with closing(sqlite3.connect(index / FILE)) as db:
                verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
            if verdict != "ok":
                succeeded.append(f"kill {number}: {verdict}")
        if number % 5 == 4:
            (index / FILE).unlink(missing_ok=True)
            shutil.rmtree(index, ignore_errors=True)  # so that also what comes first is killed again
    (files / "honest.txt").write_text(f"{HONEST} Changed.")
    if reason := _run(index, files):
        succeeded.append(f"the run after the kills: {reason}")
    return Tried("runs killed at a random moment", KILLS, tuple(succeeded))
