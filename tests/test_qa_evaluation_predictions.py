"""Answers of other systems from files, scored like a run."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import beir, claims, squad, value, word_harness

from qa import evaluation
from qa.evaluation import Callbacks, ReplyError, compare, load_dataset

HARNESS = word_harness()
evaluate = partial(evaluation.evaluate, harness=HARNESS)
import_run = partial(evaluation.import_run, harness=HARNESS)


def test_answers_from_a_file_have_the_figures_of_the_run_they_come_from(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    kept = {record["id"]: record["answer"] for record in run.records if record["said"]}
    path = tmp_path / "theirs.jsonl"
    rows = [{"id": item.id, "answer": kept.get(item.id, ""), "seconds": 0.25} for item in dataset.items]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    imported = import_run(path, dataset, task="qa", out=tmp_path)
    assert imported.config["system"] == "theirs"
    for name in ("EM", "F1", "citation_recall", "character_recall", "citations_hold", "refusal_recall"):
        assert imported.metrics["metrics"][name] == run.metrics["metrics"][name], name
    assert (imported.metrics["timing"]["p50"], imported.metrics["timing"]["questions_per_second"]) == (0.25, 4.0)
    assert compare(run, imported)["metrics"]["F1"]["difference"] == 0.0


def test_answers_from_a_squad_prediction_file(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    path = tmp_path / "predictions.json"
    golds = {item.id: item.answers[0].text if item.answers else "" for item in dataset.items}
    path.write_text(json.dumps(golds))
    run = import_run(path, dataset, name="gold", out=tmp_path)
    assert value(run, "EM") == value(run, "HasAns_F1") == value(run, "NoAns_F1") == 1.0
    assert run.metrics["timing"] == {}


def test_an_id_that_stands_twice_in_a_squad_prediction_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "predictions.json"
    path.write_text('{"Pumps-0-0": "water", "Pumps-0-1": "Ann", "Pumps-0-0": "wine"}')
    with pytest.raises(ReplyError, match="question Pumps-0-0 is answered twice"):
        import_run(path, load_dataset(squad(tmp_path)), out=tmp_path)


def test_gold_answers_score_an_exact_match_of_1(tmp_path: Path) -> None:
    """Also with composed or decomposed letters, and with a full stop within an answer."""
    context = "It was written by J. K. Rowling in a café\u0301."
    qas = [
        {"id": name, "question": "Who?", "answers": [{"text": text, "answer_start": context.index(text)}]}
        for name, text in (("a", "J. K. Rowling"), ("b", "cafe\u0301"[:3]), ("c", "a café\u0301"))
    ]
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"context": context, "qas": qas}]}]}))
    dataset = load_dataset(path)
    answers = tmp_path / "predictions.json"
    answers.write_text(json.dumps({qa["id"]: qa["answers"][0]["text"] for qa in qas}))  # type: ignore[index]
    assert import_run(answers, dataset, out=tmp_path).metrics["metrics"]["EM"]["value"] == 1.0
    golds = {item.question: item.answers[0].text for item in dataset.items}
    assert evaluate(dataset, lambda question, _: golds[question], out=tmp_path).records[2]["metrics"]["EM"] == 1.0


def test_a_line_answers_what_repeats_its_id_and_its_question_and_nothing_else(tmp_path: Path) -> None:
    rows = [
        {"id": "m3", "question": "Who?"},
        {"id": "m3", "question": "WHO?"},
        {"id": "guide.md#1", "question": "What?"},
    ]
    dataset = load_dataset(_lines(tmp_path / "a.jsonl", [{**row, "answers": ["I"]} for row in rows]), indexed=True)
    answers = [{"id": "m3", "text": "I"}, {"id": "guide.md#1", "text": "I"}]
    assert value(import_run(_lines(tmp_path / "b.jsonl", answers), dataset, out=tmp_path), "EM") == 1.0
    other = [{"id": "m3", "question": question, "answers": ["I"]} for question in ("Who?", "When?")]
    for asked, line, reason in (
        (rows[2:], "guide.md", "'guide.md' is no question of a"),
        (other, "m3", "question m3#2: has no answer in"),
    ):
        dataset = load_dataset(_lines(tmp_path / "a.jsonl", [{"answers": ["I"], **row} for row in asked]), indexed=True)
        with pytest.raises(ReplyError, match=reason):
            import_run(_lines(tmp_path / "b.jsonl", [{"id": line, "text": "I"}]), dataset, out=tmp_path)


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_refusal_in_words_is_one_also_in_a_file_and_told(tmp_path: Path) -> None:
    items = [
        {"id": "a", "question": "Who?", "answers": []},
        {"id": "b", "question": "What?", "answers": ["I do not know"]},
    ]
    dataset = load_dataset(_lines(tmp_path / "q.jsonl", items), indexed=True)
    lines = [
        {"id": "a", "text": "I don't know."},
        {"id": "b", "text": "I do not know", "short_answer": "I do not know"},  # a short answer is an answer
    ]
    told: list[str] = []
    run = import_run(
        _lines(tmp_path / "b.jsonl", lines), dataset, out=tmp_path, callbacks=Callbacks(reading=told.append)
    )
    assert [record["said"] for record in run.records] == [False, True]
    assert [record["metrics"]["right"] for record in run.records] == [1.0, 1.0]
    assert told == ["read 2 answers: 2 with a text (1 of them a refusal), 0 with confidence, 0 with citations"]


def test_rankings_and_scores_from_files(tmp_path: Path) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text("".join(f'{{"id": "q{n}", "ranking": [["d{n}", 2.5], ["d4", 1]]}}\n' for n in (1, 2, 3)))
    assert value(import_run(path, load_dataset(beir(tmp_path)), out=tmp_path), "Recall@10") == 1.0
    dataset = load_dataset(claims(tmp_path))
    path.write_text("".join(json.dumps({"id": item.id, "score": len(item.id)}) + "\n" for item in dataset.items))
    assert value(import_run(path, dataset, out=tmp_path), "AUROC") == 0.5


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"id": "Pumps-0-0", "text": "a"}], "question Pumps-0-1: has no answer in"),
        ([{"id": "nobody", "text": "a"}], "'nobody' is no question of town"),
        ([{"text": "a"}], "answer 1 has no id, and no question either"),
        ([{"id": "Pumps-0-0", "text": "a"}] * 2, "is answered twice"),
        ([{"id": "Pumps-0-0", "text": "a", "seconds": "1"}], "seconds must be a number"),
        (
            [{"id": "Pumps-0-0", "question": "Who built the pump?", "text": "a"}],
            "question Pumps-0-0 has the id of another question: mend the ids, or leave them out",
        ),
        ([{"id": "Pumps-0-0", "answer": ["a"]}], "text and short_answer must be texts"),
    ],
)
def test_an_invalid_file_of_answers_is_refused(tmp_path: Path, lines: list[dict[str, Any]], reason: str) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ReplyError, match=reason):
        import_run(path, load_dataset(squad(tmp_path)), out=tmp_path)
