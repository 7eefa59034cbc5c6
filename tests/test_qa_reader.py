"""The span reader: its windows, the choice of spans, and the shipped weights."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from index.query import Query
from qa.read.reader import (
    LOWER,
    MAX_QUESTION_TOKENS,
    MAX_SPAN_TOKENS,
    NOTHING,
    OVERLAP,
    UPPER,
    WINDOW,
    OnnxReader,
    TokenWindow,
    best_spans,
    windows,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader()


def test_a_window_is_question_then_passage_with_the_passages_offsets(tokenizer: Tokenizer) -> None:
    (window,) = windows(tokenizer, "Where is Ulm?", "Ulm lies on the Danube.")
    assert len(window.ids) == len(window.types) == window.first + len(window.offsets) + 1
    assert (window.ids[0], window.ids[window.first - 1], window.ids[-1]) == (101, 102, 102)
    assert window.types == [0] * window.first + [1] * (len(window.offsets) + 1)
    assert "Danube" in ["Ulm lies on the Danube."[start:end] for start, end in window.offsets]


@given(st.integers(1, 2000))
def test_windows_overlap_and_cover_the_whole_passage(tokenizer: Tokenizer, length: int) -> None:
    text = "word " * length
    found = windows(tokenizer, "who " * 90, text)
    assert all(len(window.offsets) <= WINDOW and window.first == MAX_QUESTION_TOKENS + 2 for window in found)
    starts = [window.offsets[0][0] // 5 for window in found]
    ends = [window.offsets[-1][1] // 5 for window in found]
    assert (starts[0], ends[-1]) == (0, length - 1)
    assert all(end - start >= OVERLAP - 1 for start, end in zip(starts[1:], ends, strict=False))


def test_a_passage_without_tokens_has_no_window(tokenizer: Tokenizer) -> None:
    assert windows(tokenizer, "Who?", "") == []


def _window(length: int) -> TokenWindow:
    return TokenWindow([0] * (length + 3), [0] * (length + 3), 2, [(3 * i, 3 * i + 2) for i in range(length)])


def test_the_best_span_has_the_highest_sum_and_never_ends_before_it_starts() -> None:
    start, end = np.zeros(8, np.float32), np.zeros(8, np.float32)
    start[[0, 5, 3]], end[[0, 4, 6]] = [1.0, 4.0, 2.0], [0.5, 3.0, 2.5]
    best = best_spans(_window(5), start, end, 0.7)
    # start 5 with end 4 would sum to 7.0
    assert (best[0].start, best[0].end, best[0].score) == (9, 14, 6.5)
    assert (best[1].start, best[1].end, best[1].score) == (3, 8, 5.0)
    assert best[0].margin == 6.5 - 1.5
    assert best[0].relevance == 0.7


@settings(max_examples=50)
@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_the_best_spans_are_those_of_an_exhaustive_search(length: int, rng: object) -> None:
    values = np.random.default_rng(rng.randrange(10**6)).normal(size=(2, length + 3)).astype(np.float32)  # type: ignore[attr-defined]
    best = best_spans(_window(length), *values, 0.0)
    every = [
        float(values[0, 2 + i] + values[1, 2 + j])
        for i in range(length)
        for j in range(i, min(length, i + MAX_SPAN_TOKENS))
    ]
    assert [span.score for span in best] == pytest.approx(sorted(every, reverse=True)[: len(best)])
    assert len(best) == min(10, len(every))


TEXT = "Ulm lies on the Danube. It has eleven bridges, two of them for trains. Its minster was finished in 1890."


def test_the_shipped_reader_finds_short_answers(reader: OnnxReader) -> None:
    def best(question: str) -> str:
        span = reader.read(Query.of(question), [TEXT])[0][0]
        return TEXT[span.start : span.end]

    assert best("How many bridges does Ulm have?") == "eleven"
    assert best("When was the minster finished?") == "1890"
    assert best("On which river does Ulm lie?") in ("Danube", "the Danube")


def test_the_shipped_reader_prefers_the_text_that_answers(reader: OnnxReader) -> None:
    other = "Bonn lies on the Rhine. Beethoven was born there, and the university is large."
    (first, *_), (second, *_) = reader.read(Query.of("How many bridges does Ulm have?"), [TEXT, other])
    assert first.margin > 0 > second.margin
    assert first.relevance > second.relevance


def test_the_shipped_reader_finds_an_answer_late_in_a_long_text_and_is_deterministic(reader: OnnxReader) -> None:
    text = "The weather was fine that day, and people sat outside. " * 60 + TEXT
    (spans,) = reader.read(Query.of("How many bridges does Ulm have?"), [text])
    assert spans[0].start == text.index("eleven bridges")
    assert [spans] == reader.read(Query.of("How many bridges does Ulm have?"), [text])
    assert reader.read(Query.of("Anything?"), ["", " "]) == [[], []]


def test_other_weights_have_another_fingerprint(tmp_path: Path, reader: OnnxReader) -> None:
    for name in (LOWER, UPPER):
        (tmp_path / name).write_bytes((files("qa.read") / "weights" / name).read_bytes())
    other = OnnxReader(tmp_path)
    assert other.fingerprint != reader.fingerprint
    assert other.read(Query.of("How many bridges does Ulm have?"), [TEXT]) == reader.read(
        Query.of("How many bridges does Ulm have?"), [TEXT]
    )


def test_the_shipped_reader_ranks_first_what_answers(reader: OnnxReader) -> None:
    others = ["Bonn lies on the Rhine. Beethoven was born there.", "Bridges are built of stone, steel or wood.", ""]
    scores = reader.score("How many bridges does Ulm have?", [*others, TEXT])
    assert max(scores) == scores[-1]
    assert scores[2] == NOTHING


def test_the_shipped_reader_tells_the_sentences_that_answer(reader: OnnxReader) -> None:
    places = [(0, 23), (24, 70), (71, len(TEXT))]
    logits = reader.evidence(Query.of("How many bridges does Ulm have?"), TEXT, places)
    assert max(logits) == logits[1] > 0 > logits[2]
    assert reader.evidence(Query.of("How many?"), TEXT, [(3, 3)]) == [NOTHING]
