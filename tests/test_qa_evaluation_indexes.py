"""Indexes of evaluations: what one of them holds is not made again for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from fakes import WordEmbedder, WordReranker, small_splitter

from documents.document import Document
from documents.split import Splitter
from index.passage import Scope
from index.search import Index
from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.systems.held_vectors import HeldVectors, complete_indexes
from qa.evaluation.systems.indexing import IndexChoice, indexed, words_index

TEXTS = {"pump": "The pump moves water.", "kiln": "The kiln bakes clay.", "mill": "The mill grinds corn."}


@dataclass
class Searched:
    embedder: WordEmbedder = field(default_factory=WordEmbedder)
    splitter: Splitter = field(default_factory=small_splitter)
    reranker: WordReranker = field(default_factory=WordReranker)


def documents(*names: str) -> dict[str, Document]:
    return {name: Document(TEXTS[name]) for name in names}


def index(folder: Path, held: Mapping[str, Document], models: Searched) -> Index:
    return indexed(held, folder, models, lambda _: None)


def vectors(index: Index) -> dict[str, list[float]]:
    with index.store.snapshot() as snapshot:
        ids, found = snapshot.embeddings.all()
        return {snapshot.chunk(i).text: vector.tolist() for i, vector in zip(ids.tolist(), found, strict=True)}


def test_a_text_that_another_index_holds_is_not_embedded_again(tmp_path: Path) -> None:
    models, alone = Searched(), Searched()
    index(tmp_path / "shared", documents("pump", "kiln"), models)
    models.embedder.embedded.clear()
    both = index(tmp_path / "shared", documents("kiln", "mill"), models)
    assert models.embedder.embedded == [TEXTS["mill"]]
    assert vectors(both) == vectors(index(tmp_path / "alone", documents("kiln", "mill"), alone))


def test_vectors_of_another_embedder_or_of_an_unfinished_index_are_not_taken(tmp_path: Path) -> None:
    index(tmp_path, documents("pump"), Searched(WordEmbedder("others@1")))
    (unfinished,) = (store for store, _ in complete_indexes(tmp_path))
    index(tmp_path, documents("pump", "kiln"), models := Searched())
    assert sorted(models.embedder.embedded) == sorted([TEXTS["pump"], TEXTS["kiln"]])
    (unfinished.folder / "complete").unlink()
    index(tmp_path, documents("pump", "mill"), again := Searched(WordEmbedder("others@1")))
    assert sorted(again.embedder.embedded) == sorted([TEXTS["pump"], TEXTS["mill"]])


def test_an_index_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    index(tmp_path, documents("pump"), Searched())
    (broken,) = (store for store, _ in complete_indexes(tmp_path))
    broken.path.write_bytes(b"no database at all" * 100)
    index(tmp_path, documents("pump", "kiln"), models := Searched())
    assert len(models.embedder.embedded) == 2


def test_a_question_is_embedded_by_the_embedder_itself_and_equal_texts_once(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    held = HeldVectors(embedder, tmp_path)
    assert np.array_equal(held.embed(["What?"], "query"), embedder.embed(["What?"], "query"))
    assert np.array_equal(held.embed(["a b", "c", "a b"], "passage"), embedder.embed(["a b", "c", "a b"], "query"))
    assert embedder.embedded == ["a b", "c"]


def test_words_alone_are_searched_in_an_index_that_was_made_with_vectors(tmp_path: Path) -> None:
    dataset = Dataset("town", "squad", documents("pump", "kiln"), (), "en", "")
    choice = IndexChoice(None, tmp_path)
    made = index(tmp_path, dataset.documents, Searched(splitter=Splitter()))
    searched = words_index(dataset, choice)
    assert searched.store.folder == made.store.folder
    assert [passage.chunk.text for passage in searched.retrieve("clay", Scope(), 1, ["bm25"])] == [TEXTS["kiln"]]
    assert len(list(tmp_path.iterdir())) == 1


def test_words_alone_have_an_index_of_their_own_where_there_is_none_of_these_documents(tmp_path: Path) -> None:
    index(tmp_path, documents("pump"), Searched(splitter=Splitter()))
    dataset, choice = Dataset("town", "squad", documents("pump", "kiln"), (), "en", ""), IndexChoice(None, tmp_path)
    own = words_index(dataset, choice)
    with own.store.snapshot() as snapshot:
        assert snapshot.embedder == "none"
    # Made later with vectors, it is not taken instead: a run that searched its own goes on there.
    index(tmp_path, dataset.documents, Searched(splitter=Splitter()))
    assert words_index(dataset, choice).store.folder == own.store.folder
