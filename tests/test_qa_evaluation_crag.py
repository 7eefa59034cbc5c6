"""CRAG and LLM-AggreFact as they are published, and files packed with bzip2."""

from __future__ import annotations

import bz2
import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness

from qa.evaluation import DatasetError, evaluate, load_dataset


def page(number: int, text: str, title: str = "") -> dict[str, Any]:
    head = f"<head><title>{title}</title></head>" if title else ""
    return {
        "page_name": f"Page {number}",
        "page_url": f"https://site.example/{number}",
        "page_snippet": "A snippet.",
        "page_result": f"<html>{head}<body><p>{text}</p></body></html>" if text else "",
        "page_last_modified": "Fri, 01 Mar 2024 10:00:00 GMT",
    }


PUMPS = page(1, "Alpha pumps water into the old town. It has two pumps.", "Alpha")
MILL = page(2, "The mill of Beta grinds grain.")
EMPTY = page(3, "")


def question(identity: str, query: str, answer: str, *pages: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "interaction_id": identity,
        "query_time": "03/01/2024, 10:00:00 PT",
        "domain": "open",
        "question_type": "simple",
        "static_or_dynamic": "static",
        "query": query,
        "answer": answer,
        "alt_ans": [],
        "popularity": "head",
        "split": 0,
        "search_results": list(pages),
        **changed,
    }


ROWS = [
    question("a", "how many pumps does alpha have", "two", PUMPS, MILL, alt_ans=["2", "two pumps"]),
    question("b", "when did beta buy its third mill", "invalid question", MILL, question_type="false_premise"),
    question("c", "who is nobody", "no one", EMPTY, EMPTY),
]


def crag(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(bz2.compress(data) if path.suffix == ".bz2" else data)
    return path


def test_crag_asks_each_question_of_its_own_pages(tmp_path: Path) -> None:
    dataset = load_dataset(crag(tmp_path / "crag_dev.jsonl.bz2"))
    pumps, invalid = dataset.items
    assert (dataset.name, list(dataset.documents)) == ("crag_dev", ["https://site.example/1", "https://site.example/2"])
    read = dataset.documents["https://site.example/1"]
    assert (read.text, read.title) == ("Alpha pumps water into the old town. It has two pumps.", "Alpha")
    assert dataset.documents["https://site.example/2"].title == "Page 2"
    assert [gold.text for gold in pumps.answers] == ["two", "2", "two pumps"]
    assert (pumps.slices["domain"], pumps.slices["split"], dict(pumps.relevant)) == ("open", "0", {})
    assert (invalid.answerable, invalid.answers, invalid.among) == (False, (), ("https://site.example/2",))
    assert dataset.notes == (
        'crag_dev.jsonl.bz2: 2 pages without text are left out, such as "https://site.example/3"',
        "crag_dev.jsonl.bz2: 1 questions are left out, as they have no page",
    )


def test_a_refusal_is_right_where_the_question_is_invalid(tmp_path: Path) -> None:
    dataset = load_dataset(crag(tmp_path / "crag.jsonl", ROWS[:2]))
    said = {"how many pumps does alpha have": "It has two pumps."}
    run = evaluate(dataset, lambda query, _: said.get(query), out=tmp_path / "runs", harness=word_harness())
    assert (value(run, "right"), value(run, "refusal_recall")) == (1.0, 1.0)
    run = evaluate(dataset, lambda *_: "Invalid question, it has two pumps.", out=tmp_path, harness=word_harness())
    assert value(run, "right") == 0.5


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"search_results": None}, "line 2: search_results must be a list"),
        ({"search_results": [{**MILL, "page_result": 3}]}, "line 2, page 1: page_result must be a text"),
        ({"answer": ""}, "line 2: answer is missing or empty"),
        ({"alt_ans": "2"}, "line 2: alt_ans must be a list of texts"),
    ],
)
def test_a_broken_record_of_crag_is_refused(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(crag(tmp_path / "crag.jsonl", [ROWS[0], {**ROWS[0], **changed}]))


def test_a_damaged_bzip2_file_is_refused_in_a_line(tmp_path: Path) -> None:
    path = crag(tmp_path / "crag.jsonl.bz2")
    whole = path.read_bytes()
    for damaged in (whole[:-9], whole[:20] + b"xxxx" + whole[24:]):
        path.write_bytes(damaged)
        with pytest.raises(DatasetError, match=r"crag.jsonl.bz2: the bzip2 file is damaged .*; fetch it again"):
            load_dataset(path)


# LLM-AggreFact


def aggrefact(path: Path, **changed: Any) -> Path:
    row = {"dataset": "Wice", "doc": "Alpha pumps water. It is old.", "claim": "Alpha pumps water.", "label": 1}
    rows = [
        row,
        {**row, "claim": "Alpha sells iron.", "label": 0},
        {**row, "dataset": "RAGTruth", "doc": "Birds sing.", "claim": "Birds sing.", "contamination_identifier": "x"},
        {**row, "dataset": "RAGTruth", "doc": "Grain is stored.", "claim": "Nobody sleeps.", "label": 0, **changed},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_the_columns_of_llm_aggrefact(tmp_path: Path) -> None:
    dataset = load_dataset(aggrefact(tmp_path / "test.jsonl"))
    first, second, third, _ = dataset.items
    assert (dataset.kind, first.evidence) == ("support", ("Alpha pumps water.", "It is old."))
    assert [item.label for item in dataset.items] == ["supported", "not_supported"] * 2
    assert (first.slices["dataset"], third.slices["dataset"], third.id) == ("Wice", "RAGTruth", "3")
    run = evaluate(dataset, "coverage", out=tmp_path / "runs", harness=word_harness())
    assert value(run, "AUROC") == 1.0
    by_origin = run.metrics["slices"]["dataset"]
    assert {name: (part["items"], part["metrics"]["AUROC"]["value"]) for name, part in by_origin.items()} == {
        "RAGTruth": (2, 1.0), "Wice": (2, 1.0),
    }  # fmt: skip
    assert second.question == "Alpha sells iron."


def test_a_label_of_llm_aggrefact_is_1_or_0(tmp_path: Path) -> None:
    for label in (2, "1", True, None, [1]):
        with pytest.raises(DatasetError, match=r"test.jsonl: line 4: label must be 1 \(supported\) or 0 \(not\)"):
            load_dataset(aggrefact(tmp_path / "test.jsonl", label=label))
    with pytest.raises(DatasetError, match="line 4: doc is missing or empty"):
        load_dataset(aggrefact(tmp_path / "test.jsonl", doc=" "))
