"""The store gives back what was written, keeps nothing else, and shows nobody what belongs to others."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from fakes import Desk, WordEmbedder, small_splitter
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Page, Section, Source
from index import private
from index.catalogue import languages_of
from index.ingest import Ingest
from index.passage import Filter, Scope
from index.schema import FORMAT
from index.snapshot import Selection, Snapshot, embedding_key, embedding_text
from index.store import FILE, Store, StoreError
from index.transaction import Transaction

ALPHA = "Alpha pumps water. Beta stores grain."
GAMMA = "Gamma sells iron. Delta buys salt."


def put(
    store: Store,
    document: Document,
    path: str = "/a.txt",
    chunks: list[Chunk] | None = None,
    collection: str = "default",
    owner: str | None = None,
    splitter: str = "s/1",
) -> Source:
    chunks = [Chunk(document, 0, len(document.text))] if chunks is None else chunks
    embedder = WordEmbedder()
    source = Source(path, document.id, collection, owner)
    with store.transaction() as transaction:
        texts = [embedding_text(chunk) for chunk in chunks]
        vectors = embedder.embed(texts, "passage")
        transaction.add_embeddings(dict(zip(map(embedding_key, texts), vectors, strict=True)))
        transaction.put(source, document, chunks, splitter)
    return source


@pytest.fixture
def store(new_store: Callable[..., Store]) -> Store:
    store = new_store()
    store.create("words@1")
    return store


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "index")
    store.create("words@1")
    return store


@pytest.fixture
def desk(tmp_path: Path, new_store: Callable[..., Store]) -> Desk:
    return Desk(tmp_path, store=new_store())


# What is read holds no NUL (documents.normalise), and PostgreSQL keeps none.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(collection="a\0"),
        Scope(only=Filter(source="\0*")),
        Scope(only=Filter(folder="/\0")),
        Scope(only=Filter(type="\0")),
        Scope(only=Filter(documents=("\0",))),
        Scope(only=Filter(fields=(("\0", "a"), ("a", "\0")))),
    ],
)
def test_who_asks_for_what_no_index_holds_finds_nothing(store: Store, scope: Scope) -> None:
    put(store, Document(ALPHA))
    with store.snapshot(scope) as snapshot:
        assert snapshot.sources(scope) == snapshot.sources(document_id="\0") == []
        selection = snapshot.selection(scope)
        assert selection is not None
        assert (len(selection.ids), selection.hidden) == (0, False)


@given(text, text, st.data())
def test_a_document_is_read_as_it_was_written(store: Store, content: str, title: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(content)), min_size=2)) | {0, len(content)})
    spans = list(itertools.pairwise(cuts))
    sections = tuple(Section(title, 1 + level % 3, start, start + 1, end) for level, (start, end) in enumerate(spans))
    pages = tuple(Page(number, start, end) for number, (start, end) in enumerate(spans, 1))
    document = Document(content, title, sections, pages, "test/3")
    put(store, document, chunks=[Chunk(document, start, end) for start, end in spans])
    with store.snapshot() as snapshot:
        kept = snapshot.document(document.id)
        assert kept == document
        ids, vectors = snapshot.embeddings.all()
        chunks = [snapshot.chunk(int(i)) for i in ids]
    assert [(chunk.start, chunk.end) for chunk in chunks] == spans
    assert all(chunk.text == content[chunk.start : chunk.end] for chunk in chunks)
    expected = WordEmbedder().embed([embedding_text(chunk) for chunk in chunks], "passage")
    assert np.array_equal(vectors, expected)


def test_the_same_text_is_stored_once_and_stays_as_long_as_it_has_a_source(desk: Desk) -> None:
    desk.write(a=ALPHA, b=ALPHA)
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 2, "documents": 1, "chunks": 1, "embeddings": 1}
    before = desk.search("pumps")
    (desk.files / "a.txt").unlink()
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 1, "documents": 1, "chunks": 1, "embeddings": 1}
    assert desk.search("pumps") == before == [ALPHA]
    (desk.files / "b.txt").unlink()
    desk.ingest.update([desk.files])
    assert desk.counts() == dict.fromkeys(("sources", "documents", "chunks", "embeddings"), 0)
    assert desk.search("pumps") == []


def test_the_same_chunk_in_two_documents_shares_an_embedding(desk: Desk) -> None:
    shared = "One sentence of exactly twelve words stands here in both of these."
    desk.write(a=f"{shared} Only here.", b=f"{shared} Only there.")
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 2, "documents": 2, "chunks": 4, "embeddings": 3}
    assert sorted(desk.embedder.embedded) == sorted([shared, "Only here.", "Only there."])
    desk.write(a="Only here.")
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 2, "documents": 2, "chunks": 3, "embeddings": 3}
    assert shared in desk.search("twelve words")


def test_a_changed_file_replaces_its_chunks(desk: Desk) -> None:
    desk.write(a=ALPHA)
    desk.ingest.update([desk.files])
    desk.write(a=GAMMA)
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 1, "documents": 1, "chunks": 1, "embeddings": 1}
    assert desk.search("Alpha pumps water") == desk.search("Gamma") == [GAMMA]
    assert desk.index.retrieve("Alpha pumps water", Scope(), 9, ["bm25"]) == []


def test_splitting_again_keeps_the_embeddings_that_are_still_used(desk: Desk) -> None:
    first, second, third = (f"{word} " * 5 + "end." for word in ("One", "Two", "Three"))
    desk.write(a=f"{first} {second} {third}")
    desk.ingest.update([desk.files])
    assert desk.embedder.embedded == [f"{first} {second}", third]
    embedder = WordEmbedder()
    Ingest(desk.store, embedder, small_splitter(6)).update([desk.files])
    assert embedder.embedded == [first, second]
    assert desk.counts() == {"sources": 1, "documents": 1, "chunks": 3, "embeddings": 3}
    assert desk.search("Two")[0] == second


def selected(snapshot: Snapshot, scope: Scope) -> list[int]:
    """Ids of the chunks that the scope may see."""
    ids = snapshot.embeddings.all()[0]
    selection = snapshot.selection(scope) or Selection(ids)
    return ids[selection.keeps(ids)].tolist()


@pytest.mark.parametrize("owner", [None, "ann"])
def test_a_scope_limits_what_is_seen(store: Store, owner: str | None) -> None:
    documents = {
        ("/public", "default", None): Document("word public"),
        ("/other", "other", None): Document("word elsewhere"),
        ("/ann", "default", "ann"): Document("word private to ann"),
        ("/bob", "default", "bob"): Document("word private to bob"),
    }
    for (path, collection, whose), document in documents.items():
        put(store, document, path, collection=collection, owner=whose)
    with store.snapshot() as snapshot:
        for collection in (None, "default", "other", "none"):
            scope = Scope(collection, owner)
            visible = {
                document.text
                for (_, where, whose), document in documents.items()
                if collection in (None, where) and whose in (None, owner)
            }
            assert {snapshot.chunk(int(i)).text for i in selected(snapshot, scope)} == visible
            assert {source.document_id for source in snapshot.sources(scope)} == {
                document.id for document in documents.values() if document.text in visible
            }


@pytest.mark.parametrize(
    ("only", "found"),
    [
        (Filter(), "abcd"),
        (Filter(source="*.pdf"), "bc"),
        (Filter(source="plan*"), "a"),
        (Filter(source="/x/*.pdf"), "b"),  # a star stands for a part of a name only
        (Filter(source="[Rr]eport_?.PDF"), ""),  # letters as they are written
        (Filter(folder="/x"), "abc"),
        (Filter(folder="/x/"), "abc"),
        (Filter(folder="/x/mail.zip"), "c"),
        (Filter(folder="/x/mail"), ""),
        (Filter(type="pdf"), "bc"),
        (Filter(type=".PDF"), "bc"),
        (Filter(type="df"), ""),
        (Filter(since=200.0), "bc"),
        (Filter(before=200.0), "a"),
        (Filter(since=100.0, before=300.0), "ab"),
        (Filter(fields=(("author", "Ann"),)), "b"),
        (Filter(fields=(("author", "Ann"), ("year", "2024"))), "b"),
        (Filter(fields=(("author", "2024"),)), ""),
        (Filter(source="*'; --", type="%"), ""),
    ],
)
def test_a_filter_limits_what_is_found(store: Store, only: Filter, found: str) -> None:
    sources = {
        "a": ("/x/plan.txt", 100.0, ()),
        "b": ("/x/report_1.pdf", 200.0, (("author", "Ann"), ("year", "2024"))),
        "c": ("/x/mail.zip/in/report_2.pdf", 300.0, (("author", "Bob"),)),
        "d": ("/xy/other.md", None, ()),
    }
    for name, (path, modified, fields) in sources.items():
        document = Document(f"word {name}")
        with store.transaction() as transaction:
            key = embedding_key(document.text)
            transaction.add_embeddings({key: np.ones(3, dtype=np.float32)})
            source = Source(path, document.id, modified=modified, metadata=fields)
            transaction.put(source, document, [Chunk(document, 0, 6)], "s/1")
    with store.snapshot() as snapshot:
        scope = Scope(only=only)
        assert "".join(snapshot.chunk(i).text[-1] for i in selected(snapshot, scope)) == found
        kept = {(source.path, source.modified, source.metadata) for source in snapshot.sources(scope)}
        assert kept == {sources[name] for name in found}


def test_a_scope_that_sees_everything_selects_no_ids(store: Store) -> None:
    put(store, Document("word"))
    with store.snapshot() as snapshot:
        assert snapshot.selection(Scope()) is None
        assert snapshot.selection(Scope(owner="ann")) is None


def test_a_shared_document_is_seen_through_sources_of_the_scope_only(store: Store) -> None:
    document = Document("shared words")
    put(store, document, "/a/private", owner="ann")
    put(store, document, "/z/public")
    with store.snapshot() as snapshot:
        assert snapshot.source_of(document.id, Scope()).path == "/z/public"
        assert snapshot.source_of(document.id, Scope(owner="bob")).path == "/z/public"
        assert snapshot.source_of(document.id, Scope(owner="ann")).path == "/a/private"
        assert snapshot.source_of(document.id, Scope(owner="ann")).owner == "ann"
    with store.transaction() as transaction:
        transaction.remove(Source("/z/public", document.id))
    with store.snapshot() as snapshot:
        assert selected(snapshot, Scope(owner="bob")) == []
        assert snapshot.selection(Scope(owner="ann")) is None


def test_passages_are_read_together_as_they_are_one_by_one(desk: Desk) -> None:
    desk.write(a=f"{ALPHA} {GAMMA}", b=GAMMA)
    desk.ingest.update([desk.files])
    with desk.store.snapshot() as snapshot:
        ids = snapshot.embeddings.all()[0].tolist()[::-1]
        assert snapshot.chunks(ids) == [snapshot.chunk(i) for i in ids]
        assert snapshot.chunks([]) == []
        documents = {chunk.document.id for chunk in snapshot.chunks(ids)}
        assert snapshot.sources_of(documents, Scope()) == {one: snapshot.source_of(one, Scope()) for one in documents}
    with pytest.raises(StoreError, match="passage 99 is missing"), desk.store.snapshot() as snapshot:
        snapshot.chunks([*ids, 99])


def test_every_change_raises_the_generation_and_a_failed_one_changes_nothing(store: Store) -> None:
    def generation() -> int:
        with store.snapshot() as snapshot:
            return snapshot.generation

    assert generation() == 0
    source = put(store, Document(ALPHA))
    assert generation() == 1

    def change_and_fail() -> None:
        with store.transaction() as transaction:
            transaction.remove(source)
            assert transaction.count("sources") == 0
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        change_and_fail()
    assert generation() == 1
    with store.snapshot() as snapshot:
        assert snapshot.sources() == [source]
    with store.transaction() as transaction:
        transaction.remove(source)
    assert generation() == 2


def test_a_snapshot_stays_as_it_was_while_another_writes(store: Store) -> None:
    put(store, Document(ALPHA), "/a")
    with store.snapshot() as before:
        assert before.generation == 1
        put(store, Document(GAMMA), "/b")
        put(store, Document("Replaced."), "/a")
        assert before.generation == 1
        assert [source.path for source in before.sources()] == ["/a"]
        assert [before.chunk(int(i)).text for i in before.embeddings.all()[0]] == [ALPHA]
        assert [text for _, text, _ in before.texts()] == [ALPHA]
        with store.snapshot() as after:
            assert after.generation == 3
            assert {after.chunk(int(i)).text for i in after.embeddings.all()[0]} == {GAMMA, "Replaced."}


def test_the_changes_since_any_earlier_state_are_known(store: Store) -> None:
    states: list[tuple[int, str, set[int]]] = []

    def remember() -> None:
        with store.snapshot() as snapshot:
            states.append((snapshot.generation, snapshot.state, set(snapshot.embeddings.all()[0].tolist())))

    remember()
    for text, path in ((ALPHA, "/a"), (GAMMA, "/b"), ("Changed.", "/a"), (ALPHA, "/c")):
        put(store, Document(text), path)
        remember()
    with store.snapshot() as snapshot:
        now = states[-1][2]
        for generation, state, held in states:
            changes = snapshot.since(generation, state)
            assert changes is not None
            assert set(changes.dropped) == held - now
            assert {i for i in now if i > changes.last} == now - held
        assert snapshot.since(states[1][0], states[2][1]) is None
        assert snapshot.since(99, states[-1][1]) is None


def test_changes_of_too_long_ago_are_unknown(new_store: Callable[..., Store]) -> None:
    store = new_store(history=2)
    store.create("words@1")
    with store.snapshot() as snapshot:
        first = (snapshot.generation, snapshot.state)
    for text in (ALPHA, GAMMA, "Third."):
        put(store, Document(text))
    with store.snapshot() as snapshot:
        assert snapshot.since(*first) is None
        assert snapshot.since(snapshot.generation, snapshot.state) is not None
        assert snapshot.db.execute("SELECT count(*) FROM history").fetchone()[0] == 2


def test_the_language_of_each_document_is_stored(store: Store) -> None:
    for number, text in enumerate(
        ("The water of the river.", "Das Wasser und der Fluss in der Stadt", "北京的水", "A river.")
    ):
        put(store, Document(text), f"/{number}")
    with store.snapshot() as snapshot:
        assert languages_of(snapshot, Scope()) == {"en": 2, "de": 1, "zh": 1}
        assert [language for *_, language in snapshot.texts()] == ["en", "de", "zh", "en"]


def test_chunk_ids_are_never_used_again(store: Store) -> None:
    source = put(store, Document(ALPHA))
    with store.snapshot() as snapshot:
        old = snapshot.embeddings.all()[0].tolist()
    with store.transaction() as transaction:
        transaction.remove(source)
    put(store, Document(GAMMA))
    with store.snapshot() as snapshot:
        assert min(snapshot.embeddings.all()[0]) > max(old)


def test_a_chunk_without_an_embedding_cannot_be_kept(store: Store) -> None:
    document = Document(ALPHA)

    def put_without_embeddings(transaction: Transaction) -> None:
        transaction.put(Source("/a", document.id), document, [Chunk(document, 0, 5)], "s/1")

    with pytest.raises(StoreError), store.transaction() as transaction:
        put_without_embeddings(transaction)
    with store.snapshot() as snapshot:
        assert snapshot.count("documents") == snapshot.count("chunks") == 0


def test_creating_a_store_twice_keeps_the_first(store: Store) -> None:
    put(store, Document(ALPHA))
    store.create("another@2")
    with store.snapshot() as snapshot:
        assert snapshot.embedder == "words@1"
        assert snapshot.count("documents") == 1


def test_a_file_without_tables_is_no_index_and_can_become_one(tmp_path: Path) -> None:
    """A process that is killed while it creates the index leaves such a file."""
    (tmp_path / FILE).touch()
    store = Store(tmp_path)
    assert not store.exists
    with pytest.raises(StoreError, match="there is no index"), store.snapshot():
        pass
    store.create("words@1")
    assert store.exists


def garbage(path: Path) -> None:
    path.write_bytes(b"\x07garbage" * 500)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def another_format(path: Path) -> None:
    db = sqlite3.connect(path)
    with db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT + 1,))
    db.close()


@pytest.mark.parametrize(
    ("harm", "reason"), [(garbage, "is damaged"), (truncated, "is damaged"), (another_format, "of another version")]
)
def test_an_unusable_file_is_reported_in_one_line_with_what_to_run(
    folder_store: Store, harm: Callable[[Path], None], reason: str
) -> None:
    store = folder_store
    put(store, Document(" ".join(f"word{number}" for number in range(5000))))
    assert not Path(f"{store.path}-wal").exists()
    harm(store.path)

    def read() -> None:
        with store.snapshot() as snapshot:
            snapshot.embeddings.all()
            snapshot.sources()
            for table in ("documents", "chunks", "embeddings"):
                snapshot.db.execute(f"SELECT * FROM {table}").fetchall()

    with pytest.raises(StoreError, match=f"{reason}.*delete it and run refdesk index") as raised:
        read()
    assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot use"):
        Store(tmp_path / "file" / "index").create("words@1")


def test_many_threads_may_create_the_same_index_at_once(tmp_path: Path) -> None:
    """SQLite does not wait while two connections switch to write-ahead logging; the store does."""
    begin = Barrier(8)
    for number in range(15):
        store = Store(tmp_path / str(number))

        def create(store: Store = store) -> None:
            begin.wait()
            store.create("words@1")

        with ThreadPoolExecutor(8) as pool:
            for made in [pool.submit(create) for _ in range(8)]:
                made.result()
        assert store.exists


@pytest.mark.parametrize(
    ("result_code", "message"),
    [
        ("SQLITE_BUSY", "another process is writing"),
        ("SQLITE_BUSY_SNAPSHOT", "another process is writing"),
        ("SQLITE_LOCKED", "another process is writing"),
        ("SQLITE_READONLY_DIRECTORY", "no permission to write"),
        ("SQLITE_CANTOPEN", "no permission to write"),
        ("SQLITE_FULL", "free some space"),
        ("SQLITE_IOERR_WRITE", "free some space"),
        ("SQLITE_CORRUPT", "is damaged"),
        (None, "is damaged"),  # an error of Python's sqlite3 itself, such as text that is no UTF-8
    ],
)
def test_database_errors_are_told_apart_by_their_result_code(
    folder_store: Store, result_code: str | None, message: str
) -> None:
    error = sqlite3.OperationalError("words such as full, locked and readonly do not count")
    if result_code:
        error.sqlite_errorname = result_code
    with pytest.raises(StoreError, match=message), folder_store.snapshot():
        raise error


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("blocks", '[["list", 0, 999, ""]]'),
        ("blocks", '[["riddle", 0, 5, ""]]'),
        ("tables", "[[0, 5, [9], 0, null, [], [], []]]"),
        ("tables", "[[0, 5]]"),
    ],
)
def test_a_structure_that_cannot_be_the_texts_is_damage_that_is_named(store: Store, column: str, value: str) -> None:
    document = Document(ALPHA)
    put(store, document)
    with store.transaction() as transaction:
        transaction.db.execute(f"UPDATE documents SET {column} = ?", (value,))
    with pytest.raises(StoreError, match="is damaged"), store.snapshot() as snapshot:
        snapshot.document(document.id)


def test_creating_a_file_that_exists_leaves_the_log_to_its_readers(tmp_path: Path) -> None:
    """Closing a file drops all locks of its process on it. Without SQLite's, another process deletes the log in use."""
    store = Store(tmp_path)
    store.create("words@1")
    other = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT * FROM meta'); db.close()"
    with store.snapshot() as snapshot:
        assert snapshot.generation == 0
        private.make_file(store.path)
        subprocess.run([sys.executable, "-c", other, store.path], check=True)
        assert store.path.with_name(f"{FILE}-wal").exists()
