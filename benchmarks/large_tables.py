"""What a large table costs to read, to index and to search.

    python -m benchmarks.large_tables [--rows 50000] [--kind csv|xlsx] [--plain]

A table of orders with made-up words and numbers is indexed as by ``refdesk index``, and rows are asked for by a rare
word and by a number. Printed are the seconds of each stage, the peak of memory in this process and in the reading
process, the size of the index, and where the rows asked for are found. ``--plain`` embeds with words' hashes instead of
the default model, which leaves the cost of everything else.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from documents.load import load
from documents.split import Splitter
from index.embed import Embedder, Role, Vectors, load_embedder
from index.ingest import Ingest
from index.onnx import cores
from index.passage import Scope
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant.compose import reranker_of

_SYLLABLES = [start + end for start in "bcdfgklm" for end in "aio"]
_HEADINGS = ("Order", "Customer", "City", "Article", "Quantity", "Price (EUR)", "Paid")


class Plain:
    """An embedder that takes no time: a few numbers made of the text's hash."""

    fingerprint = "plain@1"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:  # noqa: ARG002
        seeds = (int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") for text in texts)
        found = np.array([np.random.default_rng(seed).normal(size=384) for seed in seeds], dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def rows(count: int) -> Iterator[list[object]]:
    """The headings and ``count`` rows, the same ones every time."""
    chance = random.Random(7)

    def word() -> str:
        return "".join(chance.choices(_SYLLABLES, k=4))

    customers, cities, articles = ([word().title() for _ in range(n)] for n in (count // 5 + 1, 200, 500))
    yield list(_HEADINGS)
    for number in range(1, count + 1):
        yield [
            f"R{number:06}", f"{chance.choice(customers)} {word().title()}", chance.choice(cities),
            chance.choice(articles), chance.randint(1, 40), round(chance.uniform(1, 2000), 2),
            chance.choice(("yes", "no")),
        ]  # fmt: skip


def write(path: Path, count: int) -> None:
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows(count))
    else:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Orders")
        for row in rows(count):
            sheet.append(row)
        book.save(path)


def timed(name: str, work: Callable[[], object]) -> object:
    """What ``work`` returns; prints the seconds that passed, and those of the processors, the reading process's too."""
    began, used = time.perf_counter(), sum(os.times()[:4])
    found = work()
    print(
        f"{name:34} {time.perf_counter() - began:8.2f} s, {sum(os.times()[:4]) - used:8.2f} s of processors", flush=True
    )
    return found


def measure(path: Path, folder: Path, embedder: Embedder, count: int) -> None:
    document = load(path)
    timed("read here", lambda: load(path))
    timed("split here", lambda: Splitter().spans(document))
    store = Store(folder / "index")
    report = timed("indexed", lambda: Ingest(store, embedder, Splitter()).update([path]))
    with store.snapshot() as snapshot:
        print(f"passages {snapshot.count('chunks'):,}, embedded {snapshot.count('embeddings'):,}", report)
    for name, who in (("this process", resource.RUSAGE_SELF), ("the reading process", resource.RUSAGE_CHILDREN)):
        print(f"peak memory of {name}: {resource.getrusage(who).ru_maxrss / 1024:,.0f} MB")
    print(f"index: {sum(file.stat().st_size for file in store.folder.rglob('*') if file.is_file()) / 1e6:,.1f} MB")
    index = Index(store, embedder, reranker_of(settings.read()))
    wanted = list(rows(count))[count * 43 // 50]
    for question in (f"What did {wanted[1]} order?", f"What is the price of order {wanted[0]}?"):
        timed("first question", lambda asked=question: index.candidates(asked, Scope(), 15))
        found = timed("asked again", lambda asked=question: index.candidates(asked, Scope(), 15))
        places = [n for n, passage in enumerate(found, start=1) if str(wanted[0]) in passage.chunk.text]
        ranked = index.rerank(question, found)
        after = [n for n, passage in enumerate(ranked, start=1) if str(wanted[0]) in passage.chunk.text]
        print(f"{question!r}: the row is at place {places[:1]} before reranking, {after[:1]} after it")
    path.write_bytes(path.read_bytes().replace(b"yes", b"YES", 1)) if path.suffix == ".csv" else None
    timed("indexed after a change", lambda: Ingest(store, embedder, Splitter()).update([path]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    embedder = Plain() if options.plain else load_embedder(settings.read().new_embedder)
    print(f"{options.rows:,} rows of {options.kind}; {platform.machine()}, {cores()} cores")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"orders.{options.kind}"
        write(path, options.rows)
        measure(path, Path(folder), embedder, options.rows)


if __name__ == "__main__":
    main()
