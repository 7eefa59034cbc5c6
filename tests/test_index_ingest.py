"""Ingest: only what changed is done, whatever the history; and a process killed anywhere loses nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from fakes import ROOT, Desk, WordEmbedder, filled, small_splitter, unprivileged
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from index_writer import FILES, text_of

from documents.document import Document, DocumentError
from index import ingest as module
from index import update
from index.embed import Role, Vectors
from index.ingest import Ingest, Progress, remove
from index.lexical import LexicalIndex
from index.passage import Scope
from index.store import Store, StoreError, embedding_key, embedding_text
from index.vectors import VectorIndex


def test_a_second_run_does_nothing(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b__md="# Beta\n\nBeta stores grain.")
    first = desk.ingest.update([desk.files])
    assert (first.added, first.changed, first.unchanged) == ([desk.path("a.txt"), desk.path("b.md")], [], [])
    assert first.embedded == 2
    before = desk.store.path.read_bytes()
    names = sorted(path.name for path in desk.store.folder.iterdir())
    second = desk.ingest.update([desk.files])
    assert (second.added, second.changed, second.removed) == ([], [], [])
    assert second.unchanged == first.added
    assert second.embedded == 0
    assert desk.store.path.read_bytes() == before
    assert sorted(path.name for path in desk.store.folder.iterdir()) == names


def test_the_same_text_read_by_two_parsers_comes_to_rest(desk: Desk) -> None:
    text = "# Beta\n\nBeta stores grain."
    desk.write(a__txt=text, b__md=text)
    desk.ingest.update([desk.files])
    again = desk.ingest.update([desk.files])
    assert (again.added, again.changed) == ([], [])
    assert len(again.unchanged) == 2


def test_what_happened_to_each_file_is_reported(desk: Desk) -> None:
    desk.write(same="Alpha.", edited="Beta.", gone="Gamma.")
    desk.ingest.update([desk.files])
    desk.write(edited="Beta two.", new="Delta.")
    (desk.files / "gone.txt").unlink()
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("new.txt")]
    assert report.changed == [desk.path("edited.txt")]
    assert report.unchanged == [desk.path("same.txt")]
    assert report.removed == [desk.path("gone.txt")]
    assert report.failed == {}
    assert report.embedded == 2


def test_a_moved_file_is_not_embedded_again(desk: Desk) -> None:
    desk.write(a="Alpha pumps water. Beta stores grain. Gamma sells iron to those who want it.")
    desk.ingest.update([desk.files])
    embedded = list(desk.embedder.embedded)
    (desk.files / "sub").mkdir()
    (desk.files / "a.txt").rename(desk.files / "sub" / "b.txt")
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("sub/b.txt")]
    assert report.removed == [desk.path("a.txt")]
    assert report.embedded == 0
    assert desk.embedder.embedded == embedded


def test_a_file_that_fails_is_reported_and_the_others_are_done(desk: Desk) -> None:
    desk.write(a="Alpha.", c="Gamma.")
    (desk.files / "b.txt").write_bytes(bytes(range(256)) * 8)
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("a.txt"), desk.path("c.txt")]
    assert list(report.failed) == [desk.path("b.txt")]
    assert "\n" not in report.failed[desk.path("b.txt")]


def test_a_file_that_can_no_longer_be_read_keeps_what_was_read(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    (desk.files / "a.txt").write_bytes(b"")
    report = desk.ingest.update([desk.files])
    assert list(report.failed) == [desk.path("a.txt")]
    assert report.removed == []
    assert desk.search("water") == ["Alpha pumps water."]


@pytest.mark.skipif(sys.platform == "win32", reason="names are always text there")
def test_a_file_whose_name_is_no_text_fails_alone(desk: Desk) -> None:
    desk.write(a="Alpha.")
    Path(os.fsdecode(os.fsencode(desk.files) + b"/caf\xe9.txt")).write_text("Beta.")
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("a.txt")]
    assert report.failed == {
        desk.path("caf?.txt"): f"{desk.path('caf?.txt')}: the name is not valid text; rename the file"
    }


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_below_a_folder_that_cannot_be_read_nothing_is_forgotten() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        (desk.files / "locked").mkdir()
        desk.write(a="Alpha.", gone="Beta.")
        (desk.files / "locked" / "c.txt").write_text("Gamma.")
        desk.ingest.update([desk.files])
        (desk.files / "gone.txt").unlink()
        with unprivileged(Path(name)):
            (desk.files / "locked").chmod(0)
            report = desk.ingest.update([desk.files])
            (desk.files / "locked").chmod(0o700)
        assert list(report.failed) == [desk.path("locked")]
        assert report.removed == [desk.path("gone.txt")]
        assert desk.counts()["sources"] == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_folder_that_may_not_be_searched_costs_only_itself() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        (desk.files / "listed").mkdir()
        (desk.files / "listed" / "c.txt").write_text("Gamma.")
        desk.write(a="Alpha.")
        with unprivileged(Path(name)):
            (desk.files / "listed").chmod(0o400)
            report = desk.ingest.update([desk.files])
            (desk.files / "listed").chmod(0o700)
        assert report.added == [desk.path("a.txt")]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_an_index_in_a_folder_of_somebody_else_can_be_searched_but_not_changed() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = filled(Path(name))
        with unprivileged(Path(name)):
            desk.store.folder.chmod(0o500)
            desk.store.path.chmod(0o400)
            (found,) = desk.index.retrieve("pumps water", Scope(), 1)
            assert set(found.stage_scores) == {"dense", "bm25", "fusion"}
            desk.write(d="Delta buys salt.")
            with pytest.raises(StoreError, match="no permission to write"):
                desk.ingest.update([desk.files])
            desk.store.folder.chmod(0o700)


def test_what_a_folder_does_not_show_but_is_still_there_stays(desk: Desk) -> None:
    desk.write(a="Alpha.")
    hidden = desk.files / ".hidden.txt"
    hidden.write_text("Beta.")
    desk.ingest.update([hidden])
    assert desk.ingest.update([desk.files]).removed == []
    hidden.unlink()
    assert desk.ingest.update([desk.files]).removed == [str(hidden)]


def test_paths_are_one_however_they_are_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(a="Alpha.")
    monkeypatch.chdir(desk.files)
    for written in (desk.files, Path(), Path("../files"), desk.files / ".." / "files" / "a.txt", Path("a.txt")):
        desk.ingest.update([written])
    assert desk.counts()["sources"] == 1
    assert remove(desk.store, [Path("../files/a.txt")]) == [desk.path("a.txt")]


def test_only_what_lies_below_the_given_folders_goes(desk: Desk) -> None:
    for name in ("one", "one-more", "two"):
        (desk.files / name).mkdir()
        (desk.files / name / "a.txt").write_text(f"Words of {name}.")
    desk.ingest.update([desk.files])
    desk.ingest.update([desk.files], collection="second")
    desk.ingest.update([desk.files], owner="ann")
    for name in ("one", "one-more", "two"):
        (desk.files / name / "a.txt").unlink()
    report = desk.ingest.update([desk.files / "one"])
    assert report.removed == [desk.path("one/a.txt")]
    assert desk.counts()["sources"] == 8


def test_remove_forgets_files_and_folders_of_one_or_all_collections(desk: Desk) -> None:
    desk.write(a="Alpha.", b="Beta.")
    desk.ingest.update([desk.files])
    desk.ingest.update([desk.files], collection="second")
    assert remove(desk.store, [desk.files / "a.txt"], collection="second") == [desk.path("a.txt")]
    assert remove(desk.store, [desk.files / "nothing.txt"]) == []
    assert remove(desk.store, [desk.files]) == [desk.path("a.txt"), desk.path("b.txt"), desk.path("b.txt")]
    assert set(desk.counts().values()) == {0}
    assert (desk.files / "a.txt").exists()


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]], ids=len)
def test_progress_never_goes_back_and_ends_at_all(
    desk: Desk, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLICE", 2)
    for name in names:
        desk.write(
            **{name: " ".join(f"Sentence {number} of file {name} is ten words long, more." for number in range(9))}
        )
    told: list[Progress] = []
    report = desk.ingest.update([desk.files], on_progress=told.append)
    for kind in ("files", "bytes", "embedded"):
        values = [getattr(progress, kind) for progress in told]
        assert values == sorted(values)
    last = told[-1]
    assert (last.files, last.bytes, last.embedded) == (len(names), last.of_bytes, report.embedded)
    assert last.of_bytes == sum(path.stat().st_size for path in desk.files.iterdir())
    assert {progress.of_bytes for progress in told} == {last.of_bytes}
    assert len(told) > 5 * len(names)


# --- documents that come from no file ---


def documents_of(**texts: str) -> dict[str, Document]:
    return {name: Document(text) for name, text in texts.items()}


def test_documents_without_files_are_added_changed_and_found_by_name(desk: Desk) -> None:
    first = desk.ingest.add(documents_of(a="Alpha pumps water.", b="Beta stores grain.").items())
    assert (first.added, first.changed, first.unchanged, first.embedded) == (["a", "b"], [], [], 2)
    again = desk.ingest.add(documents_of(b="Beta stores grain.", a="Alpha pumps oil.", c="Gamma.").items())
    assert (again.added, again.changed, again.unchanged, again.embedded) == (["c"], ["a"], ["b"], 2)
    (best, *_) = desk.index.retrieve("oil", Scope(), 5)
    assert (best.source.path, best.chunk.text) == ("a", "Alpha pumps oil.")
    check(desk.store)


def test_added_documents_leave_files_and_other_collections_alone(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    desk.ingest.add(documents_of(a="Alpha pumps water.").items(), collection="bench")
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 2, "documents": 1, "chunks": 1, "embeddings": 1}


def test_added_documents_share_transactions_of_a_bounded_size(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "BATCH", 40)
    texts = {f"d{number}": f"Document {number} is short." for number in range(6)}  # of 20 characters each
    told: list[Progress] = []
    report = desk.ingest.add(documents_of(long="A longer one. " * 5, **texts).items(), on_progress=told.append)
    with desk.store.snapshot() as snapshot:
        assert snapshot.generation == 4
    assert [progress.files for progress in told if progress.path] == sorted([0, 0, *[1, 1], *[3, 3], *[5, 5]])
    assert (told[-1].files, told[-1].bytes, told[-1].of_bytes) == (7, 70 + 6 * 20, 70 + 6 * 20)
    assert [p.bytes for p in told] == sorted(p.bytes for p in told)
    assert report.added == ["long", *texts]
    assert desk.ingest.add([]).added == []


def test_an_interrupted_add_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "BATCH", 1)
    texts = documents_of(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells iron.")

    def interrupted(progress: Progress) -> None:
        if progress.files == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.ingest.add(texts.items(), on_progress=interrupted)
    check(desk.store)
    report = desk.ingest.add(texts.items())
    assert (report.unchanged, report.added, report.embedded) == (["a", "b"], ["c"], 1)


def test_an_empty_folder_makes_an_empty_index(desk: Desk) -> None:
    assert desk.ingest.update([desk.files]) == module.Report()
    assert set(desk.counts().values()) == {0}


@pytest.mark.parametrize("name", ["missing", "picture.raw"])
def test_a_path_that_cannot_be_indexed_changes_nothing(desk: Desk, name: str) -> None:
    desk.write(a="Alpha.")
    (desk.files / "picture.raw").touch()
    with pytest.raises(DocumentError, match=name):
        desk.ingest.update([desk.files, desk.files / name])
    assert not desk.store.exists


def test_vectors_of_two_embedders_are_never_mixed(desk: Desk) -> None:
    desk.write(a="Alpha.")
    other = Ingest(desk.store, WordEmbedder("words@2"), small_splitter())
    desk.ingest.update([desk.files])
    message = r"holds vectors of embedder words@1, not words@2: name that one with --embedder, or make another index"
    with pytest.raises(StoreError, match=message):
        Ingest(desk.store, WordEmbedder("words@2"), small_splitter())
    with pytest.raises(StoreError, match=message):
        other.update([desk.files])


def test_an_embedding_that_another_process_drops_meanwhile_is_made_again(desk: Desk) -> None:
    shared = "One sentence of exactly twelve words stands here in both of these."
    desk.write(a=shared)
    desk.ingest.update([desk.files])

    class Interrupted(WordEmbedder):
        def embed(self, texts: list[str], role: Role) -> Vectors:  # type: ignore[override]
            remove(desk.store, [desk.files / "a.txt"])
            return super().embed(texts, role)

    embedder = Interrupted()
    desk.write(b=f"{shared} More.")
    report = Ingest(desk.store, embedder, small_splitter()).update([desk.files / "b.txt"])
    assert embedder.embedded == ["More.", shared]
    assert report.embedded == 2
    assert desk.counts() == {"sources": 1, "documents": 1, "chunks": 2, "embeddings": 2}
    assert shared in desk.search("twelve words")


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
        ids, vectors = snapshot.vectors()
        assert len(ids) == snapshot.count("chunks")
        chunks = sorted(
            (chunk.document.id, chunk.start, chunk.end, vector.tobytes())
            for chunk, vector in zip((snapshot.chunk(int(i)) for i in ids), vectors, strict=True)
        )
        counts = [snapshot.count(table) for table in ("documents", "chunks", "embeddings")]
    found = [
        [
            (passage.chunk.document.id, passage.chunk.start, passage.source.path, passage.stage_scores)
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
            check(self.desk.store)

    def teardown(self) -> None:
        try:
            self.update()
            fresh = Desk(self.folder / "fresh")
            shutil.rmtree(fresh.files)
            fresh.files = self.desk.files
            fresh.ingest.update([fresh.files])
            assert content(self.desk) == content(fresh)
        finally:
            shutil.rmtree(self.folder)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=25, stateful_step_count=12)


def check(store: Store) -> None:
    """What holds of every store at every moment."""
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with store.snapshot() as snapshot:
        ids, vectors = snapshot.vectors()
        assert len(ids) == snapshot.count("chunks")
        embedder, owned = WordEmbedder(), set[str]()
        for chunk_id, vector in zip(ids, vectors, strict=True):
            chunk = snapshot.chunk(int(chunk_id))
            assert chunk.text
            assert chunk.text == chunk.document.text[chunk.start : chunk.end]
            owned.add(embedding_key(embedding_text(chunk)))
            assert np.array_equal(vector, embedder.embed([embedding_text(chunk)], "query")[0])
        assert snapshot.count("embeddings") == len(owned)
        assert {source.document_id for source in snapshot.sources()} == {
            row[0] for row in snapshot.db.execute("SELECT id FROM documents")
        }


# --- killed at any moment ---

KILLS = 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writer forks")
def test_killed_at_a_hundred_moments_it_is_at_the_state_before_or_after(tmp_path: Path) -> None:
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
            # Every fifth begins anew and dies young: while the index is being made.
            folder = tmp_path / f"{kill - kill % 5}"
            number = round_of(folder / "files" / "0.txt")
            print(folder, number, file=writer.stdin, flush=True)
            child = int(writer.stdout.readline())
            time.sleep(chance.uniform(0, 0.03 if kill % 5 == 0 else 0.12))  # the moment is what is tested
            os.kill(child, signal.SIGKILL)
            writer.stdout.readline()
            seen.add(state_after_a_kill(folder))
        writer.stdin.close()
        assert writer.wait() == 0
    # The kills did hit between the files of a round, not only between rounds.
    assert any(len(set(state)) == 2 for state in seen), seen


def round_of(path: Path) -> int:
    return int(path.read_text("utf-8").split()[5]) if path.exists() else 1


def state_after_a_kill(folder: Path) -> tuple[bool, ...]:
    """Checks the store; which files are at the round that was under way, not the one before."""
    store = Store(folder / "index")
    if not store.exists:
        assert round_of(folder / "files" / "0.txt") == 1
        return ()
    check(store)
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
            assert len(vectors.search(query, 50, snapshot.vectors_of)) == len(vectors)
            words = LexicalIndex(store).searcher(snapshot)
            assert words.search(["sentenc", "file"], 50)
            assert {i for i, _ in words.search(["round"], 50)} <= set(snapshot.vectors()[0].tolist())
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
    """Each makes the index where there is none, adds its own folder, and changes it."""
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
    check(store)
    with store.snapshot() as snapshot:
        assert len(snapshot.sources()) == 8
        texts = {chunk.text for chunk in map(snapshot.chunk, snapshot.vectors()[0].tolist())}
        assert texts == {
            *(f"Writer {name} is in round 4." for name in ("one", "two", "three", "four")),
            "Round 4 is the same for all.",
        }
        assert len(VectorIndex.open(store.folder, snapshot)) == snapshot.count("chunks")
    assert len(list(store.folder.glob("vectors-*.faiss"))) == 1
    assert not list(store.folder.glob("*.tmp"))
