"""Whatever happened before, and whenever a process was killed, an index is as if made from the present files."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from fakes import ROOT, Desk, WordEmbedder, small_splitter
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from index_checks import check_store
from index_writer import FILES, text_of

from index.ingest import Ingest, remove
from index.lexical import LexicalIndex
from index.passage import Scope
from index.store import Store
from index.vectors import VectorIndex

# --- any history leads to the index that a fresh run over the last files makes ---

SENTENCES = [
    "Alpha pumps water into the old town.",
    "Beta stores grain for the winter months.",
    "Gamma sells iron, salt and oil.",
    "北京有五千个基站。",
    "Épée and résumé are French words.",
]
NAMES = st.sampled_from(["a.txt", "b.txt", "c.md", "sub/d.txt"])
TEXTS = st.lists(st.sampled_from([*SENTENCES, "# Heading\n\n"]), min_size=1, max_size=5).map(" ".join)
QUESTIONS = ["water", "iron in the winter", "北京", "resume", "Heading"]


def content(desk: Desk) -> tuple[object, ...]:
    """All that can be seen of an index, without the ids that history leaves."""
    with desk.store.snapshot() as snapshot:
        sources = snapshot.sources()
        documents = {source.document_id: snapshot.document(source.document_id) for source in sources}
        ids, vectors = snapshot.embeddings.all()
        assert len(ids) == snapshot.count("chunks")
        chunks = sorted(
            (chunk.document.id, chunk.start, chunk.end, vector.tobytes())
            for chunk, vector in zip((snapshot.chunk(int(i)) for i in ids), vectors, strict=True)
        )
        counts = [snapshot.count(table) for table in ("documents", "chunks", "embeddings")]
    found = [
        [
            (passage.document.id, passage.chunk.start, passage.source.path, passage.stage_scores)
            for passage in desk.index.retrieve(question, Scope(), 50)
        ]
        for question in QUESTIONS
    ]
    return sources, documents, chunks, counts, found


class AnyHistory(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.desk = Desk(self.folder / "worn")
        self.fresh = 0

    @initialize()
    def begin(self) -> None:
        self.update()

    @rule(name=NAMES, text=TEXTS)
    def write(self, name: str, text: str) -> None:
        path = self.desk.files / name
        path.parent.mkdir(exist_ok=True)
        # No text is both plain and Markdown: of the two readings of one text the index keeps the later.
        path.write_text(f"{text} In Markdown." if path.suffix == ".md" else text, "utf-8")

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        (self.desk.files / name).unlink(missing_ok=True)

    @rule(old=NAMES, new=NAMES)
    def move(self, old: str, new: str) -> None:
        if (self.desk.files / old).exists() and Path(old).suffix == Path(new).suffix:
            (self.desk.files / new).parent.mkdir(exist_ok=True)
            (self.desk.files / old).replace(self.desk.files / new)

    @rule(name=NAMES)
    def forget(self, name: str) -> None:
        remove(self.desk.store, [self.desk.files / name])

    @rule(max_tokens=st.sampled_from([6, 30]))
    def split_differently_then_back(self, max_tokens: int) -> None:
        Ingest(self.desk.store, self.desk.embedder, small_splitter(max_tokens)).update([self.desk.files])

    @rule()
    def update(self) -> None:
        self.desk.ingest.update([self.desk.files])

    @invariant()
    def a_chunk_is_its_documents_slice(self) -> None:
        if self.desk.store.exists:
            check_store(self.desk.store)

    def teardown(self) -> None:
        try:
            self.update()
            fresh = Desk(self.folder / "fresh")
            shutil.rmtree(fresh.files)
            fresh.files = self.desk.files
            fresh.ingest.update([fresh.files])
            assert content(self.desk) == content(fresh)
        finally:
            # Threads of the full-text engine tidy up after a commit, and may make a file there meanwhile.
            shutil.rmtree(self.folder, ignore_errors=True)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=8, stateful_step_count=12)


# --- killed at any moment ---

KILLS = 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_of_fifty_moments_a_writer_leaves_the_state_before_or_after_a_file(tmp_path: Path) -> None:
    chance = random.Random(5)
    seen = set[tuple[bool, ...]]()
    with subprocess.Popen(
        [sys.executable, ROOT / "tests" / "index_writer.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
    ) as writer:
        assert writer.stdin
        assert writer.stdout
        for kill in range(KILLS):
            # Every fifth begins with an empty folder and is killed early: while it creates the index. Two of the others
            # are killed soon after the first file of a round, which few moments of a whole round would hit.
            folder = tmp_path / f"{kill - kill % 5}"
            number = round_of(folder / "files" / "0.txt")
            files, most = [(0, 0.03), (0, 0.12), (1, 0.015), (0, 0.12), (1, 0.015)][kill % 5]
            print(folder, number, files, chance.uniform(0.001, most), file=writer.stdin, flush=True)
            assert int(writer.stdout.readline()) == -signal.SIGPROF
            seen.add(state_after_a_kill(folder))
        writer.stdin.close()
        assert writer.wait() == 0
    # Some hit between the files of a round, not only between rounds.
    assert any(len(set(state)) == 2 for state in seen), seen


def round_of(path: Path) -> int:
    return int(path.read_text("utf-8").split()[5]) if path.exists() else 1


def state_after_a_kill(folder: Path) -> tuple[bool, ...]:
    """Check the store; returns for each file whether it is at the round under way rather than the one before."""
    store = Store(folder / "index")
    if not store.exists:
        assert round_of(folder / "files" / "0.txt") == 1
        return ()
    check_store(store)
    number = round_of(folder / "files" / "0.txt")
    embedder, splitter = WordEmbedder(), small_splitter()
    with store.snapshot() as snapshot:
        documents = {Path(source.path).name: snapshot.document(source.document_id) for source in snapshot.sources()}
        for document in filter(None, documents.values()):
            rows = snapshot.db.execute('SELECT id FROM chunks WHERE document = ? ORDER BY "start"', (document.id,))
            assert [snapshot.chunk(i) for (i,) in rows.fetchall()] == splitter.split(document)
        vectors = VectorIndex.open(store.folder, snapshot)
        assert len(vectors) == snapshot.count("chunks")
        if documents:
            (query,) = embedder.embed(["One sentence that all of the files have"], "query")
            assert len(vectors.search(query, 50, snapshot.embeddings.of)) == len(vectors)
            words = LexicalIndex(store).searcher(snapshot)
            assert words.search(["sentenc", "file"], 50)
            assert {i for i, _ in words.search(["round"], 50)} <= set(snapshot.embeddings.all()[0].tolist())
    at = []
    for file in FILES:
        document = documents.get(f"{file}.txt")
        text = document.text if document else None
        before = text_of(file, number - 1) if number > 1 else None
        assert text in (text_of(file, number), before)
        at.append(text == text_of(file, number))
    if number == 1:
        at.pop()  # the last file was not there before the first round, nor is it in it
    assert at == sorted(at, reverse=True)  # in order, file by file
    return tuple(at)


def test_several_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each creates the index where there is none, adds its own folder, and changes it."""
    begin = Barrier(4)

    def write(name: str) -> None:
        desk = Desk(tmp_path / name)
        desk.store = Store(tmp_path / "index")
        desk.ingest = Ingest(desk.store, desk.embedder, small_splitter())
        begin.wait()
        for number in range(5):
            desk.write(a=f"Writer {name} is in round {number}.", b=f"Round {number} is the same for all.")
            assert desk.ingest.update([desk.files]).failed == {}

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, ["one", "two", "three", "four"]))
    store = Store(tmp_path / "index")
    check_store(store)
    with store.snapshot() as snapshot:
        assert len(snapshot.sources()) == 8
        texts = {chunk.text for chunk in map(snapshot.chunk, snapshot.embeddings.all()[0].tolist())}
        assert texts == {
            *(f"Writer {name} is in round 4." for name in ("one", "two", "three", "four")),
            "Round 4 is the same for all.",
        }
        assert len(VectorIndex.open(store.folder, snapshot)) == snapshot.count("chunks")
    assert len(list(store.folder.glob("vectors-*.faiss"))) == 1
    assert not list(store.folder.glob("*.tmp"))
