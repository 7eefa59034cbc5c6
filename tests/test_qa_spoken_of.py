"""What a conversation is about: the documents that its last answer rests on likelier answer what is asked next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from counting import word_count
from fakes import AskedFor, Desk, Tags, WordReader
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Source
from index.passage import Passage, Scope
from index.search import View
from qa.assistant import Assistant
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration
from qa.retrieve.spoken_of import LIKELIER, THEIRS, spoken_of, theirs_likelier, with_theirs
from qa.understand.conversation import Turn
from qa.understand.rewriter import Rewriter

POOL = "The pool opens at nine on weekdays. Towels cost two pounds here."
GYM = "The gym opens at seven on weekdays. Towels cost five pounds here."


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("spoken"), max_tokens=60)
    desk.write(pool=POOL, gym=GYM)
    desk.ingest.update([desk.files])
    return desk


@pytest.fixture
def view(desk: Desk) -> Iterator[View]:
    with desk.index.view(Scope()) as view:
        yield view


def names(view: View, *turns: Turn) -> list[str]:
    """The names of the files that are spoken of."""
    ids = spoken_of(turns, view)
    return [source.name for source, _ in view.catalogue() if source.document_id in ids]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The pool opens at nine on weekdays.[1]", ["pool.txt"]),
        ("It says: The gym opens at\nseven on weekdays. [1]", ["gym.txt"]),
        ("Towels cost two pounds here.[1] Towels cost five pounds here.[2]", ["gym.txt", "pool.txt"]),
        ("It opens early.", []),
        ("", []),
    ],
)
def test_they_are_those_whose_sentences_the_last_answer_has(view: View, answer: str, expected: list[str]) -> None:
    assert names(view, Turn("When?", answer)) == expected


def test_where_the_answer_is_from_counts_more_than_what_it_says(view: View) -> None:
    assert spoken_of([Turn("When?", GYM, where=("sha256:1", 0, 10))], view) == {"sha256:1"}


def test_it_is_the_last_answer_also_after_a_refusal(view: View) -> None:
    assert names(view, Turn("When?", POOL), Turn("And the gym?", GYM), Turn("And dogs?", "")) == ["gym.txt"]
    assert names(view) == []


def passages_of(scored: Sequence[tuple[str, float]]) -> list[Passage]:
    """Passages of documents of these names, best first."""
    ordered = sorted(scored, key=lambda own: -own[1])
    return [
        Passage(Chunk(Document(name), 0, 1), Source(name, name), score + 0.5, {"rerank": score})
        for name, score in ordered
    ]


def ids_of(names: frozenset[str]) -> frozenset[str]:
    return frozenset(Document(name).id for name in names)


SCORED = st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-9, 9)), max_size=30)
LIMITS = st.integers(1, 20)


@given(SCORED, LIMITS, st.frozensets(st.sampled_from("abcd")).map(ids_of))
def test_of_what_is_found_some_is_theirs_and_the_order_stays(
    scored: list[tuple[str, float]], limit: int, documents: frozenset[str]
) -> None:
    found = passages_of(scored)
    kept = with_theirs(found, limit, documents)
    assert len(kept) == min(limit, len(found))
    places = [id(passage) for passage in found]
    order = [places.index(id(passage)) for passage in kept]
    assert order == sorted(set(order))
    theirs = [passage for passage in found if passage.document.id in documents]
    assert sum(passage.document.id in documents for passage in kept) >= min(len(theirs), THEIRS, limit)


@given(SCORED, st.frozensets(st.sampled_from("abcd")).map(ids_of))
def test_they_are_raised_by_so_much_as_is_told_and_the_rerankers_logit_stays(
    scored: list[tuple[str, float]], documents: frozenset[str]
) -> None:
    found = passages_of(scored)
    ranked = theirs_likelier(found, documents)
    assert [passage.score for passage in ranked] == sorted((passage.score for passage in ranked), reverse=True)
    raised = [own.score - 0.5 - own.stage_scores["rerank"] for own in ranked]
    assert raised == pytest.approx([LIKELIER * (own.document.id in documents) for own in ranked])
    assert [own.stage_scores.get("likelier", 0.0) for own in ranked] == pytest.approx(raised)
    logits = [sorted((own.document.text, own.stage_scores["rerank"]) for own in every) for every in (found, ranked)]
    assert logits[0] == logits[1]


def test_the_assistant_answers_a_follow_up_from_what_was_spoken_of(desk: Desk) -> None:
    extractor = Extractor(WordReader(), Calibration({"margin": 1.0}, 0.0, 0.5, 0.3))
    assistant = Assistant(
        desk.index, extractor, rewriter=Rewriter(Tags(), count=word_count), classifier=AskedFor("fact")
    )  # type: ignore[arg-type]
    for before, expected in (("pool", "two"), ("gym", "five")):
        first = assistant.ask(f"When does the {before} open?")
        told = Turn(first.standalone_question, first.text, first.short_answer or "")
        assert expected in assistant.ask("How much do towels cost?", history=[told]).text
