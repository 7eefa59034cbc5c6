"""Retrieval: fusion by hand, order without chance, scope on both legs, and what others write is seen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tantivy
from fakes import Desk, WordEmbedder, WordReranker
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Source
from index.fuse import fuse
from index.ingest import remove
from index.lexical import FOLDER
from index.passage import Scope
from index.rerank import FUSION_SHARE, STATEMENT_SHARE, fusion_share
from index.search import Index
from index.snapshot import embedding_key
from index.store import Store, StoreError


def test_fusion_by_hand() -> None:
    fused = fuse({"dense": [(1, 0.9), (2, 0.8), (3, 0.7)], "bm25": [(3, 12.0), (4, 7.5)]})
    assert fused == {
        1: {"dense": 0.9, "fusion": pytest.approx(0.5)},
        2: {"dense": 0.8, "fusion": pytest.approx(0.25)},
        3: {"dense": 0.7, "bm25": 12.0, "fusion": pytest.approx(0.5)},
        4: {"bm25": 7.5, "fusion": pytest.approx(0)},
    }


def test_equal_scores_are_equally_good() -> None:
    fused = fuse({"bm25": [(1, 3.0), (2, 2.0), (3, 2.0), (4, 1.0)]})
    assert [scores["fusion"] for scores in fused.values()] == [1, 0.5, 0.5, 0]
    assert fuse({"dense": [], "bm25": [(7, 2.0), (8, 2.0)]}) == {i: {"bm25": 2.0, "fusion": 0.5} for i in (7, 8)}


rankings = st.dictionaries(st.integers(0, 30), st.floats(-5, 5), max_size=12).map(
    lambda scores: sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))
)


@given(rankings, rankings)
def test_who_is_ahead_on_both_legs_is_ahead_when_fused(
    dense: list[tuple[int, float]], bm25: list[tuple[int, float]]
) -> None:
    fused = fuse({"dense": dense, "bm25": bm25})
    assert set(fused) == {i for i, _ in dense + bm25}
    for i, scores in fused.items():
        assert 0 <= scores["fusion"] <= 1
        for other, theirs in fused.items():
            if all(scores.get(leg, -9) > theirs.get(leg, -9) for leg in ("dense", "bm25")):
                assert scores["fusion"] >= theirs["fusion"], (i, other)


def test_passages_carry_every_stage_and_their_source(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    desk.ingest.update([desk.files])
    first, second = desk.index.retrieve("Alpha pumps water", Scope(), 10)
    assert first.chunk.text == "Alpha pumps water."
    assert first.source.path == desk.path("a.txt")
    assert first.score == first.stage_scores["fusion"] == 1
    assert first.stage_scores["dense"] == pytest.approx(1, abs=1e-5)
    assert set(second.stage_scores) == {"dense", "fusion"}
    assert second.score == 0
    assert desk.search("Alpha pumps water", limit=1) == ["Alpha pumps water."]


def test_reranking_reorders_and_keeps_the_other_scores(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells grain.")
    desk.ingest.update([desk.files])
    index = desk.index
    found = index.retrieve("grain", Scope(), 10)
    ranked = index.rerank("Gamma grain", found)
    assert [passage.chunk.text for passage in ranked] == [
        "Gamma sells grain.",
        "Beta stores grain.",
        "Alpha pumps water.",
    ]
    assert [passage.stage_scores["rerank"] for passage in ranked] == [1.0, 0.5, 0.0]
    for passage in ranked:
        assert passage.score == passage.stage_scores["rerank"] + FUSION_SHARE * passage.stage_scores["fusion"]
        (before,) = (other for other in found if other.chunk == passage.chunk)
        assert passage.stage_scores == {**before.stage_scores, "rerank": passage.stage_scores["rerank"]}
    assert index.rerank("anything", []) == []


def test_a_statement_is_ordered_by_retrieval_more_than_a_question_is() -> None:
    assert fusion_share("Where is the harbour?") == fusion_share("harbour plans") == FUSION_SHARE
    assert fusion_share("The harbour lies in the north. ") == fusion_share("港口在北方。") == STATEMENT_SHARE
    assert fusion_share("It is late. Where is the harbour? Tell me.") == FUSION_SHARE


def test_one_retriever_alone_gives_its_own_ranking(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b="Water, water and water.", c="Gamma sells iron.")
    desk.ingest.update([desk.files])
    for name, found in (("dense", 3), ("bm25", 2)):
        passages = desk.index.retrieve("water", Scope(), 10, (name,))  # type: ignore[arg-type]
        scores = [passage.stage_scores[name] for passage in passages]
        assert len(scores) == found
        assert scores == sorted(scores, reverse=True)
        assert all(set(passage.stage_scores) == {name, "fusion"} for passage in passages)


def test_as_many_are_found_as_are_asked_for(desk: Desk) -> None:
    desk.write(a=" ".join(f"Sentence {number} of these stands alone, as twelve of it do." for number in range(70)))
    desk.ingest.update([desk.files])
    assert len(desk.index.retrieve("sentence", Scope(), 65)) == 65


@pytest.mark.parametrize("order", ["abc", "cba", "bac"])
def test_ties_fall_the_same_way_whatever_was_indexed_first(desk: Desk, order: str) -> None:
    """Three documents of the same chunk and nothing to tell them apart but their content's hash."""
    shared = "The same twelve words are the first chunk of all these documents."
    for name in order:
        desk.write(**{name: f"{shared} Then {name} alone."})
        desk.ingest.update([desk.files])
    found = desk.index.retrieve("same twelve words", Scope(), 3)
    assert [passage.chunk.text for passage in found] == [shared] * 3
    assert len({passage.score for passage in found}) == 1
    assert [passage.chunk.document.id for passage in found] == sorted(passage.chunk.document.id for passage in found)


def test_nobody_finds_what_is_not_theirs_on_either_leg(desk: Desk, tmp_path: Path) -> None:
    upload = tmp_path / "upload.txt"
    upload.write_text("Secret plans of the harbour.", "utf-8")
    desk.write(a="Public plans of the harbour.")
    desk.ingest.update([desk.files])
    desk.ingest.update([upload], collection="uploads", owner="ann")
    question = "Secret plans of the harbour."
    seen = {
        scope: [set(passage.stage_scores) for passage in desk.index.retrieve(question, scope, 10)]
        for scope in (Scope(), Scope(owner="bob"), Scope("default", "ann"), Scope("uploads"))
    }
    both = {"dense", "bm25", "fusion"}
    assert seen == {Scope(): [both], Scope(owner="bob"): [both], Scope("default", "ann"): [both], Scope("uploads"): []}
    for scope in (Scope(owner="ann"), Scope("uploads", "ann")):
        first = desk.index.retrieve(question, scope, 10)[0]
        assert first.chunk.text == question
        assert set(first.stage_scores) == both
        assert first.source.owner == "ann"


def test_an_upload_of_a_public_text_stays_private_as_a_source(desk: Desk, tmp_path: Path) -> None:
    upload = tmp_path / "upload.txt"
    upload.write_text("Plans of the harbour.", "utf-8")
    desk.write(z="Plans of the harbour.")
    desk.ingest.update([upload], owner="ann")
    desk.ingest.update([desk.files])

    def sources(owner: str | None) -> list[str]:
        return [passage.source.path for passage in desk.index.retrieve("harbour", Scope(owner=owner), 10)]

    assert sources(None) == sources("bob") == [desk.path("z.txt")]
    assert sources("ann") == [desk.path("z.txt")]  # the first of ann's two, by path
    remove(desk.store, [desk.files])
    assert sources(None) == sources("bob") == []
    assert sources("ann") == [str(upload)]


def test_a_living_index_sees_what_another_store_writes(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    index = desk.index

    def texts(question: str) -> list[str]:
        return [passage.chunk.text for passage in index.retrieve(question, Scope(), 10)]

    assert texts("grain") == ["Alpha pumps water."]
    desk.write(b="Beta stores grain.")
    other = Desk(desk.files.parent)
    other.ingest.update([other.files])
    assert texts("grain") == ["Beta stores grain.", "Alpha pumps water."]
    (desk.files / "a.txt").unlink()
    other.ingest.update([other.files])
    assert texts("water") == ["Beta stores grain."]


def test_eight_threads_ask_while_one_writes(desk: Desk) -> None:
    for number in range(8):
        desk.write(**{f"f{number}": f"Subject{number} is steady. Round zero is told."})
    desk.ingest.update([desk.files])
    index, stop = desk.index, threading.Event()

    def ask(number: int) -> int:
        asked = 0
        while not stop.is_set() or asked == 0:
            first = index.retrieve(f"Subject{number}", Scope(), 3)[0]
            assert first.chunk.text.startswith(f"Subject{number} is steady. Round")
            assert first.source.path == desk.path(f"f{number}.txt")
            asked += 1
        return asked

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask, number) for number in range(8)]
        try:
            for round_number in range(6):
                desk.write(**{f"f{number}": f"Subject{number} is steady. Round {round_number}." for number in range(4)})
                desk.ingest.update([desk.files])
        finally:
            stop.set()
        assert all(future.result() > 0 for future in asking)


def test_another_embedder_is_refused_before_anything_is_compared(desk: Desk) -> None:
    desk.write(a="Alpha.")
    desk.ingest.update([desk.files])
    with pytest.raises(StoreError, match=r"made with embedder words@1, not words@2"):
        Index(desk.store, WordEmbedder("words@2"), WordReranker())


def test_no_index_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no index in .*: make one with refdesk index"):
        Index(Store(tmp_path / "none"), WordEmbedder(), WordReranker())


@pytest.mark.parametrize("question", ["", "?!", "the of", '" OR *', "\0", "x" * 5000])
def test_any_question_can_be_searched(desk: Desk, question: str) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    assert desk.search(question) == ["Alpha pumps water."]


def test_many_copies_of_one_text_leave_room_for_others(desk: Desk) -> None:
    for number in range(40):
        desk.write(**{f"copy{number:02}": "The harbour notice is the same." + " " * (number % 2) + "\n" * number})
        desk.write(**{f"other{number:02}": f"The harbour has berth number {number}."})
    desk.ingest.update([desk.files])
    texts = [passage.chunk.text for passage in desk.index.candidates("harbour notice", Scope(), 15)]
    assert len(texts) == 15
    assert sum("notice" in text for text in texts) == 1


def test_while_another_process_writes_the_lexical_index_the_last_state_is_searched(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    index = desk.index
    assert len(index.retrieve("water", Scope(), 5, ["bm25"])) == 1
    writer = tantivy.Index.open(str(desk.store.folder / FOLDER)).writer(15_000_000, 1)
    document = Document("Beta pumps water too.")
    with desk.store.transaction() as transaction:
        transaction.add_embeddings({embedding_key(document.text): desk.embedder.embed([document.text], "passage")[0]})
        transaction.put(Source("/b", document.id), document, [Chunk(document, 0, 21)], "s/1")
    assert {passage.chunk.text for passage in index.retrieve("water", Scope(), 5, ["bm25"])} == {"Alpha pumps water."}
    assert len(index.retrieve("water", Scope(), 5)) == 2
    del writer
    assert len(index.retrieve("water", Scope(), 5, ["bm25"])) == 2


def test_words_count_unless_the_question_is_for_certain_in_a_language_the_documents_lack(desk: Desk) -> None:
    desk.write(a="Die Pumpe XK 4471 ist aus Stahl und steht im Hof.", b="Der Hafen liegt im Norden der Stadt.")
    desk.ingest.update([desk.files])

    def legs(question: str) -> set[str]:
        return set(desk.index.retrieve(question, Scope(), 1)[0].stage_scores)

    assert "bm25" in legs("XK 4471")
    assert "bm25" in legs("Pumpe Stahl")
    assert "bm25" in legs("Wo ist der Hafen?")
    assert legs("Where is the pump of the old harbour im Norden?") == {"dense", "fusion"}
