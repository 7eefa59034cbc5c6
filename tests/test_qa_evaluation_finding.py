"""Where a passage with the gold evidence is found, and what becomes of the questions, by hand and on a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run as Command
from evaluation_data import squad, word_harness

from documents.document import Document
from qa.evaluation import evaluate, load_dataset
from qa.evaluation.datasets.dataset import Dataset, GoldAnswer, Item
from qa.evaluation.metrics.citations import TextSpan
from qa.evaluation.report import where_lost
from qa.evaluation.scoring.finding import found_metrics, in_words, lost, read_metrics
from qa.evaluation.scoring.gold import GoldStandard
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


def test_evidence_of_two_parts_is_found_and_read_where_both_are() -> None:
    other = Document("Beta stores grain.", "Beta")
    both = [[(PAGE.id, 0, 18), (other.id, 0, 18)]]
    assert found_metrics([(PAGE.id, 0, 35), ("x", 0, 5), (other.id, 0, 18)], both) == {
        "found@1": 0.0, "found@3": 1.0, "found@5": 1.0, "found@15": 1.0,
    }  # fmt: skip
    documents = {document.id: document for document in (PAGE, other)}
    second = {**citing(0, 18, other.text), "document": other.id}
    for citations, read in (([citing(0, 18)], 0.0), ([citing(0, 18), second], 1.0)):
        metrics = read_metrics({"citations": citations}, True, both, documents)
        assert metrics == {"evidence_read": read, "evidence_cited": read}


@pytest.mark.parametrize(
    ("answer", "metrics"),
    [
        ("old", {"found@1": 0.0, "found@3": 1.0}),
        ("pump", {"found@1": 0.0, "found@3": 1.0}),  # not in "pumps"
        ("Alpha pumps water", {"found@1": 1.0, "found@3": 1.0}),
        ("a", {}),  # nowhere a word
        ("yes", {}),
        ("The", {}),
    ],
)
def test_without_marked_evidence_it_is_the_sentence_in_which_the_answer_stands_once(
    answer: str, metrics: dict[str, float]
) -> None:
    item = Item("q", "What?", "page", (GoldAnswer(answer),), True, {"page": 1})
    documents = {"page": Document("Alpha pumps water. The pump is old. The yes."), "other": Document("It is old.")}
    gold = GoldStandard(Dataset("toy", "open", documents, (item,), "en", "0")).of(item)
    page = documents["page"].id
    found = found_metrics([(page, 0, 18), (page, 19, 44)], gold.places)
    assert {name: found[name] for name in metrics} == metrics
    assert bool(found) is bool(metrics)


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


PAGE = Document("Alpha pumps water. The pump is old.")


def citing(start: int, end: int, quote: str | None = None) -> dict[str, object]:
    quote = PAGE.text[start:end] if quote is None else quote
    return {"number": 1, "document": PAGE.id, "start": start, "end": end, "quote": quote}


@pytest.mark.parametrize(
    ("citations", "nearest", "is_said", "read"),
    [
        ([citing(0, 18)], None, True, True),
        ([citing(0, 18)], None, False, True),  # the candidate of a refusal
        ([], citing(0, 18), False, True),
        ([], citing(19, 35), False, False),
        ([citing(19, 35)], citing(0, 18), True, False),  # what was said counts
        ([citing(0, 18, "Beta pumps water.")], None, True, False),  # a citation that does not hold
        ([], None, True, False),
    ],
)
def test_evidence_is_read_where_it_is_chosen_and_cited_where_that_is_said(
    citations: list[object], nearest: object, is_said: bool, read: bool
) -> None:
    answer = {"citations": citations, "nearest": nearest}
    found = read_metrics(answer, is_said, [[(PAGE.id, 0, 17)]], {PAGE.id: PAGE})
    assert found == {"evidence_read": float(read), "evidence_cited": float(read and is_said)}


def test_of_a_refusal_that_names_no_place_and_without_evidence_it_is_not_known_what_was_read() -> None:
    assert read_metrics({"citations": []}, False, [[(PAGE.id, 0, 17)]], {PAGE.id: PAGE}) == {}
    assert read_metrics({"citations": [citing(0, 18)]}, True, [], {PAGE.id: PAGE}) == {}


def test_of_how_many_questions_the_evidence_was_read_and_cited_stands_behind_the_outcomes() -> None:
    first, second, third = (found_metrics([("d", 0, 30)], [[GOLD]]) for _ in range(3))
    records = [
        {"metrics": first | {"evidence_read": 1.0, "evidence_cited": 1.0}},
        {"metrics": second | {"evidence_read": 1.0, "evidence_cited": 0.0}},
        {"metrics": third},
    ]
    (_, counts), *others = lost(records, ["right", "refused", "refused"])
    assert counts == {"right": 1, "refused": 2, "evidence_read": 2, "evidence_cited": 1}
    assert {count for _, row in others for count in row.values()} == {0}


@pytest.mark.parametrize(
    ("above", "read", "words"),
    [
        (0, (1.0, 1.0), "found first, read and cited"),
        (1, (1.0, 0.0), "found at place 2 to 3, read, not said"),
        (14, (0.0, 0.0), "found at place 6 to 15, not read"),
        (15, None, "not found among 15"),
        (None, (1.0, 1.0), "read and cited"),
        (None, None, ""),
    ],
)
def test_what_became_of_the_evidence_in_words(above: int | None, read: tuple[float, float] | None, words: str) -> None:
    found = {} if above is None else found_metrics([("e", 0, 9)] * above + [("d", 0, 30)], [[GOLD]])
    told = dict(zip(("evidence_read", "evidence_cited"), read, strict=True)) if read else {}
    assert in_words({"EM": 1.0, **found, **told}) == words


def test_the_passages_of_a_saved_answer_have_their_places() -> None:
    page = Document("Alpha pumps water. The pump is old.")
    lookup = DocumentLookup({"page.txt": page})
    said = {**as_reply("It is old.", "?", lookup).answer, "passages": [{"source": "page.txt", "start": 19, "end": 35}]}
    assert as_reply(said, "?", lookup).passages == ((page.id, 19, 35),)
    assert as_reply({**said, "passages": [{"source": "page.txt"}]}, "?", lookup).passages is None
    assert as_reply("It is old.", "?", lookup).passages is None


def test_of_a_system_that_never_cites_nothing_is_told_of_what_it_read(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    source = next(name for name, own in dataset.documents.items() if "grain" in own.text)
    said = {"text": "grain", "passages": [{"source": source, "start": 0, "end": 60}]}
    run = evaluate(dataset, lambda _: said, task="qa", out=tmp_path, harness=word_harness())
    rows = where_lost("qa", run.records)
    assert rows
    assert not {"evidence_read", "evidence_cited", "read", "cited"} & rows[0][1].keys()


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
    assert set(rows["place"]) == {"right", "wrong", "read", "cited"}
    assert rows["first"] == ["1", "1", "2", "2"]
    assert rows["not"] == ["found", "0", "0", "0", "0"]
    (report,) = (tmp_path / "runs").glob("*/report.html")
    table = report.read_text("utf-8").partition("Where answers are lost")[2].partition("</table>")[0]
    assert ">read</th>" in table
    assert ">cited</th>" in table
