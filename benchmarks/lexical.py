"""Which engine for BM25: SQLite's FTS5, tantivy or bm25s, at 10,000 to a million passages.

    python -m benchmarks.lexical DATASET… [--sizes 10000,100000,1000000] [--folder .benchmarks/scale]

All index the same terms (``index.analyse``) of passages made by ``benchmarks.synthetic``, and return the 50 best for
the same real questions. Printed are the seconds to build the index, the milliseconds until an added passage is found
(bm25s has to be rebuilt), the milliseconds of a question, and how many of the ten best are also FTS5's. Needs
``pip install bm25s``.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from benchmarks.scale import real_passages
from benchmarks.synthetic import made
from index.analyse import question_terms, terms
from index.onnx import cores
from qa.evaluation import load_dataset

LIMIT, QUESTIONS = 50, 200
Ask = Callable[[Sequence[str]], list[int]]


def fts5(texts: Sequence[str], folder: Path) -> tuple[Ask, Callable[[str], None]]:
    db = sqlite3.connect(folder / "fts5.sqlite3", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (terms, content = '', tokenize = 'unicode61')")
    db.execute("BEGIN")
    db.executemany("INSERT INTO words (rowid, terms) VALUES (?, ?)", enumerate(texts))
    db.execute("COMMIT")

    def ask(words: Sequence[str]) -> list[int]:
        expression = " OR ".join(f'"{word}"' for word in words)
        found = db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?", (expression, LIMIT)
        )
        return [row[0] for row in found]

    return ask, lambda text: void(db.execute("INSERT INTO words (terms) VALUES (?)", (text,)))


def of_tantivy(texts: Sequence[str], folder: Path) -> tuple[Ask, Callable[[str], None]]:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    (folder / "tantivy").mkdir()
    index = tantivy.Index(builder.build(), path=str(folder / "tantivy"))

    def add(rows: Sequence[tuple[int, str]], *, merge: bool) -> None:
        writer = index.writer(64_000_000, 1)
        for number, text in rows:
            writer.add_document(tantivy.Document(id=number, terms=text))
        writer.commit()
        if merge:
            writer.wait_merging_threads()
        index.reload()

    add(list(enumerate(texts)), merge=True)

    def ask(words: Sequence[str]) -> list[int]:
        should = [
            (tantivy.Occur.Should, tantivy.Query.term_query(index.schema, "terms", word, index_option="freq"))
            for word in words
        ]
        searcher = index.searcher()
        hits = searcher.search(tantivy.Query.boolean_query(should), LIMIT, count=False).hits
        return list(searcher.fast_field_values("id", [address for _, address in hits])) if hits else []

    return ask, lambda text: add([(len(texts), text)], merge=False)


def of_bm25s(texts: Sequence[str], _: Path) -> tuple[Ask, Callable[[str], None]]:
    import bm25s

    held: dict[str, Any] = {}

    def build(rows: Sequence[str]) -> None:
        held["index"] = bm25s.BM25(k1=1.2, b=0.75)
        held["index"].index([text.split() for text in rows], show_progress=False)

    build(texts)

    def ask(words: Sequence[str]) -> list[int]:
        ids, _ = held["index"].retrieve([list(words)], k=LIMIT, show_progress=False)
        return [int(i) for i in ids[0]]

    return ask, lambda text: build([*texts, text])


def void(_: object) -> None:
    """Ignore a result."""


ENGINES = {"FTS5": fts5, "tantivy": of_tantivy, "bm25s": of_bm25s}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+", help="datasets whose passages and questions are used")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/scale"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    real = real_passages(options.paths, options.folder)
    asked = [item.question for path in options.paths for item in load_dataset(path).items]
    chosen = np.random.default_rng(0).choice(len(asked), size=min(QUESTIONS, len(asked)), replace=False)
    questions = [words for i in chosen if (words := question_terms(asked[i], ("en",)))]
    print(f"{cores()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(f"{'passages':>9} {'engine':8} {'build s':>8} {'add ms':>9} {'p50 ms':>8} {'p95 ms':>8} {'shared':>7}")
    for size in map(int, options.sizes.split(",")):
        texts = [" ".join(terms(text, "en")) for batch, _ in made(real, size) for text in batch]
        first: list[set[int]] = []
        for name, make in ENGINES.items():
            with tempfile.TemporaryDirectory() as folder:
                began = time.perf_counter()
                ask, add = make(texts, Path(folder))
                built = time.perf_counter() - began
                best, times = [], []
                for words in questions[:10]:
                    ask(words)
                for words in questions:
                    began = time.perf_counter()
                    best.append(set(ask(words)[:10]))
                    times.append(1000 * (time.perf_counter() - began))
                began = time.perf_counter()
                add("ardnamurchan lighthous")
                assert ask(["ardnamurchan"])[:1] == [size] or name == "FTS5"  # which counts its rows from 1
                added = 1000 * (time.perf_counter() - began)
            first = first or best
            shared = np.mean([len(a & b) / 10 for a, b in zip(first, best, strict=True)])
            p50, p95 = np.percentile(times, [50, 95])
            print(f"{size:9,} {name:8} {built:8.1f} {added:9.1f} {p50:8.2f} {p95:8.2f} {shared:7.2f}", flush=True)


if __name__ == "__main__":
    main()
