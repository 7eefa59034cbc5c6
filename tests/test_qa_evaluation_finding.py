"""Where a passage with the gold evidence is found, and what becomes of the questions, by hand and on a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run as Command

from documents.document import Document
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.scoring.finding import found_metrics, lost
from qa.evaluation.scoring.reply import DocumentLookup, as_reply

GOLD = ("d", 10, 20)


@pytest.mark.parametrize(
    ("passages", "first"),
    [
        ([("d", 0, 30)], 1),
        ([("d", 0, 15), ("d", 14, 30)], 2),  # the first holds just a half
        ([("e", 0, 30)] * 4 + [("d", 14, 20)], 5),
        ([("e", 0, 30)] * 5 + [("d", 0, 30)], 6),
        ([("e", 0, 30)] * 15 + [("d", 0, 30)], 16),
        ([("d", 0, 2**63 - 1)], 1),  # however far beyond the end
        ([("d", 15, -1), ("d", 0, 30)], 2),
        ([], None),
    ],
)
def test_the_place_of_the_first_passage_that_holds_more_than_half_of_the_evidence(
    passages: list[TextSpan], first: int | None
) -> None:
    found = found_metrics(passages, [[GOLD], [("x", 0, 5)]])
    assert found == {f"found@{k}": float(first is not None and first <= k) for k in (1, 3, 5, 15)}


def test_without_evidence_or_passages_nothing_is_told() -> None:
    assert found_metrics([("d", 0, 30)], []) == {}
    assert found_metrics(None, [[GOLD]]) == {}
    assert lost([{"metrics": {"EM": 1.0}}], ["right"]) == []


def test_what_became_of_questions_by_place() -> None:
    records = [
        {"metrics": found_metrics([("e", 0, 9)] * above + [("d", 0, 30)], [[GOLD]])} for above in (0, 0, 2, 5, 20)
    ]
    outcomes = ["right", "refused", "right", "wrong", "refused"]
    assert lost([*records, {"metrics": {}}], [*outcomes, "wrong"]) == [
        ("first", {"right": 1, "refused": 1, "wrong": 0}),
        ("2 to 3", {"right": 1, "refused": 0, "wrong": 0}),
        ("4 to 5", {"right": 0, "refused": 0, "wrong": 0}),
        ("6 to 15", {"right": 0, "refused": 0, "wrong": 1}),
        ("not found", {"right": 0, "refused": 1, "wrong": 0}),
    ]


def test_the_passages_of_a_saved_answer_have_their_places() -> None:
    page = Document("Alpha pumps water. The pump is old.")
    lookup = DocumentLookup({"page.txt": page})
    said = {**as_reply("It is old.", "?", lookup).answer, "passages": [{"source": "page.txt", "start": 19, "end": 35}]}
    assert as_reply(said, "?", lookup).passages == ((page.id, 19, 35),)
    assert as_reply({**said, "passages": [{"source": "page.txt"}]}, "?", lookup).passages is None
    assert as_reply("It is old.", "?", lookup).passages is None


def test_the_command_and_the_report_tell_where_answers_are_lost(run: Command, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "pumps.txt").write_text("Alpha pumps water into the old town. Beta grinds grain.")
    (tmp_path / "docs" / "mills.txt").write_text("The old mill stands by the river.")
    questions = [
        {"question": "What does Alpha pump?", "answers": ["water"], "evidence": "Alpha pumps water into the old town."},
        {
            "question": "Where does the mill stand?",
            "answers": ["by the sea"],
            "evidence": "The old mill stands by the river.",
        },
        {"question": "Who sells tickets?", "answers": []},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, questions)))
    done = run("eval", tmp_path / "q.jsonl", "--corpus", tmp_path / "docs")
    assert done.code == 0, done.err
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.strip()}
    assert rows["found@1"][0] == "1.000"
    assert set(rows["place"]) == {"right", "wrong"}
    assert sum(map(int, rows["first"])) == 2
    assert rows["not"][1:] == ["0", "0"]
    (report,) = (tmp_path / "runs").glob("*/report.html")
    assert "Where answers are lost" in report.read_text("utf-8")
