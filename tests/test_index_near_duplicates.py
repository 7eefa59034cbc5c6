"""Documents of nearly the same text are reported, and others are not."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fakes import Desk
from hypothesis import given
from hypothesis import strategies as st

from documents.sketch import SIZE, sketch
from index.near_duplicates import near_duplicates, similarity
from index.passage import Scope
from index.report import NearDuplicate
from index.store import Store

WORDS = [f"word{number}" for number in range(500)]


def text_of(seed: int, words: int) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)


def changed(words: list[str], every: int) -> list[str]:
    return [f"other{number}" if number % every == 3 else word for number, word in enumerate(words)]


def jaccard(one: list[str], other: list[str]) -> float:
    runs = [{tuple(words[start : start + 4]) for start in range(len(words) - 3)} for words in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


@pytest.fixture
def desk(tmp_path: Path, new_store: Callable[..., Store]) -> Desk:
    return Desk(tmp_path, max_tokens=50, store=new_store())


@pytest.mark.parametrize("words", [30, 200, 5000])
@pytest.mark.parametrize("every", [8, 20, 60, 150])
def test_the_estimate_is_near_the_jaccard_index(words: int, every: int) -> None:
    one = text_of(1, words)
    other = changed(one, every)
    estimate = similarity(sketch(" ".join(one)), sketch(" ".join(other)))
    assert estimate == pytest.approx(jaccard(one, other), abs=1e-9 if words <= 100 else 0.1)


@given(st.lists(st.sampled_from(WORDS), max_size=400), st.lists(st.sampled_from(WORDS), max_size=400))
def test_a_similarity_is_symmetric_and_between_0_and_1(one: list[str], other: list[str]) -> None:
    a, b = sketch(" ".join(one)), sketch(" ".join(other))
    assert similarity(a, b) == similarity(b, a)
    assert 0 <= similarity(a, b) <= 1
    assert similarity(a, a) == (1 if len(a) else 0)
    assert len(a) <= SIZE
    assert np.array_equal(a, sketch(" ".join(one).upper()))


def test_text_without_spaces_is_compared_too() -> None:
    text = "北京正在建设全球数字经济标杆城市,数字经济增加值超过两万亿元,同比增长百分之七。"
    assert similarity(sketch(text), sketch(text.replace("百分之七", "百分之八"))) > 0.8
    assert similarity(sketch(text), sketch("東京は日本の首都です。人口は約千四百万人で、世界最大の都市圏です。")) < 0.1


def test_a_run_reports_near_duplicates_once(desk: Desk) -> None:
    report_text, letter = text_of(1, 300), text_of(2, 300)
    desk.write(a=" ".join(report_text), b=" ".join(letter))
    assert desk.ingest.update([desk.files]).near_duplicates == []
    desk.write(copy=" ".join(report_text), draft=" ".join(changed(report_text, 100)))
    desk.write(rewritten=" ".join(changed(report_text, 5)), short="word1 word2")
    near = desk.ingest.update([desk.files]).near_duplicates
    assert near[0] == NearDuplicate(desk.path("copy.txt"), desk.path("a.txt"), 1.0)
    assert [(pair.path, pair.other) for pair in near[1:]] == [(desk.path("draft.txt"), desk.path("a.txt"))]
    assert near[1].similarity == pytest.approx(jaccard(report_text, changed(report_text, 100)), abs=0.06)
    assert desk.ingest.update([desk.files]).near_duplicates == []  # they were reported when they came


def test_a_moved_file_is_no_duplicate_of_itself(desk: Desk) -> None:
    desk.write(a=" ".join(text_of(1, 100)))
    desk.ingest.update([desk.files])
    (desk.files / "a.txt").rename(desk.files / "b.txt")
    report = desk.ingest.update([desk.files])
    assert (report.near_duplicates, report.removed) == ([], [desk.path("a.txt")])


def test_near_duplicates_of_other_owners_are_not_reported(desk: Desk) -> None:
    desk.write(a=" ".join(text_of(1, 100)))
    desk.ingest.update([desk.files / "a.txt"], owner="ann")
    desk.write(b=" ".join(text_of(1, 100)), c=" ".join(changed(text_of(1, 100), 60)))
    assert desk.ingest.update([desk.files / "b.txt"], owner="bob").near_duplicates == []
    assert [pair.other for pair in desk.ingest.update([desk.files / "c.txt"], owner="bob").near_duplicates] == [
        desk.path("b.txt")
    ]
    with desk.store.snapshot() as snapshot:
        one, other = (source.document_id for source in snapshot.sources(Scope(owner="bob")))
        assert near_duplicates(snapshot, Scope(owner="bob")) == {one: [other], other: [one]}
        assert near_duplicates(snapshot, Scope(owner="ann")) == near_duplicates(snapshot, Scope()) == {}


def test_sketches_are_deleted_with_their_documents(desk: Desk) -> None:
    desk.write(a=" ".join(text_of(1, 100)))
    desk.ingest.update([desk.files])
    (desk.files / "a.txt").unlink()
    desk.ingest.update([desk.files])
    with desk.store.snapshot() as snapshot:
        assert snapshot.count("sketches") == snapshot.count("probes") == snapshot.count("files") == 0
