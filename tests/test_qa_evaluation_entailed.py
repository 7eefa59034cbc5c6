"""Answers against references that are whole sentences: claim recall and entailment, worked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import word_harness
from fakes import words

from qa.evaluation import Run, evaluate, load_dataset, replay
from qa.evaluation.metrics.entailed import answer_entailed, are_sentences, claim_recall
from qa.evaluation.runs.run import ANSWERS
from qa.evaluation.summary import summarise
from qa.evaluation.tasks import TASKS


def holds(statement: str, premise: str) -> bool:
    """A judge: all words of the statement are in the premise."""
    return set(words(statement)) <= set(words(premise))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Staff get six weeks.", "en", True),
        ("Staff get six weeks", "en", False),  # four words without an end
        ("staff get six weeks of leave in each year", "en", True),
        ("six weeks.", "en", False),
        ("The U.S.", "en", False),  # the article is no word
        ("He said: “It is open.”", "en", True),
        ("水泵很旧。", "zh", True),
        ("", "en", False),
    ],
)
def test_which_references_are_sentences(text: str, language: str, expected: bool) -> None:
    assert are_sentences(text, language) is expected


QUESTION = "How long is the leave?"
LEAVE = "The leave is six weeks long."
BOTH = f"{LEAVE} The leave is paid."


@pytest.mark.parametrize(
    ("said", "reference", "recall"),
    [
        (LEAVE, LEAVE, 1),
        ("Six weeks.", LEAVE, 1),  # the question has the other words
        ("Six.", LEAVE, 0),  # no weeks
        (LEAVE, BOTH, 1 / 2),
        ("Six weeks, paid.", BOTH, 1),
        ("Paid.", BOTH, 1 / 2),
        ("Five weeks.", BOTH, 0),
        ("", BOTH, 0),
        ("Six weeks.", f"{BOTH} Ask Ann.", 1 / 3),
    ],
)
def test_claim_recall(said: str, reference: str, recall: float) -> None:
    assert claim_recall(QUESTION, said, reference, holds) == pytest.approx(recall)


@pytest.mark.parametrize(
    ("answer", "said", "reference", "expected"),
    [
        ("six weeks", "six weeks", f"How is the leave? {LEAVE}", True),  # the reference says it
        ("six weeks", "six weeks", LEAVE, True),  # "how" is not in the reference, but all of the reference is said
        ("paid", "paid", BOTH, False),  # half of the reference is said, and "how" is not in it
        ("paid", "paid", f"How? {BOTH}", True),  # less than the reference, and borne by it
        ("five weeks", "five weeks", f"How? {BOTH}", False),
        ("five weeks", "five weeks. Or six.", LEAVE, True),  # what is said in all counts
        ("", "", LEAVE, False),
    ],
)
def test_an_answer_and_its_reference_agree_in_either_direction(
    answer: str, said: str, reference: str, expected: bool
) -> None:
    assert answer_entailed(QUESTION, answer, said, reference, holds) is expected


def test_a_reference_without_sentences_is_refused() -> None:
    with pytest.raises(ValueError, match="has no claims"):
        claim_recall(QUESTION, "x", " ", holds)


ROWS: list[dict[str, Any]] = [
    {"question": "How long is the leave?", "reference": ["Ask Ann about it.", "The leave is six weeks long."]},
    {"question": "Is the leave paid by the town or by nobody?", "reference": "The town has paid for it since 1990."},
    {"question": "When was the pump built?", "reference": "1890"},
    {"question": "Who feeds the birds?", "answers": []},
]
SAID = {ROWS[0]["question"]: "Six weeks.", ROWS[1]["question"]: "Nobody pays.", ROWS[2]["question"]: "In 1890."}


def file(folder: Path) -> Path:
    path = folder / "leave.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_only_questions_with_sentences_as_references_have_them(tmp_path: Path) -> None:
    dataset = load_dataset(file(tmp_path), indexed=True)
    run = evaluate(dataset, SAID.get, name="said", out=tmp_path, support=holds)
    found = [{name: row["metrics"].get(name) for name in ("answer_entailed", "claim_recall")} for row in run.records]
    assert found == [
        {"answer_entailed": 1.0, "claim_recall": 1.0},  # by the better of two references
        {"answer_entailed": 0.0, "claim_recall": 0.0},
        {"answer_entailed": None, "claim_recall": None},
        {"answer_entailed": None, "claim_recall": None},
    ]
    assert [row["signals"]["right"] for row in run.records] == [1.0, 0.0, 1.0, 0.0]
    # F1: 2 common words of 2, and of "leave is six weeks long" without its article.
    assert run.records[0]["metrics"]["F1"] == pytest.approx(2 * 2 / (2 + 5))
    assert run.metrics["metrics"]["answer_entailed"]["count"] == 2


def test_what_is_refused_or_fails_entails_nothing(tmp_path: Path) -> None:
    def broken(question: str) -> object:
        if question == ROWS[0]["question"]:
            raise KeyError(question)

    dataset = load_dataset(file(tmp_path), indexed=True)
    records = evaluate(dataset, broken, out=tmp_path, support=holds).records
    assert [row["metrics"].get("answer_entailed") for row in records] == [0.0, 0.0, None, None]
    assert [row["metrics"].get("claim_recall") for row in records] == [0.0, 0.0, None, None]


def test_a_run_from_before_these_metrics_is_replayed(tmp_path: Path) -> None:
    """Its answers were right by their words alone."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.txt").write_text("The leave of all is six weeks long. The pump was built in 1890.")
    dataset = load_dataset(file(tmp_path), corpus=tmp_path / "docs")
    run = evaluate(dataset, task="qa", out=tmp_path, harness=word_harness())
    assert replay(run, dataset, {}, harness=word_harness()) is None
    records = [json.loads(line) for line in (run.folder / ANSWERS).read_text("utf-8").splitlines()]
    for record in records:
        for name in ("answer_entailed", "claim_recall"):
            record["metrics"].pop(name, None)
    assert records[0]["signals"]["right"] == 1.0
    records[0]["signals"]["right"] = 0.0
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    harness = word_harness()
    run.write_metrics({**run.metrics, **summarise(records, TASKS["qa"], 0, harness.resamples)})
    assert replay(Run.open(run.folder), dataset, {}, harness=harness) is None
