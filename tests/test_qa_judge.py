"""The judge: one reading of question and passage ranks it, and finds spans and evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index.models import DEFAULT_RERANKER, ModelError, resolve
from index.onnx import load_tokenizer
from index.query import Query
from qa.propose.belonging import BELONGS
from qa.read.judge import Judge
from qa.read.reader import NOTHING, WINDOW
from qa.understand.question import analyse
from qa.weights import WEIGHTS

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


def test_one_question_and_text_are_read_once() -> None:
    model = Marking("nine")
    judge, question = judge_of(model), analyse("When does it open?")
    judge.score(question.text, [TEXT])
    judge.read(question, [TEXT])
    judge.evidence(question, TEXT, [(0, 7)])
    assert model.inputs == 1


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge.load()


ULM = "Ulm lies on the Danube. It has eleven bridges, two of them for trains. Its minster was finished in 1890."


def test_the_shipped_judge_finds_short_answers(judge: Judge) -> None:
    def best(question: str) -> str:
        span = judge.read(Query.of(question), [ULM])[0][0]
        return ULM[span.start : span.end]

    assert best("How many bridges does Ulm have?") == "eleven"
    assert best("When was the minster finished?") == "1890"
    assert best("On which river does Ulm lie?") in ("Danube", "the Danube")


def test_the_shipped_judge_prefers_the_text_that_answers(judge: Judge) -> None:
    other = "Bonn lies on the Rhine. Beethoven was born there, and the university is large."
    (first, *_), (second, *_) = judge.read(Query.of("How many bridges does Ulm have?"), [ULM, other])
    assert first.margin > 0 > second.margin
    assert first.relevance > second.relevance


def test_the_shipped_judge_finds_an_answer_late_in_a_long_text_and_is_deterministic(judge: Judge) -> None:
    text = "The weather was fine that day, and people sat outside. " * 60 + ULM
    (spans,) = judge.read(Query.of("How many bridges does Ulm have?"), [text])
    assert spans[0].start == text.index("eleven bridges")
    assert [spans] == judge.read(Query.of("How many bridges does Ulm have?"), [text])
    assert judge.read(Query.of("Anything?"), ["", " "]) == [[], []]


def test_other_weights_have_another_fingerprint(tmp_path: Path, judge: Judge) -> None:
    for name in ("judge.onnx", "words.bin"):
        shutil.copy(WEIGHTS / name, tmp_path / name)
    weights = tmp_path / "judge.onnx"
    other = Judge.load(weights)
    assert other.fingerprint != judge.fingerprint
    question = "How many bridges does Ulm have?"
    assert other.score(question, [ULM]) == judge.score(question, [ULM])


def test_weights_of_another_model_are_named_in_one_line() -> None:
    weights = WEIGHTS / "tagger.onnx"
    with pytest.raises(ModelError) as refused:
        Judge.load(weights)
    assert str(refused.value).startswith(f"{weights} is no judge: it gives ")
    assert "\n" not in str(refused.value)


def test_the_shipped_judge_ranks_first_what_answers(judge: Judge) -> None:
    others = ["Bonn lies on the Rhine. Beethoven was born there.", "Bridges are built of stone, steel or wood.", ""]
    scores = judge.score("How many bridges does Ulm have?", [*others, ULM])
    assert max(scores) == scores[-1]
    assert scores[2] == NOTHING


def test_the_shipped_judge_tells_the_sentences_that_answer(judge: Judge) -> None:
    places = [(0, 23), (24, 70), (71, len(ULM))]
    logits = judge.evidence(Query.of("How many bridges does Ulm have?"), ULM, places)
    assert max(logits) == logits[1] >= BELONGS > logits[2]
    assert judge.evidence(Query.of("How many?"), ULM, [(3, 3)]) == [NOTHING]
