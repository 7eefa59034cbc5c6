"""Vector search equals brute force, and a stale or damaged base is never searched."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import Desk, filled, small_splitter
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from documents.document import Chunk, Document, Source
from index.ingest import Ingest
from index.passage import Scope
from index.refresh import refresh
from index.snapshot import Selection, embedding_key, embedding_text
from index.store import Store, StoreError
from index.vectors import STALE, Approximation, Exact, VectorIndex, _Base


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


def saved(desk: Desk) -> Path:
    (path,) = desk.store.folder.glob("vectors-*")
    return path


def nearest(desk: Desk, text: str, kind: type[VectorIndex] = VectorIndex) -> str:
    (query,) = desk.embedder.embed([text], "query")
    with desk.store.snapshot() as snapshot:
        [(chunk_id, score)] = kind.open(desk.store.folder, snapshot).search(query, 1, snapshot.embeddings.of)
        assert score == pytest.approx(1, abs=1e-5)
        return snapshot.chunk(chunk_id).text


def put_words(desk: Desk, path: str, count: int) -> None:
    """Write a document of ``count`` chunks of one word to the store; what is derived from it stays behind."""
    words = [f"{Path(path).stem}{number:04}" for number in range(count)]
    document = Document(" ".join(words))
    size = len(words[0])
    chunks = [Chunk(document, start, start + size) for start in range(0, len(document.text), size + 1)]
    keys = [embedding_key(embedding_text(chunk)) for chunk in chunks]
    vectors = desk.embedder.embed([embedding_text(chunk) for chunk in chunks], "passage")
    with desk.store.transaction() as transaction:
        transaction.add_embeddings(dict(zip(keys, vectors, strict=True)))
        transaction.put(Source(path, document.id), document, chunks, "s/1")


def unit(matrix: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(norms == 0, 1, norms), dtype=np.float32)


def stored(vectors: np.ndarray, ids: np.ndarray, since: int) -> tuple[VectorIndex, Exact]:
    """An index whose last ``since`` vectors came after the base was built; and the store's vectors by id."""
    first = len(ids) - since
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors[:first], ids[:first])
    base = _Base(1, "state", index)
    none = np.empty(0, dtype=np.int64)
    of = dict(zip(ids.tolist(), vectors, strict=True))
    return (
        VectorIndex(1, "state", base, ids[first:], vectors[first:], none),
        lambda chosen: np.array([of[i] for i in chosen], dtype=np.float32),
    )


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(8)), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 40),
    st.data(),
)
def test_search_is_brute_force(matrix: np.ndarray, limit: int, data: st.DataObject) -> None:
    vectors, ids = unit(matrix), np.arange(len(matrix), dtype=np.int64) * 3 + 5
    named = data.draw(st.none() | st.sets(st.sampled_from([*ids.tolist(), 1, 999])))
    hidden = data.draw(st.booleans())
    query = vectors[data.draw(st.integers(0, len(vectors) - 1))]
    index, exact = stored(vectors, ids, since=data.draw(st.integers(0, len(vectors))))
    selection = None if named is None else Selection(np.array(sorted(named), dtype=np.int64), hidden)
    found = index.search(query, limit, exact, selection)
    cosines = dict(zip(ids.tolist(), (vectors.astype(np.float64) @ query).tolist(), strict=True))
    if named is not None:
        cosines = {i: cosine for i, cosine in cosines.items() if (i in named) != hidden}
    assert len(found) == min(limit, len(cosines))
    assert [score for _, score in found] == pytest.approx(sorted(cosines.values(), reverse=True)[:limit], abs=1e-6)
    assert all(score == pytest.approx(cosines[i], abs=1e-6) for i, score in found)
    assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
    assert len({i for i, _ in found}) == len(found)


@given(st.integers(0, 6), st.integers(0, 6))
def test_the_same_vector_has_the_same_cosine_in_the_base_and_beside_it(first: int, second: int) -> None:
    rng = np.random.default_rng(first)
    vectors = unit(rng.normal(size=(7, 384)))
    vectors[second] = vectors[first]
    index, exact = stored(vectors, np.arange(1, 8, dtype=np.int64), since=3)
    scores = dict(index.search(unit(rng.normal(size=(1, 384)))[0], 7, exact))
    assert scores[first + 1] == scores[second + 1]


class NeverBuilt(VectorIndex):
    @classmethod
    def build(cls, *_: object) -> VectorIndex:
        raise AssertionError("rebuilt although the saved file is good")


def test_the_saved_file_is_what_is_loaded(desk: Desk) -> None:
    assert nearest(desk, "Beta stores grain.", NeverBuilt) == "Beta stores grain."
    assert saved(desk).name.startswith("vectors-1-")


def truncate(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def empty(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("harm", [truncate, flip, empty])
def test_a_damaged_file_is_rebuilt_and_replaced(
    desk: Desk, harm: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(desk)
    whole = path.read_bytes()
    path.write_bytes(harm(whole))
    with caplog.at_level(logging.WARNING):
        assert nearest(desk, "Beta stores grain.") == "Beta stores grain."
    assert "damaged" in caplog.text
    path.unlink()
    refresh(desk.store)
    assert saved(desk).read_bytes() == whole


def test_a_damaged_file_is_repaired_by_the_next_update(desk: Desk) -> None:
    path = saved(desk)
    whole = path.read_bytes()
    path.write_bytes(flip(whole))
    desk.ingest.update([desk.files])
    assert saved(desk).read_bytes() == whole


def test_a_base_that_is_behind_catches_up_without_being_rewritten(desk: Desk) -> None:
    base = saved(desk)
    whole = base.read_bytes()
    running = desk.index
    assert running.retrieve("Beta stores grain.", Scope(), 1, ["dense"])[0].chunk.text == "Beta stores grain."
    desk.write(b="Delta buys salt.")
    desk.ingest.update([desk.files])
    assert saved(desk) == base
    assert base.read_bytes() == whole
    assert nearest(desk, "Delta buys salt.") == "Delta buys salt."
    for index in (running, desk.index):
        texts = [passage.chunk.text for passage in index.retrieve("Beta stores grain.", Scope(), 9, ["dense"])]
        assert sorted(texts) == ["Alpha pumps water.", "Delta buys salt.", "Gamma sells iron."]


def test_chunks_that_came_and_went_since_the_base_are_gone(desk: Desk) -> None:
    running = desk.index
    for text in ("Delta buys salt.", "Delta buys tea.", "Beta stores grain."):
        desk.write(b=text)
        desk.ingest.update([desk.files])
        with desk.store.snapshot() as snapshot:
            assert len(VectorIndex.open(desk.store.folder, snapshot)) == 3
            assert len(running.vectors(snapshot)) == 3
        assert running.retrieve(text, Scope(), 1, ["dense"])[0].chunk.text == text


def test_a_base_is_rebuilt_when_much_has_changed_since(desk: Desk) -> None:
    base = saved(desk)
    put_words(desk, "/many", STALE)
    refresh(desk.store)
    assert saved(desk) == base
    put_words(desk, "/one", 1)
    refresh(desk.store)
    assert saved(desk) != base
    with desk.store.snapshot() as snapshot:
        current = VectorIndex.open(desk.store.folder, snapshot)
    assert current.kind == "exact (flat inner product)"
    assert len(current) == 3 + STALE + 1
    assert not current.outdated


def test_a_running_index_rebuilds_an_outdated_base_while_it_answers(desk: Desk) -> None:
    running, base = desk.index, saved(desk)
    running.retrieve("Alpha", Scope(), 1)
    put_words(desk, "/many", STALE + 1)  # as a writer that is killed before it refreshes leaves it
    assert running.retrieve("many0007", Scope(), 1, ["dense"])[0].chunk.text == "many0007"
    for thread in threading.enumerate():
        if thread.name == "rebuild-vectors":
            thread.join(30)
    assert saved(desk) != base
    with desk.store.snapshot() as snapshot:
        assert not running.vectors(snapshot).outdated
    assert running.retrieve("many0007", Scope(), 1)[0].chunk.text == "many0007"


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, np.ndarray]:
    """A store of 3,000 vectors that lie in clusters, as embeddings do; one chunk each."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(60, 24))
    vectors = unit(centres[rng.integers(60, size=3000)] + 0.4 * rng.normal(size=(3000, 24)))
    store = Store(tmp_path_factory.mktemp("clustered"))
    store.create("clusters@1")
    document = Document("".join(f"{number:04} " for number in range(3000)))
    chunks = [Chunk(document, 5 * number, 5 * number + 4) for number in range(3000)]
    with store.transaction() as transaction:
        keys = [embedding_key(embedding_text(chunk)) for chunk in chunks]
        transaction.add_embeddings(dict(zip(keys, vectors, strict=True)))
        transaction.put(Source("/clusters", document.id), document, chunks, "s/1")
    return store, vectors


def test_an_approximate_base_finds_nearly_what_an_exact_base_finds(
    clustered: tuple[Store, np.ndarray], tmp_path: Path
) -> None:
    approximation = Approximation(exact=1000, probed=1 / 8)
    store, vectors = clustered
    with store.snapshot() as snapshot:
        ids = snapshot.embeddings.all()[0]
        VectorIndex.build(snapshot, approximation).save(tmp_path)
        index = VectorIndex.open(tmp_path, snapshot, approximation)
        assert index.kind == "inverted file of 220 lists, 8-bit, refined"
        few = Selection(ids[::100])
        hits, of = 0, 0
        for query in vectors[::150]:
            true = ids[np.argsort(-(vectors @ query))]
            found = index.search(query, 10, snapshot.embeddings.of)
            hits += len({i for i, _ in found} & set(true[:10].tolist()))
            of += 10
            cosines = dict(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))
            assert all(score == pytest.approx(cosines[i], abs=1e-6) for i, score in found)
            # Where few chunks are selected, they are searched exactly.
            assert [i for i, _ in index.search(query, 5, snapshot.embeddings.of, few)] == [
                i for i in true.tolist() if i in few.ids
            ][:5]
    assert hits / of >= 0.95


def test_the_vectors_of_a_deleted_store_are_never_searched_in_its_successor(desk: Desk) -> None:
    """After as many changes with other texts, the generation is the same and the state is not."""
    running = desk.index
    assert running.retrieve("Alpha pumps water.", Scope(), 1, ["dense"])[0].chunk.text == "Alpha pumps water."
    desk.store.path.unlink()
    for shadow in desk.store.folder.glob("refdesk.sqlite3-*"):
        shadow.unlink()
    desk.write(a="Zebras eat grass.", b="Yaks climb hills.", c="Xerus digs holes.")
    desk.ingest.update([desk.files])
    assert nearest(desk, "Zebras eat grass.") == "Zebras eat grass."
    for index in (running, desk.index):
        (found,) = index.retrieve("Zebras eat grass.", Scope(), 1, ["dense"])
        assert found.chunk.text == "Zebras eat grass."


def test_a_running_index_refuses_a_store_recreated_with_another_embedder(desk: Desk) -> None:
    running = desk.index
    desk.store.path.unlink()
    desk.store.create("another@1")
    with pytest.raises(StoreError, match="was made with embedder another@1"):
        running.retrieve("Alpha", Scope(), 1)


def test_equal_histories_have_equal_states(tmp_path: Path) -> None:
    states = []
    for name in ("one", "two", "three"):
        desk = filled(tmp_path / "same")
        desk.store = Store(tmp_path / name)
        desk.ingest = Ingest(desk.store, desk.embedder, small_splitter())
        desk.ingest.update([desk.files])
        if name == "three":
            desk.write(a="Alpha pumps wine.")
            desk.ingest.update([desk.files])
            desk.write(a="Alpha pumps water.")
            desk.ingest.update([desk.files])
        with desk.store.snapshot() as snapshot:
            states.append(snapshot.state)
    assert states[0] == states[1] != states[2]


def test_saving_deletes_earlier_and_damaged_files_only(desk: Desk) -> None:
    folder, current = desk.store.folder, saved(desk)
    for name in (
        "vectors-0-aa.faiss",
        "vectors-0-bb.77.tmp",
        "vectors-1-cc.faiss",
        "vectors-1-dd.88.tmp",
        "vectors-2-ee.faiss",
    ):
        (folder / name).write_bytes(b"x")
    refresh(desk.store)
    assert {path.name for path in folder.glob("vectors-*")} == {
        current.name,
        "vectors-1-dd.88.tmp",  # another process is writing it
        "vectors-2-ee.faiss",  # a later generation's
    }


def test_a_file_that_vanishes_while_it_is_opened_is_rebuilt(desk: Desk) -> None:
    path = saved(desk)
    path.unlink()
    path.symlink_to("gone")  # listed, but not there when it is read
    assert nearest(desk, "Gamma sells iron.") == "Gamma sells iron."


def test_an_empty_store_has_an_empty_index(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest.update([desk.files])
    with desk.store.snapshot() as snapshot:
        index = VectorIndex.open(desk.store.folder, snapshot)
        assert len(index) == 0
        assert index.search(np.ones(24, dtype=np.float32), 5, snapshot.embeddings.of) == []
