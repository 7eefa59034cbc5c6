"""Whether a question about a list or table finds it: the share with the whole block among the first five passages.

    python -m benchmarks.blocks VISITORS_FOLDER [--sizes 200] [--overlaps 1] [--tables both,whole,rows] [--show]

The folder holds CORPUS/… (documents) and questions.jsonl, a line a question: its id, corpus, kind, wording, and what is
expected ("all": groups of wordings, "cite": files). Asked are those of kinds table, list, how-to and count. The block
of a question is the smallest list or table, of the files to be cited, that holds every group of wordings; for a count,
whose number stands nowhere, it is named in benchmarks/blocks.jsonl. Questions with no such block are left out.

"any": some passage of the block is among the first five after reranking. "whole": one of these holds the whole block;
or, where no passage of the index can, they hold together all that is expected (for a count or a sum, which is computed
from the whole table that any of its rows belongs to: some of its rows). ``--tables`` compares how tables that
fit into a passage are split: as a whole and by rows (both), or only one of these.
"""

from __future__ import annotations

import argparse
import collections
import json
import platform
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.blocks import Range
from documents.document import Document
from documents.find import find
from documents.load import parts
from documents.split import MAX_CHUNKS, Splitter
from index.embed import Embedder, load_embedder
from index.ingest import Ingest
from index.onnx import cores
from index.passage import Passage, Scope
from index.query import Query
from index.rerank import Reranker
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant.compose import reranker_of

KINDS = ("table", "list", "how-to", "count")
FIRST = 5  # passages
_NAMED = Path(__file__).with_suffix(".jsonl")
_SPACE, _MARKS, _THOUSANDS = re.compile(r"\s+"), re.compile(r"[*_`#|>]"), re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


@dataclass(frozen=True)
class Asked:
    """A question and its block: ``document.text[start:end]``, with the groups of wordings that it holds."""

    fields: Mapping[str, Any]
    groups: Sequence[Sequence[str]]
    document: Document
    start: int
    end: int


class PartSplitter(Splitter):
    """Keeps only whole tables, or only their rows, of the tables that fit into a chunk."""

    kept = "both"

    def spans(self, document: Document, most: int = MAX_CHUNKS) -> list[Range]:
        found = super().spans(document, most)
        if self.kept == "both":
            return found
        covered = set[Range]()
        for start, end in found:
            inner = {own for own in found if own != (start, end) and start <= own[0] and own[1] <= end}
            covered |= inner if self.kept == "whole" else {(start, end)} if len(inner) > 1 else set()
        return [span for span in found if span not in covered]


def folded(text: str) -> str:
    """Text as wordings are compared: without case, marks, and differences of spaces, dashes, quotes and thousands."""
    for given, plain in zip("\u2019\u2018\u201c\u201d\u2013\u2014\u2212", "''\"\"---", strict=True):
        text = text.replace(given, plain)
    return _THOUSANDS.sub("", _SPACE.sub(" ", _MARKS.sub(" ", text))).casefold()


def holds(text: str, groups: Sequence[Sequence[str]]) -> bool:
    """Whether one wording of each group stands in the text, as whole words."""
    text = folded(text)
    return all(any(re.search(rf"(?<!\w){re.escape(folded(own))}(?!\w)", text) for own in group) for group in groups)


def blocks_of(document: Document) -> Iterator[Range]:
    """The lists and tables of a document."""
    yield from ((block.start, block.end) for block in document.blocks if block.kind == "list")
    yield from ((table.start, table.end) for table in document.tables)


def asked(fields: Mapping[str, Any], documents: Mapping[str, Document], named: Mapping[str, Any]) -> Asked | None:
    """The question with its block; None where no block holds what is expected."""
    expect, groups = fields["expect"], fields["expect"].get("all", ())
    files = set(map(_name, expect.get("cite", ()))) or {_name(path) for path in documents}
    if fields["kind"] == "count":
        if fields["id"] not in named:
            return None
        files, groups = {named[fields["id"]]["file"]}, [[word] for word in named[fields["id"]]["words"]]
    found = [
        Asked(fields, groups, document, start, end)
        for path, document in documents.items()
        if _name(path) in files
        for start, end in blocks_of(document)
        if groups and holds(document.text[start:end], groups)
    ]
    return min(found, key=lambda own: own.end - own.start, default=None)


def judged(own: Asked, passages: Sequence[Passage], spans: Sequence[Range]) -> tuple[bool, bool]:
    """Whether a passage of the block is among the passages, and whether the whole block is."""
    near = [
        (passage.chunk.start, passage.chunk.end)
        for passage in passages
        if passage.document.id == own.document.id and passage.chunk.start < own.end and own.start < passage.chunk.end
    ]
    if any(start <= own.start and own.end <= end for start, end in spans):
        return bool(near), any(start <= own.start and own.end <= end for start, end in near)
    if own.fields["kind"] == "count":
        return bool(near), bool(near)
    text = "\n".join(own.document.text[max(start, own.start) : min(end, own.end)] for start, end in near)
    return bool(near), bool(near) and holds(text, own.groups)


def measure(
    corpora: Mapping[str, tuple[Mapping[str, Document], Sequence[Asked]]],
    splitter: Splitter,
    models: tuple[Embedder, Reranker],
    *,
    show: bool,
) -> str:
    """One row of the table."""
    counts = collections.defaultdict[str, list[int]](lambda: [0, 0, 0])
    passages = 0
    for documents, questions in corpora.values():
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder))
            Ingest(store, models[0], splitter).add(documents.items())
            index = Index(store, *models)
            with index.view(Scope()) as view:
                passages += view.count
                for own in questions:
                    query = Query.of(own.fields["question"])
                    ranked = view.rerank(query, view.candidates(query, settings.read().top_k))
                    some, whole = judged(own, ranked[:FIRST], splitter.spans(own.document))
                    for kind in (own.fields["kind"], "all"):
                        counts[kind] = [n + more for n, more in zip(counts[kind], (1, some, whole), strict=True)]
                    if show and not whole:
                        print(f"  {'not whole' if some else 'not found'}: {own.fields['id']} {own.fields['question']}")
    shares = "  ".join(
        f"{kind} {some}/{n} any, {whole}/{n} whole"
        for kind, (n, some, whole) in sorted(counts.items())
        if kind != "all"
    )
    n, some, whole = counts["all"]
    return f"{passages:>6} passages  any {some / n:.3f}  whole {whole / n:.3f}  of {n}  ({shares})"


def read(folder: Path) -> Iterator[tuple[str, tuple[dict[str, Document], list[Asked]]]]:
    """The documents of each corpus by path, and the questions that have a block."""
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines() if line]
    named = {row["id"]: row for row in map(json.loads, _NAMED.read_text("utf-8").splitlines())}
    for corpus in sorted({fields["corpus"] for fields in questions}):
        documents = {
            f"{path}/{part.name}".rstrip("/"): part.document
            for path in find([folder / corpus], (), (), lambda *_: None)
            for part in parts(path)
            if part.document
        }
        own = [fields for fields in questions if fields["corpus"] == corpus and fields["kind"] in KINDS]
        found = [(fields, asked(fields, documents, named)) for fields in own if not fields.get("after")]
        for fields, question in found:
            if question is None:
                print(f"no list or table holds what is expected: {fields['id']} {fields['question']}")
        yield corpus, (documents, [question for _, question in found if question])


def _name(path: str) -> str:
    return Path(path).name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="200")
    parser.add_argument("--overlaps", default="1")
    parser.add_argument("--tables", default="both")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    corpora = dict(read(options.folder))
    chosen = settings.read()
    models = load_embedder(chosen.new_embedder), reranker_of(chosen)
    print(f"{platform.machine()}, {cores()} cores")
    for kept in options.tables.split(","):
        for size in map(int, options.sizes.split(",")):
            for overlap in map(int, options.overlaps.split(",")):
                splitter = PartSplitter(size, overlap)
                object.__setattr__(splitter, "kept", kept)
                row = measure(corpora, splitter, models, show=options.show)
                print(f"{size:>4} tokens, {overlap} overlap, tables {kept:5} {row}", flush=True)


if __name__ == "__main__":
    main()
