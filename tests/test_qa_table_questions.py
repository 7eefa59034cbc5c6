"""Questions about tables and lists, asked with the shipped models: cells, counts, sums, and near-misses.

The questions and what they expect were written before any of this was made (``fixtures/tables``). The required numbers
are those reached; the last test names the ones that are not.
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

Asked = list[tuple[dict[str, Any], Answer]]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    chosen = settings.read(index=tmp_path_factory.mktemp("tables") / ".refdesk")
    files = sorted(path for path in FOLDER.iterdir() if path.suffix != ".jsonl")
    assert open_ingest(chosen).update(files).failed == {}
    return open_assistant(chosen)


@pytest.fixture(scope="module")
def asked(assistant: Assistant) -> Asked:
    return [(question, assistant.ask(question["question"])) for question in QUESTIONS]


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


def test_as_many_are_right_as_were_reached(asked: Asked) -> None:
    outcomes = Counter((question["kind"], outcome(question, answer)) for question, answer in asked)
    # The three others are of one table, whose headings take two rows.
    assert outcomes["cell", "right"] >= 16
    assert outcomes["count", "right"] == 4  # the fifth is of a list
    assert outcomes["sum", "right"] == 4
    assert outcomes["text", "right"] == 1
    assert outcomes["miss", "right"] >= 10  # one more is of an empty cell


def test_every_answer_verifies(asked: Asked, assistant: Assistant) -> None:
    with assistant.index.store.snapshot() as snapshot:
        documents = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    for _, answer in asked:
        assert problems(json.loads(json.dumps(answer.to_dict())), VerificationSource(documents.get)) == []


def test_most_answers_from_tables_show_their_row(asked: Asked) -> None:
    roles = Counter(answer.statements[0].role for question, answer in asked if question["kind"] == "cell")
    assert roles == {"row": 18}


def test_the_questions_are_forty_with_twelve_near_misses() -> None:
    assert (len(QUESTIONS), sum(question["kind"] == "miss" for question in QUESTIONS)) == (40, 12)
