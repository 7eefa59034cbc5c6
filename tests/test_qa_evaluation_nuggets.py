"""Nuggets of TREC's RAG track: read, assigned by the judge, scored as by the authors, compared with assignments."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from commands import Run as Command
from evaluation_data import unplotted, value, word_harness
from hypothesis import given
from hypothesis import strategies as st

from qa import evaluation
from qa.evaluation import DatasetError, Harness, ReplyError, Run, compare, import_run, load_dataset, replay
from qa.evaluation.datasets.dataset import Importance
from qa.evaluation.metrics.nuggets import ASSIGNMENTS, AssignedNugget, nugget_scores, says_all_vital
from qa.evaluation.scoring.judges import verbatim

HARNESS = Harness(word_harness().load, resamples=50, judge=verbatim, plots=unplotted)
evaluate = partial(evaluation.evaluate, harness=HARNESS)
WATER, BUILT, MILES = "Alpha pumps water", "It was built in 1890", "Gamma is 12 miles long"
TOPICS = [
    {"query": "what does alpha do", "qid": "2024-1",
     "nuggets": [{"text": WATER, "importance": "vital"}, {"text": BUILT, "importance": "okay"}]},
    {"query": "how long is gamma", "qid": "2024-2", "nuggets": [{"text": MILES, "importance": "vital"}]},
]  # fmt: skip


@pytest.fixture
def harness() -> Harness:
    return HARNESS


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    """The nuggets, as the authors' scripts write them."""
    return lines(tmp_path / "nuggets.jsonl", TOPICS)


def assigned(folder: Path, *assignments: str, texts: tuple[str, str] = (f"{WATER}.", "Nobody knows.")) -> Path:
    """Answers with assigned nuggets, as the authors' scripts write them."""
    left = list(assignments)
    rows = [
        {
            **topic,
            "answer_text": text,
            "response_length": len(text.split()),
            "run_id": "theirs",
            "nuggets": [{**nugget, "assignment": left.pop(0)} for nugget in topic["nuggets"]],  # type: ignore[union-attr]
        }
        for topic, text in zip(TOPICS, texts, strict=True)
    ]
    return lines(folder / "assigned.jsonl", rows)


# A line of a run of TREC's RAG track, as its guidelines of 2024 and 2025 print one (in 2025 there are two forms).
ANSWERED_2024 = {
    "run_id": "theirs", "topic_id": "2024-1", "topic": "what does alpha do", "references": ["d#2", "d#1", "d#7"],
    "response_length": 12, "answer": [
        {"text": f"{WATER}. {BUILT}.", "citations": [1]}, {"text": "It is red.", "citations": [0, 2]},
        {"text": "It is old.", "citations": []}, {"text": "It is big.", "citations": [9]},
    ],
}  # fmt: skip
ABOUT = {"team_id": "they", "run_id": "theirs", "type": "automatic", "narrative_id": "2024-1", "narrative": "alpha?"}
ANSWERED_2025: dict[str, Any] = {"metadata": ABOUT, **{name: ANSWERED_2024[name] for name in ("references", "answer")}}
NAMED_2025 = {**ANSWERED_2025, "answer": [
    {"text": f"{WATER}. {BUILT}.", "citations": ["d#1"]}, {"text": "It is red.", "citations": ["d#2", "d#7"]},
    {"text": "It is old.", "citations": []}, {"text": "It is big.", "citations": ["d#9"]},
]}  # fmt: skip


@pytest.mark.parametrize("line", [ANSWERED_2024, ANSWERED_2025, NAMED_2025], ids=["2024", "2025", "2025 by ids"])
def test_answers_of_trecs_rag_track_are_read_with_what_each_sentence_cites(
    topics: Path, tmp_path: Path, line: dict[str, Any]
) -> None:
    (tmp_path / "docs").mkdir()
    for name, text in (("d#1", f"{WATER}. {BUILT}."), ("d#2", "Gamma is red.")):
        (tmp_path / "docs" / f"{name}.txt").write_text(text)
    dataset = load_dataset(topics, corpus=tmp_path / "docs")
    silent = {**line, "topic_id": "2024-2", "metadata": {**ABOUT, "narrative_id": "2024-2"}, "answer": []}
    silent.pop("topic", None)  # is the other's
    silent = {name: own for name, own in silent.items() if name != "metadata" or "metadata" in line}
    run = import_run(lines(tmp_path / "run.jsonl", [line, silent]), dataset, out=tmp_path, harness=HARNESS)
    answer = run.records[0]["answer"]
    sources = {own["number"]: own["source"] for own in answer["citations"]}
    assert [(own["text"], [sources.get(number) for number in own["citations"]]) for own in answer["statements"]] == [
        (f"{WATER}.", ["d#1.txt"]),
        (f"{BUILT}.", ["d#1.txt"]),
        ("It is red.", ["d#2.txt", "d#7"]),
        ("It is old.", []),
        ("It is big.", ["d#9" if line is NAMED_2025 else None]),
    ]
    assert (run.records[0]["metrics"]["V_strict"], run.records[1]["answer"]["answered"]) == (1.0, False)


@pytest.mark.parametrize("answer", [["Alpha."], [{"text": "Alpha."}], [{"text": "Alpha.", "citations": [None]}]])
def test_a_broken_answer_of_trecs_rag_track_is_named(topics: Path, tmp_path: Path, answer: list[Any]) -> None:
    path = lines(tmp_path / "run.jsonl", [{**ANSWERED_2024, "answer": answer}])
    with pytest.raises(ReplyError, match="answer 1: answer must be a list of objects with a text and citations"):
        import_run(path, load_dataset(topics, indexed=True), out=tmp_path, harness=HARNESS)


VITAL, OKAY = IMPORTANCES = get_args(Importance)
SUPPORT, PARTIAL, NONE = ASSIGNMENTS


def test_the_scores_by_hand() -> None:
    nuggets = [(VITAL, SUPPORT), (VITAL, PARTIAL), (VITAL, NONE), (OKAY, SUPPORT), (OKAY, PARTIAL)]
    assert nugget_scores([AssignedNugget(*own) for own in nuggets]) == pytest.approx({
        "V_strict": 1 / 3, "V": 1.5 / 3, "A_strict": 2 / 5, "A": 3 / 5, "W": (1.5 + 0.5 * 1.5) / (3 + 0.5 * 2),
    })  # fmt: skip


def test_scores_over_no_nuggets_are_0_as_in_the_authors_script() -> None:
    assert nugget_scores([AssignedNugget(OKAY, SUPPORT)]) == {"V_strict": 0, "V": 0, "A_strict": 1, "A": 1, "W": 1}
    assert set(nugget_scores([]).values()) == {0}


@given(st.lists(st.builds(AssignedNugget, st.sampled_from(IMPORTANCES), st.sampled_from(ASSIGNMENTS)), min_size=1))
def test_strict_scores_are_never_higher_and_all_are_shares(nuggets: list[AssignedNugget]) -> None:
    scores = nugget_scores(nuggets)
    assert scores["V_strict"] <= scores["V"]
    assert scores["A_strict"] <= scores["A"]
    assert all(0 <= score <= 1 for score in scores.values())
    if any(own.importance == VITAL for own in nuggets):
        assert says_all_vital(nuggets) == (scores["V_strict"] == 1)


def test_the_judge_assigns_the_nuggets_of_what_is_said(topics: Path, tmp_path: Path) -> None:
    dataset = load_dataset(topics, indexed=True)
    said = {"what does alpha do": f"{WATER}. Nobody knows when.", "how long is gamma": f"{MILES}."}
    run = evaluate(dataset, said.get, name="mine", out=tmp_path)
    assert run.config["task"] == "qa"
    first, second = run.records
    assert [own["assignment"] for own in first["nuggets"]] == ["support", "not_support"]
    scores = {"V_strict": 1.0, "V": 1.0, "A_strict": 0.5, "A": 0.5, "W": pytest.approx(1 / 1.5)}
    assert {name: first["metrics"][name] for name in scores} == scores
    assert {first["metrics"]["right"], second["metrics"]["right"], second["metrics"]["A"]} == {1.0}
    assert value(run, "A_strict") == 0.75
    undefined = {"EM", "F1", "EM_forced", "truthfulness", "answer_in_statement", "answer_citation_recall"}
    assert not undefined & run.metrics["metrics"].keys()
    page = (run.folder / "report.html").read_text("utf-8")
    assert f"{WATER}; {BUILT}" in page  # what is right, in the table of questions


def test_a_refusal_says_no_nugget(topics: Path, tmp_path: Path) -> None:
    run = evaluate(load_dataset(topics, indexed=True), lambda _: None, name="silent", out=tmp_path)
    assert {value(run, name) for name in ("V_strict", "V", "A_strict", "A", "W", "right")} == {0.0}
    page = (run.folder / "report.html").read_text("utf-8")
    assert "(no answer)" not in page


def test_assignments_from_a_file_are_scored_beside_the_judges_and_compared(topics: Path, tmp_path: Path) -> None:
    path = assigned(tmp_path, "partial_support", "support", "not_support")
    told: list[str] = []
    callbacks = evaluation.Callbacks(reading=told.append)
    dataset = load_dataset(topics, indexed=True)
    run = import_run(path, dataset, out=tmp_path, harness=HARNESS, callbacks=callbacks)
    assert told == ["read 2 answers: 2 with a text, 0 with confidence, 0 with citations"]
    assert (value(run, "given_V_strict"), value(run, "given_V"), value(run, "V_strict")) == (0.0, 0.25, 0.5)
    assert value(run, "given_W") == pytest.approx((1 / 1.5 + 0) / 2, abs=1e-6)
    # Ours: support, none, none; theirs: none, support, none. Of three they agree on one; by chance on 5/9.
    expected = {"assigned": 3, "agreement": pytest.approx(1 / 3, abs=1e-6), "kappa": pytest.approx(-0.5, abs=1e-6)}
    assert run.metrics["nuggets"] == expected
    page = " ".join((run.folder / "report.html").read_text("utf-8").split())
    assert "agrees on the support of 33.3% of them (Cohen's kappa -0.500)" in page
    assert f"<div>vital, not support: {MILES}</div>" in page
    assert replay(Run.open(run.folder), dataset, {}, harness=HARNESS) is None


def test_two_systems_are_compared_by_their_nuggets(topics: Path, tmp_path: Path) -> None:
    dataset = load_dataset(topics, indexed=True)
    none = evaluate(dataset, lambda _: None, name="silent", out=tmp_path)
    some = evaluate(dataset, {"how long is gamma": f"{MILES}."}.get, name="some", out=tmp_path)
    compared = compare(none, some)
    assert compared["metrics"]["V_strict"]["difference"] == 0.5
    (flipped,) = compared["flipped"]
    assert (flipped["better"], flipped["gold"]) == ("b", [MILES])


def test_the_command_scores_assigned_answers(run: Command, topics: Path, tmp_path: Path) -> None:
    assigned(tmp_path, "support", "not_support", "not_support")
    done = run("eval", topics.name, "--answers", "assigned.jsonl")
    assert done.code == 0
    assert "verbatim agrees with 100.0% of 3 nuggets that came assigned, on support or none" in done.out
    listed = run("eval", "--list", "--json")
    assert "TREC RAG nuggets" in json.dumps(listed.json)


def test_documents_can_be_named_and_are_asked(run: Command, topics: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "alpha.txt").write_text(f"{WATER} into the town. {BUILT}.\n\n{MILES}.")
    done = run("eval", topics.name, "--corpus", "docs", "--json")
    assert done.code == 0
    assert 0 <= done.json["metrics"]["V_strict"]["value"] <= 1
    assert done.json["metrics"]["V_strict"]["count"] == 2


@pytest.mark.parametrize(
    ("nuggets", "reason"),
    [
        ([{"text": WATER, "importance": "high"}], 'line 1, nugget 1: importance must be vital or okay, not "high"'),
        ([{"text": WATER}], "line 1, nugget 1: importance is missing or empty"),
        ([{"importance": "vital"}], "line 1, nugget 1: text is missing or empty"),
        ([], "line 1: nuggets is empty"),
        ("water", "line 1: nuggets must be a list"),
    ],
)
def test_a_wrong_nugget_is_named(tmp_path: Path, nuggets: object, reason: str) -> None:
    path = lines(tmp_path / "n.jsonl", [{**TOPICS[0], "nuggets": nuggets}, TOPICS[1]])
    with pytest.raises(DatasetError, match=reason):
        load_dataset(path, indexed=True)


def test_a_wrong_assignment_is_named(topics: Path, tmp_path: Path) -> None:
    dataset = load_dataset(topics, indexed=True)
    path = assigned(tmp_path, "support", "perhaps", "not_support")
    with pytest.raises(ReplyError, match=r"question 2024-1: a nugget needs a text, and an assignment of .*'perhaps'"):
        import_run(path, dataset, out=tmp_path, harness=HARNESS)
    rows = [{**TOPICS[0], "answer_text": "x", "nuggets": [{"text": BUILT, "assignment": "support"}]}]
    path = lines(tmp_path / "some.jsonl", rows)
    with pytest.raises(ReplyError, match="no assignment came for the nugget: 'Alpha pumps water'"):
        import_run(path, dataset, out=tmp_path, harness=HARNESS)
