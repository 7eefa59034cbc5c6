"""Training of the reader and fitting of the calibration: examples, batches, loss, fit and figures."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.metrics.abstention import auroc
from training.calibrate import (
    cases_of,
    cross_validated,
    discount_of,
    everyday_counts,
    figures,
    fit,
    means_of,
    probabilities,
    threshold_for,
)
from training.data import CLEAN, QAMR, RAW, WEAK, WORDS, Data, Example, digests, read

# ``training.train_reader`` is imported where it is tested: it loads PyTorch, and every worker imports this file.
if TYPE_CHECKING:
    from training.train_reader import Batch

TEXT = "Ulm has eleven bridges. Its minster is tall, and old. The Danube flows by."


def write(folder: Path, name: str, value: Any) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        json.dump(value, file)


def squad(text: str, *questions: dict[str, Any]) -> dict[str, Any]:
    return {"data": [{"title": "t", "paragraphs": [{"context": text, "qas": list(questions)}]}]}


def question(name: str, *answers: str, confidence: float | None = None) -> dict[str, Any]:
    given = [{"text": answer, "answer_start": TEXT.index(answer)} for answer in answers]
    weak = {} if confidence is None else {"weak_confidence": confidence}
    return {"id": name, "question": f"{name}?", "answers": given} | weak


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write(tmp_path, CLEAN, squad(TEXT, question("clean", "eleven", "eleven bridges", "eleven")))
    write(tmp_path, QAMR, squad(TEXT, *(question(f"qamr{i}", "Danube") for i in range(5))))
    write(tmp_path, WEAK, squad(TEXT, question("bt-0-0-0", "tall,", confidence=0.9)))
    spans = [[TEXT.index(part), TEXT.index(part) + len(part)] for part in ("eleven", "tall,", "tall, and old")]

    def paragraph(count: int) -> dict[str, Any]:
        return {"context": TEXT, "questions": [f"q{count}-{i}?" for i in range(count)], "candidate_spans": spans}

    write(tmp_path, RAW, [
        {"doc": 0, "paragraphs": [paragraph(10), paragraph(4), paragraph(7), paragraph(11)]},
        {"doc": 401, "paragraphs": [paragraph(10)]},
    ])  # fmt: skip
    return tmp_path


def test_the_order_of_the_questions_shows_which_are_answerable(data: Path) -> None:
    found = read(data, random.Random(0), held_out=0)
    unanswerable = {example.question for example in found.weak if not example.spans}
    answerable = {example.question for example in found.weak if example.spans}
    assert unanswerable == {*(f"q10-{i}?" for i in range(5, 10)), "q7-5?", "q7-6?"}
    assert answerable == {
        *(f"q10-{i}?" for i in range(5)), *(f"q4-{i}?" for i in range(4)), *(f"q7-{i}?" for i in range(3)),
        *(f"q11-{i}?" for i in range(5)),
    }  # fmt: skip
    assert {example.question for example in found.held_weak if not example.spans} == {f"q10-{i}?" for i in range(5, 10)}
    assert digests(data)[RAW] != digests(data)[WEAK]


def test_exact_answers_are_sure_and_weighted_by_frequency(data: Path) -> None:
    found = read(data, random.Random(0), held_out=0)
    assert {example.question for example in found.clean} <= {"clean?", *(f"qamr{i}?" for i in range(5))}
    (example,) = (example for example in found.clean if example.question == "clean?")
    assert [example.text[start:end] for start, end in example.spans] == ["eleven", "eleven bridges"]
    assert example.priors == pytest.approx((2 / 3, 1 / 3))
    assert example.sure


def test_the_prior_of_a_guess_is_its_confidence_and_spans_are_trimmed(data: Path) -> None:
    found = read(data, random.Random(0), held_out=0)
    guessed = next(example for example in found.weak if example.question == "q10-0?")
    priors = {guessed.text[start:end]: prior for (start, end), prior in zip(guessed.spans, guessed.priors, strict=True)}
    assert priors["tall"] == 0.9
    assert priors["eleven"] == pytest.approx(0.05)
    assert priors["is tall"] == pytest.approx(0.9 * 0.05)
    assert not guessed.sure
    assert not any(text.strip(" .,") != text for text in priors)


@given(st.integers(0, 10**6))
def test_windows_keep_the_likeliest_span_at_exact_offsets(seed: int) -> None:
    from training.data import windowed

    words = [f"w{i}" for i in range(400)]
    text = " ".join(words)
    spans = tuple((text.index(word), text.index(word) + len(word)) for word in ("w17", "w230", "w399"))
    cut = windowed(Example("q?", text, spans, (0.1, 0.8, 0.1)), random.Random(seed))
    assert WORDS[0] <= len(cut.text.split()) <= WORDS[1]
    assert "w230" in [cut.text[start:end] for start, end in cut.spans]
    assert all(cut.text[start:end] in ("w17", "w230", "w399") for start, end in cut.spans)


def test_a_window_without_an_answer_is_around_the_text_closest_to_the_question() -> None:
    from training.data import windowed

    text = "word " * 200 + "the tallest bridge spans the river" + " word" * 200
    cut = windowed(Example("Which river does the shortest bridge span?", text), random.Random(0))
    assert "bridge spans the river" in cut.text


@pytest.mark.parametrize("name", ["STAGES", "LATER_STAGES"], ids=["from the reranker", "from an earlier reader"])
def test_stages_have_their_share_of_exact_answers_and_the_last_only_trusted_labels(name: str) -> None:
    from training import train_reader

    stages = getattr(train_reader, name)
    clean = [Example(f"c{i}", "text " * (i % 9), ((0, 4),), (1.0,)) for i in range(50)]
    weak = [Example(f"w{i}", "text " * (i % 9), ((0, 4),), (i / 100,), sure=False) for i in range(100)]
    batches = train_reader.schedule(Data(clean, weak, [], []), stages, 100, 8, random.Random(0))
    assert [len(batch) for batch in batches] == [8] * 100
    borders = [round(100 * share) for share, _ in stages] + [100]
    for (_, exact), first, last in zip(stages, borders, borders[1:], strict=False):
        own = [example for batch in batches[first:last] for example in batch]
        assert sum(example.sure for example in own) / len(own) == pytest.approx(exact, abs=0.01)
    assert all(example.sure or max(example.priors) >= 0.85 for batch in batches[borders[-2] :] for example in batch)


def _batch(example: Example) -> Batch:
    from index.models import DEFAULT_RERANKER, resolve
    from index.onnx import load_tokenizer
    from training.train_reader import batch_of

    return batch_of(load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder), [example])


def test_the_candidate_that_the_model_prefers_is_learnt() -> None:
    import torch

    from training.train_reader import loss_of

    spans = tuple((TEXT.index(word), TEXT.index(word) + len(word)) for word in ("eleven", "tall"))
    batch = _batch(Example("How tall?", TEXT, spans, (0.5, 0.5), sure=False))
    (first, _, _), (second, _, _) = batch.spans[0]
    outputs = torch.zeros(1, batch.inputs[0].shape[1], 3)
    outputs[0, second, :2] = 2.0
    outputs.requires_grad_(True)
    loss_of(outputs, batch).backward()
    assert outputs.grad is not None
    # Gradient descent raises the logits of the preferred candidate and lowers those of the other.
    assert outputs.grad[0, second, 0] < 0 < outputs.grad[0, first, 0]


def test_without_an_answer_the_first_token_is_learnt() -> None:
    import torch

    from training.train_reader import loss_of

    batch = _batch(Example("How tall?", TEXT))
    outputs = torch.zeros(1, batch.inputs[0].shape[1], 3, requires_grad=True)
    loss_of(outputs, batch).backward()
    assert outputs.grad is not None
    assert outputs.grad[0, 0, 0] < 0 < outputs.grad[0, 5, 1]
    assert outputs.grad[0, 0, 2] > 0
    assert not outputs.grad[0, 2, :2].any()  # the question cannot be the answer


def test_fitted_weights_separate_and_are_never_negative() -> None:
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.5
    x = np.column_stack([y + rng.normal(0, 0.5, 400), rng.normal(0, 0.5, 400) - y])
    weights = fit(x, y)
    assert weights[0] > 1
    assert weights[1] == 0
    assert auroc(probabilities(x, weights), y) > 0.85


def test_cross_validation_fits_on_the_open_questions_of_other_articles() -> None:
    def case(i: int, setting: str = "open", article: str | None = None, right: bool | None = None) -> dict[str, Any]:
        signals = {"margin": float(i), "other": 0.0}
        known = {"setting": setting, "article": article or f"a{i % 4}", "absent": False}
        return {**known, "signals": signals, "right": i > 5 if right is None else right}

    plain = [case(i) for i in range(12)]
    held = cross_validated(cases_of(plain, ["margin"]))
    assert held[11] > held[6] > held[0]
    silent = [case(i, "silent", "s", right=False) for i in range(12)]
    assert cross_validated(cases_of(plain + silent, ["margin"]))[:12] == pytest.approx(held)
    changed = [case(i, right=i <= 5) if i % 4 == 0 else case(i) for i in range(12)]
    again = cross_validated(cases_of(changed, ["margin"]))
    assert again[::4] == pytest.approx(held[::4])  # an article's own labels do not affect its confidence
    assert again[1] != pytest.approx(held[1])


def test_the_means_are_of_the_cases_learned_from() -> None:
    settings = {"open": 1.0, "visitors": 5.0, "silent": 90.0, "unseen": 90.0}
    known = {"article": "a", "absent": False, "right": True}
    rows = [{**known, "setting": setting, "signals": {"margin": value}} for setting, value in settings.items()]
    rows.append({**rows[0], "absent": True, "signals": {"margin": 90.0}})
    assert means_of(cases_of(rows, ["margin"])) == {"margin": 3.0}


def row(setting: str, answerable: bool) -> dict[str, Any]:
    return {"setting": setting, "answerable": answerable}


def test_the_threshold_is_the_lowest_with_the_accuracy() -> None:
    held, right = np.array([0.1, 0.3, 0.5, 0.7, 0.9]), np.array([False, False, True, True, True])
    once = np.ones(5)
    assert threshold_for(0.75, held, right, once) == 0.11
    assert threshold_for(1.0, held, right, once) == 0.31
    assert threshold_for(0.75, held, right, np.array([1, 3, 1, 1, 1])) == 0.31
    with pytest.raises(SystemExit, match="no confidence"):
        threshold_for(0.5, held, ~right & False, once)


def test_everyday_questions_are_answerable_or_on_a_subject_the_documents_lack_each_kind_counting_as_much() -> None:
    rows = [row("open", True), row("open", False), row("silent", False), row("visitors", False), row("unseen", True)]
    assert everyday_counts(rows).tolist() == [1, 0, 1, 1, 0]
    assert everyday_counts([*rows, *rows[:1] * 3]).tolist() == [0.5, 0, 2, 2, 0, 0.5, 0.5, 0.5]


def test_a_missing_signal_is_the_mean_of_the_others_and_absent_names_discount_each() -> None:
    known = {"setting": "open", "article": "a", "right": True}
    signals = ({"margin": 1.0}, {"margin": 3.0}, {})
    rows = [{**known, "absent": number, "signals": own} for number, own in enumerate(signals)]
    assert cases_of(rows, ["margin"]).x.tolist() == [[1.0], [3.0], [2.0]]
    many = np.ones((200, 1)), np.repeat([1, 2], 100), np.repeat([True, False], 100)
    discount = discount_of(*many, np.array([0.0, 9.0]))  # all are expected to be right
    assert discount + discount**2 == pytest.approx(1, abs=0.05)


def test_figures_of_visitors_questions() -> None:
    rows = [row("open", True), row("open", False), row("silent", False), *[row("unseen", True)] * 4]
    held = np.array([0.9, 0.1, 0.1, 0.95, 0.95, 0.2, 0.6])
    found = figures(rows, held, np.array([True, False, False, True, False, False, True]), 0.3)
    assert (found["unseen_questions"], found["unseen_sure"], found["unseen_right_when_sure"]) == (4, 2, 0.5)
    assert (found["unseen_right_answered"], found["unseen_wrong_refused"]) == (1.0, 0.5)
    assert "visitors_questions" not in found


def test_figures_of_a_hand_worked_case() -> None:
    rows = [row("open", True), row("open", True), row("open", False), row("silent", False), row("silent", False)]
    found = figures(rows, np.array([0.9, 0.2, 0.6, 0.1, 0.3]), np.array([True, False, False, False, False]), 0.25)
    assert found["right_sentence"] == 0.5
    assert found["auroc_answerable_open"] == 0.5
    assert found["auroc_answerable_or_silent"] == 0.75
    assert found["right_when_answered_open"] == 0.5
    assert found["right_when_answered_everyday"] == 0.5
    assert (found["answerable_answered"], found["unanswerable_refused_open"]) == (0.5, 0.0)
    assert (found["silent_refusal_precision"], found["silent_refusal_recall"]) == (0.5, 0.5)
