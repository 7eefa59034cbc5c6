"""Spans: the windows in which a passage is read, and the choice of spans."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.read.reader import (
    MAX_QUESTION_TOKENS,
    MAX_SPAN_TOKENS,
    OVERLAP,
    WINDOW,
    TokenWindow,
    best_spans,
    windows,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)


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
    assert (best[0].start, best[0].end, best[0].margin) == (9, 14, 6.5 - 1.5)
    assert (best[1].start, best[1].end, best[1].margin) == (3, 8, 5.0 - 1.5)
    assert best[0].relevance == 0.7


@settings(max_examples=50)
@given(st.integers(1, 60), st.randoms(use_true_random=False))
def test_the_best_spans_are_those_of_an_exhaustive_search(length: int, rng: object) -> None:
    values = np.random.default_rng(rng.randrange(10**6)).normal(size=(2, length + 3)).astype(np.float32)  # type: ignore[attr-defined]
    best = best_spans(_window(length), *values, 0.0)
    every = [
        float(values[0, 2 + i] + values[1, 2 + j] - values[0, 0] - values[1, 0])
        for i in range(length)
        for j in range(i, min(length, i + MAX_SPAN_TOKENS))
    ]
    assert [span.margin for span in best] == pytest.approx(sorted(every, reverse=True)[: len(best)], abs=1e-6)
    assert len(best) == min(10, len(every))
