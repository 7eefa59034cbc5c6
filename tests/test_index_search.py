"""Retrieval: fusion computed by hand, a deterministic order, scopes for both retrievers, one state a question."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tantivy
from fakes import Desk, WordEmbedder, WordReranker
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Source
from index.fuse import MEANING, RARE, TOP, WORDS, fuse
from index.ingest import remove
from index.lexical import FOLDER
from index.passage import Collections, Filter, Passage, Scope
from index.query import Query
from index.rerank import FUSION_SHARE, READ_FIRST, STATEMENT_SHARE, fusion_share, rerank
from index.search import Index, Retriever, View
from index.snapshot import embedding_key
from index.store import Store, StoreError


@pytest.fixture
def desk(tmp_path: Path, new_store: Callable[..., Store]) -> Desk:
    return Desk(tmp_path, store=new_store())


def test_fusion_by_hand() -> None:
    fused = fuse({"dense": [(1, 0.9), (2, 0.8), (3, 0.7)], "bm25": [(3, 12.0), (4, 7.5)]})
    words = WORDS + RARE / 3  # two of three passages have them
    assert fused == {
        1: {"dense": 0.9, "fusion": pytest.approx(MEANING)},
        2: {"dense": 0.8, "fusion": pytest.approx(MEANING / 2)},
        3: {"dense": 0.7, "bm25": 12.0, "fusion": pytest.approx(words)},
        4: {"bm25": 7.5, "fusion": pytest.approx(words * TOP / (TOP + 1))},
    }


def test_equal_scores_are_equal_when_fused() -> None:
    fused = fuse({"bm25": [(1, 3.0), (2, 2.0), (3, 2.0), (4, 1.0)]})
    assert [scores["fusion"] for scores in fused.values()] == [1, TOP / (TOP + 1), TOP / (TOP + 1), TOP / (TOP + 3)]
    assert fuse({"dense": [], "bm25": [(7, 2.0), (8, 2.0)]}) == {i: {"bm25": 2.0, "fusion": WORDS} for i in (7, 8)}


def test_a_rare_word_counts_more_than_common_ones() -> None:
    dense = [(number, 1 - number / 50) for number in range(50)]
    common = fuse({"dense": dense, "bm25": [(99, 5.0), *((number, 4.0) for number in range(49))]})
    rare = fuse({"dense": dense, "bm25": [(99, 5.0)]})
    assert rare[99]["fusion"] > common[99]["fusion"] == WORDS


rankings = st.dictionaries(st.integers(0, 30), st.floats(-5, 5), max_size=12).map(
    lambda scores: sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))
)


@given(rankings, rankings)
def test_an_id_ahead_in_both_rankings_is_ahead_when_fused(
    dense: list[tuple[int, float]], bm25: list[tuple[int, float]]
) -> None:
    fused = fuse({"dense": dense, "bm25": bm25})
    assert set(fused) == {i for i, _ in dense + bm25}
    for i, scores in fused.items():
        assert 0 <= scores["fusion"] <= 1
        for other, theirs in fused.items():
            if all(scores.get(name, -9) > theirs.get(name, -9) for name in ("dense", "bm25")):
                assert scores["fusion"] >= theirs["fusion"], (i, other)


def test_passages_hold_the_scores_of_all_stages_and_their_source(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    desk.ingest.update([desk.files])
    first, second = desk.index.retrieve("Alpha pumps water", Scope(), 10)
    assert first.chunk.text == "Alpha pumps water."
    assert first.source.path == desk.path("a.txt")
    assert first.score == first.stage_scores["fusion"] == pytest.approx(MEANING + WORDS + RARE / 2)
    assert first.stage_scores["dense"] == pytest.approx(1, abs=1e-5)
    assert set(second.stage_scores) == {"dense", "fusion"}
    assert second.score == 0
    assert desk.search("Alpha pumps water", limit=1) == ["Alpha pumps water."]


def test_reranking_reorders_passages_and_keeps_their_other_scores(desk: Desk) -> None:
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


def test_where_a_likely_passage_surely_answers_the_less_likely_are_not_read_and_follow_as_they_came(desk: Desk) -> None:
    desk.write(**{f"file{number}": f"Pump {number} drains field {number}." for number in range(READ_FIRST + 3)})
    desk.ingest.update([desk.files])
    found = desk.index.retrieve("Which pump drains a field?", Scope(), 20)
    texts = [passage.chunk.text for passage in found]
    assert len(found) == READ_FIRST + 3

    def read_for(question: str, enough: float) -> list[Passage]:
        return rerank(desk.index.reranker, question, found, enough)

    sure = read_for(texts[2], enough=1.0)
    assert {passage.chunk.text for passage in sure[:READ_FIRST]} == {*texts[:READ_FIRST]}
    assert [passage.chunk.text for passage in sure[READ_FIRST:]] == texts[READ_FIRST:]
    assert ["rerank" in passage.stage_scores for passage in sure] == [True] * READ_FIRST + [False] * 3
    assert sure == sorted(sure, key=lambda passage: -passage.score)

    for question, enough in ((texts[-1], 1.0), (texts[2], 1.1), (texts[2], math.inf)):
        ranked = read_for(question, enough)
        assert ranked == read_for(question, math.inf)
        assert all("rerank" in passage.stage_scores for passage in ranked)


def test_retrieval_counts_more_for_a_statement_than_for_a_question() -> None:
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


def test_retrieve_finds_as_many_passages_as_are_asked_for(desk: Desk) -> None:
    desk.write(a=" ".join(f"Sentence {number} of these stands alone, as twelve of it do." for number in range(70)))
    desk.ingest.update([desk.files])
    assert len(desk.index.retrieve("sentence", Scope(), 65)) == 65


@pytest.mark.parametrize("order", ["abc", "cba", "bac"])
def test_equal_scores_are_ordered_by_content_whatever_was_indexed_first(desk: Desk, order: str) -> None:
    """Three documents of the same chunk and nothing to tell them apart but their content's hash."""
    shared = "The same twelve words are the first chunk of all these documents."
    for name in order:
        desk.write(**{name: f"{shared} Then {name} alone."})
        desk.ingest.update([desk.files])
    found = desk.index.retrieve("same twelve words", Scope(), 3)
    assert [passage.chunk.text for passage in found] == [shared] * 3
    assert len({passage.score for passage in found}) == 1
    assert [passage.document.id for passage in found] == sorted(passage.document.id for passage in found)


def test_neither_retriever_finds_what_belongs_to_others(desk: Desk, tmp_path: Path) -> None:
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


def test_neither_retriever_finds_what_is_in_other_collections(desk: Desk, tmp_path: Path) -> None:
    both = "Shared plans of the harbour."
    desk.write(a="Public plans of the harbour.", b="Secret plans of the harbour.", c=both, d=both)
    for name, collection in [("a", "open"), ("b", "board"), ("c", "board"), ("d", "open")]:
        desk.ingest.update([desk.files / f"{name}.txt"], collection=collection)
    upload = tmp_path / "mine.txt"
    upload.write_text("My plans of the harbour.", "utf-8")
    desk.ingest.update([upload], collection="board", owner="ann")
    board = frozenset({"board"})

    def seen(scope: Scope) -> list[str]:
        with desk.index.view(scope) as view:
            found = view.retrieve(Query.of("Secret plans of the harbour."), 10)
            assert len(found) == view.count == sum(view.languages.values())
            assert all(set(passage.stage_scores) == {"dense", "bm25", "fusion"} for passage in found)
            return sorted(Path(passage.source.path).stem for passage in found)

    assert seen(Scope(collections=Collections(board))) == ["a", "d"]
    assert seen(Scope(collections=Collections(board, hidden=False))) == ["b", "c"]
    assert seen(Scope(owner="ann", collections=Collections(board))) == ["a", "d", "mine"]
    assert seen(Scope("board", collections=Collections(board))) == []
    assert seen(Scope(collections=Collections(frozenset(), hidden=False))) == []


def test_an_uploaded_copy_of_a_public_text_is_a_source_for_its_owner_only(desk: Desk, tmp_path: Path) -> None:
    upload = tmp_path / "upload.txt"
    upload.write_text("Plans of the harbour.", "utf-8")
    desk.write(z="Plans of the harbour.")
    desk.ingest.update([upload], owner="ann")
    desk.ingest.update([desk.files])

    def sources(owner: str | None) -> list[str]:
        return sorted(passage.source.path for passage in desk.index.retrieve("harbour", Scope(owner=owner), 10))

    assert sources(None) == sources("bob") == [desk.path("z.txt")]
    assert sources("ann") == sorted([desk.path("z.txt"), str(upload)])  # a document each
    assert len(desk.index.candidates("harbour", Scope(owner="ann"), 10)) == 1  # which say the same
    remove(desk.store, [desk.files])
    assert sources(None) == sources("bob") == []
    assert sources("ann") == [str(upload)]


def test_an_open_index_sees_what_is_written_through_another_store(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    index = desk.index

    def texts(question: str) -> list[str]:
        return [passage.chunk.text for passage in index.retrieve(question, Scope(), 10)]

    assert texts("grain") == ["Alpha pumps water."]
    desk.write(b="Beta stores grain.")
    other = Desk(desk.files.parent, store=copy.copy(desk.store))
    other.ingest.update([other.files])
    assert texts("grain") == ["Beta stores grain.", "Alpha pumps water."]
    (desk.files / "a.txt").unlink()
    other.ingest.update([other.files])
    assert texts("water") == ["Beta stores grain."]


def test_a_view_stays_at_one_state_while_others_write(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    index = desk.index

    def texts(view: View, retriever: Retriever) -> list[str]:
        return [passage.chunk.text for passage in view.retrieve(Query.of("grain water"), 10, [retriever])]

    with index.view(Scope()) as view:
        desk.write(b="Beta stores grain.")
        desk.ingest.update([desk.files])
        with index.view(Scope()) as later:
            assert later.count == 2
            assert sorted(texts(later, "dense")) == ["Alpha pumps water.", "Beta stores grain."]
            assert sorted(texts(later, "bm25")) == ["Alpha pumps water.", "Beta stores grain."]
        assert view.count == 1
        assert texts(view, "dense") == texts(view, "bm25") == ["Alpha pumps water."]


def test_a_view_counts_passages_and_languages_of_its_scope(desk: Desk, tmp_path: Path) -> None:
    upload = tmp_path / "upload.txt"
    upload.write_text("北京有多少个基站？", "utf-8")
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    desk.ingest.update([desk.files])
    desk.ingest.update([upload], collection="uploads", owner="ann")
    seen = {}
    for scope in (Scope(), Scope(owner="ann"), Scope("uploads", "ann"), Scope("uploads")):
        with desk.index.view(scope) as view:
            assert not view.store_is_empty
            seen[scope] = (view.count, dict(view.languages))
    assert seen == {
        Scope(): (2, {"en": 2}),
        Scope(owner="ann"): (3, {"en": 2, "zh": 1}),
        Scope("uploads", "ann"): (1, {"zh": 1}),
        Scope("uploads"): (0, {}),
    }


def test_a_view_holds_the_words_of_its_scope_in_any_form(desk: Desk, tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("Omega mends clocks.")
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    desk.ingest.update([own], owner="ann")
    for scope, is_held in ((Scope(owner="ann"), True), (Scope(), False)):
        with desk.index.view(scope) as view:
            assert [view.holds(word) for word in ("clock", "pumping", "clerk")] == [is_held, True, False]


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


def test_an_index_of_another_embedder_is_an_error_when_it_is_opened(desk: Desk) -> None:
    desk.write(a="Alpha.")
    desk.ingest.update([desk.files])
    with pytest.raises(StoreError, match=r"made with embedder words@1, not words@2"):
        Index(desk.store, WordEmbedder("words@2"), WordReranker())


def test_a_missing_index_is_an_error_when_it_is_opened(new_store: Callable[..., Store]) -> None:
    with pytest.raises(StoreError, match=r"there is no index in .*: make one with refdesk index"):
        Index(new_store(), WordEmbedder(), WordReranker())


@pytest.mark.parametrize("question", ["", "?!", "the of", '" OR *', "\0", "x" * 5000])
def test_any_question_can_be_searched(desk: Desk, question: str) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    assert desk.search(question) == ["Alpha pumps water."]


def test_copies_of_one_text_are_one_candidate(desk: Desk) -> None:
    for number in range(40):
        desk.write(**{f"copy{number:02}": "The harbour notice is the same." + " " * (number % 2) + "\n" * number})
        desk.write(**{f"other{number:02}": f"The harbour has berth number {number}."})
    desk.ingest.update([desk.files])
    texts = [passage.chunk.text for passage in desk.index.candidates("the same harbour notice", Scope(), 15)]
    assert len(texts) == 15
    assert sum("notice" in text for text in texts) == 1


def test_a_document_named_in_the_question_is_searched_for_the_rest_of_it(desk: Desk) -> None:
    pumps = "".join(f"Acme of Acme: Acme pump {number}.\n\n" for number in range(30))
    staff = "We employ forty people."
    desk.write(acme_2025=pumps + staff, birch="Birch mends roofs.", cedar="Cedar sells ink.")
    desk.ingest.update([desk.files])
    asked = "How many people does Acme employ?"
    assert staff not in desk.search(asked, limit=10)
    assert staff in [passage.chunk.text for passage in desk.index.candidates(asked, Scope(), 3)]
    birch = Scope(only=Filter(source="birch.txt"))
    assert [own.source.name for own in desk.index.candidates(asked, birch, 3)] == ["birch.txt"]


def test_while_another_process_writes_the_lexical_index_the_last_state_is_searched(folder_desk: Desk) -> None:
    desk = folder_desk
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


def test_bm25_is_left_out_where_the_question_is_certainly_in_a_language_that_no_document_is_in(desk: Desk) -> None:
    desk.write(a="Die Pumpe XK 4471 ist aus Stahl und steht im Hof.", b="Der Hafen liegt im Norden der Stadt.")
    desk.ingest.update([desk.files])

    def stages(question: str) -> set[str]:
        return set(desk.index.retrieve(question, Scope(), 1)[0].stage_scores)

    assert "bm25" in stages("XK 4471")
    assert "bm25" in stages("Pumpe Stahl")
    assert "bm25" in stages("Wo ist der Hafen?")
    assert stages("Where is the pump of the old harbour im Norden?") == {"dense", "fusion"}
