"""FAISS, a shadow of the store: equal to brute force, and never searched when stale or damaged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest
from fakes import Desk, filled, small_splitter
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from index.ingest import Ingest, save_vectors
from index.passage import Scope
from index.store import Store, StoreError
from index.vectors import VectorIndex


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


def saved(desk: Desk) -> Path:
    (path,) = desk.store.folder.glob("vectors-*")
    return path


def nearest(desk: Desk, text: str) -> str:
    (query,) = desk.embedder.embed([text], "query")
    with desk.store.snapshot() as snapshot:
        [(chunk_id, score)] = VectorIndex.open(desk.store.folder, snapshot).search(query, 1)
        assert score == pytest.approx(1, abs=1e-5)
        return snapshot.chunk(chunk_id).text


def unit(matrix: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(norms == 0, 1, norms), dtype=np.float32)


def index_of(vectors: np.ndarray, ids: np.ndarray) -> VectorIndex:
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors, ids)
    return VectorIndex(1, "state", index)


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(8)), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 40),
    st.data(),
)
def test_search_is_brute_force(matrix: np.ndarray, limit: int, data: st.DataObject) -> None:
    vectors, ids = unit(matrix), np.arange(len(matrix), dtype=np.int64) * 3 + 5
    allowed = data.draw(st.none() | st.sets(st.sampled_from([*ids.tolist(), 1, 999])))
    query = vectors[data.draw(st.integers(0, len(vectors) - 1))]
    found = index_of(vectors, ids).search(
        query, limit, None if allowed is None else np.array(sorted(allowed), dtype=np.int64)
    )
    cosines = dict(zip(ids.tolist(), (vectors @ query).tolist(), strict=True))
    if allowed is not None:
        cosines = {i: cosine for i, cosine in cosines.items() if i in allowed}
    assert len(found) == min(limit, len(cosines))
    assert [score for _, score in found] == pytest.approx(sorted(cosines.values(), reverse=True)[:limit], abs=1e-5)
    assert all(score == pytest.approx(cosines[i], abs=1e-5) for i, score in found)
    assert found == sorted(found, key=lambda hit: (-hit[1], hit[0]))
    assert len({i for i, _ in found}) == len(found)


def test_the_saved_file_is_what_is_loaded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: object) -> None:
        raise AssertionError("rebuilt although the file is good")

    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "build", never)
        assert nearest(desk, "Beta stores grain.") == "Beta stores grain."
    assert saved(desk).name.startswith("vectors-3-")


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
    save_vectors(desk.store)
    assert saved(desk).read_bytes() == whole


def test_a_damaged_file_is_repaired_by_the_next_update(desk: Desk) -> None:
    path = saved(desk)
    whole = path.read_bytes()
    path.write_bytes(flip(whole))
    desk.ingest.update([desk.files])
    assert saved(desk).read_bytes() == whole


def test_a_file_of_another_generation_is_never_searched(desk: Desk) -> None:
    old = saved(desk)
    stale = old.read_bytes()
    desk.write(b="Delta buys salt.")
    desk.ingest.update([desk.files])
    new = saved(desk)
    assert new.name != old.name
    new.unlink()
    old.write_bytes(stale)  # a crash between the commit and the save leaves exactly this
    assert nearest(desk, "Delta buys salt.") == "Delta buys salt."


def test_a_store_made_anew_never_searches_the_vectors_of_the_old_one(desk: Desk) -> None:
    """As many changes, other texts: the generation is the same, the state is not."""
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


def test_a_store_made_anew_with_another_embedder_is_refused_by_who_searches_it(desk: Desk) -> None:
    running = desk.index
    desk.store.path.unlink()
    desk.store.create("another@1")
    with pytest.raises(StoreError, match="was made with embedder another@1"):
        running.retrieve("Alpha", Scope(), 1)


def test_equal_histories_are_one_state(tmp_path: Path) -> None:
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


def test_saving_clears_away_earlier_and_damaged_files_only(desk: Desk) -> None:
    folder, current = desk.store.folder, saved(desk)
    for name in (
        "vectors-1-aa.faiss",
        "vectors-2-bb.77.tmp",
        "vectors-3-cc.faiss",
        "vectors-3-dd.88.tmp",
        "vectors-4-ee.faiss",
    ):
        (folder / name).write_bytes(b"x")
    save_vectors(desk.store)
    assert {path.name for path in folder.glob("vectors-*")} == {
        current.name,
        "vectors-3-dd.88.tmp",  # another process is writing it
        "vectors-4-ee.faiss",  # a later generation's
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
    assert index.search(np.ones(24, dtype=np.float32), 5) == []
