"""Questions about tables and lists, asked with the shipped models: cells, counts, sums, and near-misses.

The questions and what they expect were written before any of this was made (``fixtures/tables``). The required numbers
are those reached. Every third question is asked, and slowly all of them.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from fakes import ROOT

from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import open_assistant, open_ingest
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource

FOLDER = ROOT / "tests" / "fixtures" / "tables"
QUESTIONS = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()]

# How many are right by kind: of every third question, and of all. The three other cells are of one table, whose
# headings take two rows; the fifth count is of a list, and one more near miss is of an empty cell.
RIGHT = {
    3: {"cell": 6, "count": 2, "sum": 1, "text": 1, "miss": 3},
    1: {"cell": 16, "count": 4, "sum": 4, "text": 1, "miss": 10},
}
Asked = list[tuple[dict[str, Any], Answer]]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    chosen = settings.read(index=tmp_path_factory.mktemp("tables") / ".refdesk")
    files = sorted(path for path in FOLDER.iterdir() if path.suffix != ".jsonl")
    assert open_ingest(chosen).update(files).failed == {}
    return open_assistant(chosen)


@pytest.fixture(scope="module", params=[3, pytest.param(1, marks=pytest.mark.slow)])
def every(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def asked(assistant: Assistant, every: int) -> Asked:
    return [(question, assistant.ask(question["question"])) for question in QUESTIONS[::every]]


def outcome(question: dict[str, Any], answer: Answer) -> str:
    """Whether the answer is right, with its row and column; "wrong", "refused" or "answered" if it is not."""
    if question["kind"] == "miss":
        return "answered" if answer.answered else "right"
    if not answer.answered:
        return "refused"
    cells = [cell for citation in answer.citations for cell in citation.cells]
    headed = [
        cell
        for cell in cells
        if list(cell.row) == question.get("row") and list(cell.columns) == question.get("columns")
    ]
    cited = question.get("cited", len(answer.citations))
    is_right = answer.short_answer == question["answer"] and len(answer.citations) == cited
    return "right" if is_right and (headed or "row" not in question) else "wrong"


def test_as_many_are_right_as_were_reached(asked: Asked, every: int) -> None:
    outcomes = Counter((question["kind"], outcome(question, answer)) for question, answer in asked)
    for kind, least in RIGHT[every].items():
        assert outcomes[kind, "right"] >= least, kind


def test_every_answer_verifies(asked: Asked, assistant: Assistant) -> None:
    with assistant.index.store.snapshot() as snapshot:
        documents = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    for _, answer in asked:
        assert problems(json.loads(json.dumps(answer.to_dict())), VerificationSource(documents.get)) == []


def test_answers_from_tables_show_their_row(asked: Asked, every: int) -> None:
    roles = Counter(answer.statements[0].role for question, answer in asked if question["kind"] == "cell")
    assert roles == {"row": 18 // every}


def test_the_questions_are_forty_with_twelve_near_misses() -> None:
    assert (len(QUESTIONS), sum(question["kind"] == "miss" for question in QUESTIONS)) == (40, 12)
