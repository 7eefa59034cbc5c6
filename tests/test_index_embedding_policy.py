"""Rows of large tables have no embedding, and all that an index does works with them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import Desk
from index_checks import check_store

from documents.document import Chunk
from documents.formats import csv_table
from index.embedding_policy import FIRST, LARGE, PROSE, is_embedded
from index.ingest import remove
from index.lexical import FOLDER
from index.passage import Scope
from index.query import Query
from index.vectors import VectorIndex

COUNT = LARGE + 200


def table(count: int = COUNT, changed: int | None = None) -> str:
    """A table whose row 1,150 has a word of its own, and whose row ``changed`` has another one."""
    names = {1_150: "quokka", 43_210: "wombat", changed: "axolotl"}
    rows = (f"R{number:05},{names.get(number, 'Ann')},{7 * number}" for number in range(1, count + 1))
    return "\n".join(["order,customer,pence", *rows])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path, max_tokens=60)
    desk.write(orders__csv=table(), note="Alpha pumps water.")
    desk.ingest.update([desk.files])
    return desk


def found(desk: Desk, question: str) -> str:
    """The passage found first, of those that the question's words find."""
    with desk.index.view(Scope()) as view:
        return max(view.retrieve(Query.of(question), 100), key=lambda p: p.stage_scores.get("bm25", 0)).chunk.text


def chunks_of(text: str) -> Iterator[Chunk]:
    document = csv_table.parse(text.encode(), "a.csv")
    grid_rows = document.text.split("\n")
    start = 0
    for row in grid_rows:
        yield Chunk(document, start, start + len(row))
        start += len(row) + 1


def test_only_the_first_rows_of_a_large_table_are_embedded() -> None:
    assert all(is_embedded(chunk) for chunk in chunks_of(table(LARGE - 2)))
    assert [is_embedded(chunk) for chunk in chunks_of(table())] == [row < FIRST for row in range(COUNT + 1)]


def test_a_row_with_prose_is_embedded_wherever_it_stands() -> None:
    rows = [f"{number},{'Words of a letter. ' * 20 if number == 900 else 'none'}" for number in range(COUNT)]
    assert len("Words of a letter. " * 20) > PROSE
    embedded = [is_embedded(chunk) for chunk in chunks_of("\n".join(["number,letter", *rows]))]
    assert [row for row, has in enumerate(embedded) if has and row >= FIRST] == [901]


def test_rows_without_an_embedding_are_found_by_their_words_and_numbers(desk: Desk) -> None:
    check_store(desk.store)
    assert desk.counts()["embeddings"] < FIRST + 3
    assert "R01150" in found(desk, "What did quokka order?")
    assert "R01149" in found(desk, "What is the price of R01149?")
    assert "| 8043 |" in found(desk, "Who paid 8043?")
    assert found(desk, "Alpha water") == "Alpha pumps water."


def test_they_are_found_in_a_store_without_documents_in_the_language_of_the_question(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_tokens=60)
    desk.write(orders__csv=table())
    desk.ingest.update([desk.files])
    assert "R01150" in found(desk, "Was hat der Kunde quokka bei uns bestellt und wann wurde es geliefert?")


def test_a_store_of_rows_is_not_empty_until_they_are_removed(desk: Desk) -> None:
    remove(desk.store, [desk.files / "note.txt"])
    with desk.index.view(Scope()) as view:
        assert not view.store_is_empty
        assert view.count == desk.counts()["chunks"]
    remove(desk.store, [desk.files / "orders.csv"])
    check_store(desk.store)
    assert desk.counts() == {"sources": 0, "documents": 0, "chunks": 0, "embeddings": 0}
    with desk.index.view(Scope()) as view:
        assert view.store_is_empty


def test_a_changed_row_is_found_and_the_former_one_is_not(desk: Desk) -> None:
    desk.write(orders__csv=table(changed=1_150))
    report = desk.ingest.update([desk.files])
    check_store(desk.store)
    assert report.embedded == 0
    assert "R01150" in found(desk, "What did axolotl order?")
    with desk.index.view(Scope()) as view:
        assert all("quokka" not in passage.chunk.text for passage in view.retrieve(Query.of("quokka"), 100))


def test_the_vector_index_counts_only_what_has_an_embedding(desk: Desk) -> None:
    with desk.store.snapshot() as snapshot:
        before = VectorIndex.build(snapshot)
        assert len(before) == snapshot.embeddings.count < snapshot.count("chunks")
    remove(desk.store, [desk.files / "orders.csv"])
    with desk.store.snapshot() as snapshot:
        after = before.following(snapshot)
        assert after is not None
        assert len(after) == len(VectorIndex.build(snapshot)) == 1
        (hit,) = after.search(desk.embedder.embed(["Alpha"], "query")[0], 5, snapshot.embeddings.of)
        assert snapshot.chunk(hit[0]).text == "Alpha pumps water."


def test_a_scope_knows_how_many_of_its_chunks_have_an_embedding(desk: Desk) -> None:
    with desk.store.snapshot() as snapshot:
        selection = snapshot.selection(Scope(collection="default"))
        assert selection is not None
        assert selection.vectors == snapshot.embeddings.count
        assert len(selection.ids) == snapshot.count("chunks")


def test_derived_indexes_are_rebuilt_with_the_rows(desk: Desk) -> None:
    shutil.rmtree(desk.store.folder / FOLDER)
    for path in desk.store.folder.glob("vectors-*"):
        path.unlink()
    assert "R01150" in found(desk, "What did quokka order?")
    assert found(desk, "Alpha water") == "Alpha pumps water."


def test_a_table_near_a_copy_of_itself_is_reported(desk: Desk) -> None:
    desk.write(copy__csv=table(changed=1_150))
    report = desk.ingest.update([desk.files])
    assert [Path(pair.other).name for pair in report.near_duplicates] == ["orders.csv"]


def test_a_row_far_down_a_very_large_table_is_found(tmp_path: Path) -> None:
    desk = Desk(tmp_path, max_tokens=60)
    desk.ingest.add([("orders.csv", csv_table.parse(table(43_300).encode(), "orders.csv"))])
    assert desk.counts()["chunks"] > 20_000  # two short rows share a passage
    assert desk.counts()["embeddings"] < FIRST + 2
    assert "R43210" in found(desk, "What did wombat order?")
    assert "R43210" in found(desk, f"Who paid {7 * 43_210}?")
