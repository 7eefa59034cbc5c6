"""The judge: one reading of question and passage ranks it, finds spans and evidence, and decides claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.models import DEFAULT_RERANKER, ModelError, resolve
from index.onnx import load_tokenizer
from qa.read.judge import Judge
from qa.read.reader import NOTHING, WINDOW
from qa.understand.question import analyse

TEXT = "Opening hours\nThe pool opens at nine. Dogs stay outside."


class Marking:
    """Gives logits by words: high for a token of ``answer``, and for the passage how many of these it has."""

    def __init__(self, *answer: str) -> None:
        self.tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)
        self._answer = {self.tokenizer.token_to_id(word) for word in answer}
        self.inputs = 0

    def outputs(self, feeds: Iterable[Mapping[str, NDArray[Any]]]) -> Iterator[Sequence[NDArray[np.float32]]]:
        for feed in feeds:
            self.inputs += 1
            ids = feed["input_ids"].tolist()
            sep = ids.index(self.tokenizer.token_to_id("[SEP]"))
            marked = np.array([number > sep and own in self._answer for number, own in enumerate(ids)])
            tokens = np.where(marked[:, None], 4.0, -4.0).repeat(3, axis=1)
            count = float(marked.sum())
            yield tokens.astype(np.float32), np.array([count - 1, count, 0.0, 1.0], dtype=np.float32)


def judge_of(model: Marking) -> Judge:
    return Judge("marking@1", model, model.tokenizer)


def test_a_passage_ranks_by_its_best_window_and_one_without_words_last() -> None:
    model = Marking("nine")
    filler = " ".join(["water"] * (WINDOW + 40))
    scores = judge_of(model).score("When does it open?", [TEXT, f"{filler} nine {filler}", "Cats sleep.", ""])
    assert scores == [0.0, 0.0, -1.0, NOTHING]


def test_the_best_span_and_the_evidence_are_where_the_tokens_say_so() -> None:
    judge, question = judge_of(Marking("nine")), analyse("When does it open?")
    (spans,) = judge.read(question, [TEXT])
    assert TEXT[spans[0].start : spans[0].end] == "nine"
    assert spans[0].margin == pytest.approx(16.0)  # 4 + 4 above -4 - 4 of "no answer"
    opening, dogs = TEXT.index("The pool"), TEXT.index("Dogs")
    first, second = judge.evidence(question, TEXT, [(opening, dogs - 1), (dogs, len(TEXT))])
    assert -4.0 < first < 4.0
    assert second == -4.0
    assert judge.evidence(question, TEXT, [(13, 14)]) == [NOTHING]  # a line break has no token


def test_claims_are_decided_by_the_verdict_of_the_passage() -> None:
    judge = judge_of(Marking("nine"))
    said, silent, empty = judge.judge("The pool opens at nine.", [TEXT + " Nine is early, nine is fine.", "Cats.", ""])
    assert said.supported > 0.8
    assert silent.not_mentioned > 0.5
    assert empty.not_mentioned == 1.0


def test_one_question_and_text_are_read_once() -> None:
    model = Marking("nine")
    judge, question = judge_of(model), analyse("When does it open?")
    judge.score(question.text, [TEXT])
    judge.read(question, [TEXT])
    judge.evidence(question, TEXT, [(0, 7)])
    judge.judge(question.text, [TEXT])
    assert model.inputs == 1


def test_weights_of_another_model_are_named_in_one_line() -> None:
    with as_file(files("qa.read") / "weights" / "tagger.onnx") as weights, pytest.raises(ModelError) as refused:
        Judge.load(weights)
    assert str(refused.value).startswith(f"{weights} is no judge: it gives ")
    assert "\n" not in str(refused.value)
