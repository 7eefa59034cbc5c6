"""BM25: scores computed by hand, limits and selections; an index that is behind, damaged or foreign is repaired."""

from __future__ import annotations

import json
import logging
import math
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import Desk, filled
from hypothesis import given, settings
from hypothesis import strategies as st

from index.bm25 import Bm25Searcher
from index.lexical import FOLDER, LexicalIndex
from index.passage import Scope
from index.snapshot import Selection


def found(
    desk: Desk,
    terms: Sequence[str],
    limit: int = 10,
    selection: Selection | None = None,
    searcher: Callable[[Any, Any], Bm25Searcher] = Bm25Searcher,
) -> list[tuple[int, float]]:
    with desk.store.snapshot() as snapshot:
        return LexicalIndex(desk.store, searcher).search(snapshot, terms, limit, selection)


def texts(desk: Desk, terms: Sequence[str]) -> list[str]:
    with desk.store.snapshot() as snapshot:
        return [snapshot.chunk(i).text for i, _ in found(desk, terms)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


def bm25(tf: int, length: int, average: float, holding: int, documents: int) -> float:
    idf = math.log(1 + (documents - holding + 0.5) / (holding + 0.5))
    return idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / average))


def test_scores_are_bm25_by_hand(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    contents = ["iron", "iron iron salt", "iron salt salt salt grain grain", "grain", "salt", "oil", "tar"]
    for number, content in enumerate(contents):
        desk.write(**{f"f{number}": content})
    desk.ingest.update([desk.files])
    average = sum(len(content.split()) for content in contents) / len(contents)
    expected = {
        content: bm25(content.split().count("iron"), len(content.split()), average, 3, 7)
        for content in contents
        if "iron" in content
    }
    with desk.store.snapshot() as snapshot:
        scores = {snapshot.chunk(i).text: score for i, score in found(desk, ["iron"])}
    assert list(scores) == sorted(expected, key=lambda content: -expected[content])
    assert scores == pytest.approx(expected, rel=1e-5)


def test_equal_scores_are_in_order_of_id_up_to_the_limit(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in "abcd":
        desk.write(**{name: f"same words {name}"})
    desk.ingest.update([desk.files])
    ids = [i for i, _ in found(desk, ["word"])]
    assert len(ids) == 4
    assert ids == sorted(ids)
    assert [i for i, _ in found(desk, ["word"], 2)] == ids[:2]
    assert found(desk, [], 5) == found(desk, ["word"], 0) == []


@pytest.mark.parametrize("listed", [0, 10_000], ids=["filtered", "part of the query"])
def test_only_selected_ids_are_found(tmp_path: Path, listed: int) -> None:
    desk = Desk(tmp_path)
    for number in range(40):
        desk.write(**{f"f{number:02}": f"same words {number}"})
    desk.ingest.update([desk.files])
    searcher = partial(Bm25Searcher, listed=listed)
    ids = sorted(i for i, _ in found(desk, ["word"], 40))
    assert len(ids) == 40
    for chosen in (ids[30:33], [ids[-1]], [], [ids[3], 999]):
        selection = Selection(np.array(sorted(chosen), dtype=np.int64))
        assert [i for i, _ in found(desk, ["word"], 2, selection, searcher)] == [i for i in chosen if i in ids][:2]
        hidden = Selection(selection.ids, hidden=True)
        assert [i for i, _ in found(desk, ["word"], 40, hidden, searcher)] == [i for i in ids if i not in chosen]


CONTENTS = st.lists(st.sampled_from(["iron", "salt", "grain", "oil", "北京市", "Épée"]), min_size=1, max_size=6).map(
    " ".join
)


@settings(max_examples=15)  # each makes two indexes
@given(st.lists(CONTENTS, min_size=1, max_size=5, unique=True), st.data())
def test_removed_chunks_leave_no_trace_in_the_scores(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str], data: st.DataObject
) -> None:
    """In a small index the statistics are those of one that never held it."""
    gone = data.draw(st.sets(st.sampled_from(range(len(contents)))))
    folder = tmp_path_factory.mktemp("desks")
    worn, fresh = Desk(folder / "worn"), Desk(folder / "fresh")
    for number, content in enumerate(contents):
        worn.write(**{f"f{number}": content})
        if number not in gone:
            fresh.write(**{f"f{number}": content})
    worn.ingest.update([worn.files])
    for number in gone:
        (worn.files / f"f{number}.txt").unlink()
    for desk in (worn, fresh):
        desk.ingest.update([desk.files])

    def seen(desk: Desk, term: str) -> list[tuple[str, float]]:
        with desk.store.snapshot() as snapshot:
            return sorted((snapshot.chunk(i).text, score) for i, score in found(desk, [term]))

    for term in ("iron", "salt", "北京", "epe"):
        assert seen(worn, term) == seen(fresh, term)


def test_after_a_change_the_index_is_up_to_date_and_a_search_writes_nothing(desk: Desk) -> None:
    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (desk.store.folder / FOLDER).glob("*.*")}

    before = written()
    assert texts(desk, ["grain"]) == ["Beta stores grain."]
    assert written() == before


def test_an_index_that_is_behind_catches_up_with_added_and_removed_chunks(desk: Desk) -> None:
    old = LexicalIndex(desk.store)
    shadow = desk.store.folder / FOLDER
    kept = shutil.copytree(shadow, desk.files.parent / "kept")
    desk.write(b="Delta buys salt.")
    (desk.files / "c.txt").unlink()
    desk.ingest.update([desk.files])
    shutil.rmtree(shadow)
    shutil.copytree(kept, shadow)  # a crash between the commit and the catching up leaves this
    assert texts(desk, ["salt"]) == ["Delta buys salt."]
    assert texts(desk, ["grain"]) == texts(desk, ["iron"]) == []
    with desk.store.snapshot() as snapshot:
        assert len(old.searcher(snapshot).search(["salt"], 5)) == 1  # who had it open sees it too


def test_a_search_of_an_earlier_snapshot_finds_only_its_chunks(desk: Desk) -> None:
    index = desk.index
    with desk.store.snapshot() as before:
        assert before.count("chunks") == 3  # it begins with what it first reads
        desk.write(d="Delta stores grain.")
        desk.ingest.update([desk.files])
        assert len(LexicalIndex(desk.store).search(before, ["grain"], 9)) == 1
    assert len(index.retrieve("grain", Scope(), 9, ["bm25"])) == 2


def other_text(folder: Path) -> None:
    (folder / "meta.json").write_text("{}")


def no_meta(folder: Path) -> None:
    (folder / "meta.json").unlink()


def truncated(folder: Path) -> None:
    for path in folder.glob("*.term"):
        path.write_bytes(path.read_bytes()[:10])


def no_marker(folder: Path) -> None:
    (folder / "refdesk.json").unlink()


def another_analysis(folder: Path) -> None:
    marker = json.loads((folder / "refdesk.json").read_text())
    (folder / "refdesk.json").write_text(json.dumps([*marker[:3], "tantivy/0", marker[4]]))


def of_another_commit(folder: Path) -> None:
    marker = json.loads((folder / "refdesk.json").read_text())
    (folder / "refdesk.json").write_text(json.dumps([marker[0] + 1, *marker[1:]]))


@pytest.mark.parametrize(
    "harm", [other_text, no_meta, truncated, no_marker, of_another_commit, shutil.rmtree, another_analysis]
)
def test_a_damaged_or_foreign_index_is_rebuilt(
    desk: Desk, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    harm(desk.store.folder / FOLDER)
    with caplog.at_level(logging.ERROR):
        desk.ingest.update([desk.files])
        assert texts(desk, ["grain"]) == ["Beta stores grain."]
        assert len(found(desk, ["grain"])) == 1
    assert not caplog.records


def test_after_the_store_is_rebuilt_the_words_of_the_old_one_are_not_found(desk: Desk) -> None:
    running = desk.index
    assert len(running.retrieve("pumps", Scope(), 9, ["bm25"])) == 1
    for path in desk.store.folder.glob("refdesk.sqlite3*"):
        path.unlink()
    desk.write(a="Zebras eat grass.", b="Yaks climb hills.", c="Xerus digs holes.")
    desk.ingest.update([desk.files])
    for index in (running, desk.index):
        assert index.retrieve("pumps", Scope(), 9, ["bm25"]) == []
        (passage,) = index.retrieve("zebra", Scope(), 9, ["bm25"])
        assert passage.chunk.text == "Zebras eat grass."


def test_a_missing_index_is_rebuilt_by_the_first_search(desk: Desk) -> None:
    shutil.rmtree(desk.store.folder / FOLDER)
    assert texts(desk, ["grain"]) == ["Beta stores grain."]


class PanicException(BaseException):
    """What a panic of tantivy's Rust code raises: a class of this name, derived from BaseException."""


@pytest.mark.parametrize("damage", [ValueError("a damaged block"), PanicException("index out of bounds")])
def test_an_index_whose_damage_shows_while_it_is_searched_is_rebuilt(
    desk: Desk, damage: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    searchers: list[Bm25Searcher] = []

    class Damaged(Bm25Searcher):
        def search(self, *_: object) -> list[tuple[int, float]]:
            raise damage

    def damaged_at_first(searcher: Any, schema: Any) -> Bm25Searcher:
        searchers.append(Damaged(searcher, schema) if not searchers else Bm25Searcher(searcher, schema))
        return searchers[-1]

    assert len(found(desk, ["grain"], searcher=damaged_at_first)) == 1
    assert len(searchers) == 2
    assert "rebuilding it" in caplog.text


def test_an_interrupt_while_the_index_is_searched_rebuilds_nothing(desk: Desk) -> None:
    class Interrupted(Bm25Searcher):
        def search(self, *_: object) -> list[tuple[int, float]]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(desk, ["grain"], searcher=Interrupted)
