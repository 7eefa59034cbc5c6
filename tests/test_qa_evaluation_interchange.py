"""Runs in other tools' files, and their files as runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import Run as Command
from commands import fails
from evaluation_data import beir, squad, value, word_harness

from qa.evaluation import (
    Callbacks,
    Dataset,
    Harness,
    ReplyError,
    Run,
    RunError,
    evaluate,
    export_run,
    import_run,
    load_dataset,
)

HARNESS = word_harness()


@pytest.fixture
def harness() -> Harness:
    return HARNESS


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Run]:
    """A dataset, and a run of it."""
    folder = tmp_path_factory.mktemp("town")
    dataset = load_dataset(squad(folder))
    return dataset, evaluate(dataset, task="qa", out=folder, harness=HARNESS)


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset, Run]:
    """A BEIR folder, its dataset, and a run of BM25 on it."""
    folder = beir(tmp_path_factory.mktemp("mini"))
    dataset = load_dataset(folder)
    return folder, dataset, evaluate(dataset, "bm25", out=folder.parent, harness=HARNESS)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_run_is_exported_as_tables(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, made = town
    plain, parquet = tmp_path / "run.csv", tmp_path / "run.parquet"
    assert export_run(made.folder, plain) == export_run(made.folder, parquet) == len(dataset.items)
    table, columns = pd.read_csv(plain), pd.read_parquet(parquet)
    assert list(table["id"]) == list(columns["id"]) == [item.id for item in dataset.items]
    assert json.loads(table["gold"][0]) == list(columns["gold"][0]) == ["pumps water", "water"]
    assert table["F1"].mean() == pytest.approx(value(made, "F1"), abs=1e-6)
    assert columns["F1"].tolist() == pytest.approx(table["F1"].tolist())
    assert {path.stat().st_mode & 0o777 for path in (plain, parquet)} == {0o600}, "they quote documents"


def test_no_text_of_a_table_is_a_formula(tmp_path: Path) -> None:
    asked = {"id": "=1+1", "question": '=HYPERLINK("x")', "answers": [{"text": "-5", "answer_start": 0}]}
    (tmp_path / "sums.json").write_text(
        json.dumps({"data": [{"title": "t", "paragraphs": [{"context": "-5 it is.", "qas": [asked]}]}]})
    )
    made = evaluate(load_dataset(tmp_path / "sums.json"), task="qa", out=tmp_path, harness=HARNESS)
    export_run(made.folder, tmp_path / "run.csv")
    cells = [cell for row in csv.reader((tmp_path / "run.csv").read_text().splitlines()) for cell in row]
    assert {"'=1+1", '\'=HYPERLINK("x")', '["-5"]'} <= set(cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def test_an_export_for_ragas_is_imported_again(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, made = town
    target = tmp_path / "samples.json"
    export_run(made.folder, target)
    samples = json.loads(target.read_text())
    assert set(samples[0]) == {"user_input", "response", "retrieved_contexts", "reference", "reference_contexts"}
    assert (samples[0]["user_input"], samples[0]["reference"]) == ("What does Alpha do in the old town?", "pumps water")
    assert any("Alpha pumps water" in context for context in samples[0]["retrieved_contexts"])
    assert [sample["reference"] is None for sample in samples] == [not item.answerable for item in dataset.items]
    again = import_run(target, dataset, task="qa", out=tmp_path, harness=HARNESS)
    for name in ("answered", "refusal_recall"):  # of a text alone, the sentences are the statements
        assert value(again, name) == value(made, name), name
    export_run(made.folder, tmp_path / "samples.jsonl")
    assert [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()] == samples


def test_rankings_are_exported_by_name_and_by_trecs_files(mini: tuple[Path, Dataset, Run], tmp_path: Path) -> None:
    folder, dataset, made = mini
    export_run(made.folder, tmp_path / "a.jsonl")
    first = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[0])
    assert (first["retrieved_context_ids"][0], first["reference_context_ids"]) == ("d1", ["d1"])
    again = import_run(made.folder / "run.trec", dataset, out=tmp_path, harness=HARNESS)
    assert {n: f["value"] for n, f in again.metrics["metrics"].items()} == {
        n: f["value"] for n, f in made.metrics["metrics"].items()
    }
    (folder / "qrels.tsv").rename(folder / "kept.tsv")
    (folder / "qrels.trec").write_text((made.folder / "qrels.trec").read_text())
    assert [item.relevant for item in load_dataset(folder).items] == [item.relevant for item in dataset.items]
    (folder / "kept.tsv").rename(folder / "qrels.tsv")
    (tmp_path / "bad.trec").write_text("q1 Q0 d1 1 high bm25\n")
    with pytest.raises(ReplyError, match="line 1 is none of a TREC run: query, Q0, document, rank, score and tag"):
        import_run(tmp_path / "bad.trec", dataset, out=tmp_path, harness=HARNESS)


def test_a_query_for_which_nothing_was_found_has_no_line_in_a_run_of_trec(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path))
    made = evaluate(dataset, lambda query: [] if "grain" in query else ["d1"], name="x", out=tmp_path, harness=HARNESS)
    told: list[str] = []
    path = made.folder / "run.trec"
    again = import_run(path, dataset, out=tmp_path, callbacks=Callbacks(reading=told.append), harness=HARNESS)
    assert [record["ranking"] for record in again.records] == [record["ranking"] for record in made.records]
    assert told[1:] == [f"{path}: has no line for 1 queries, such as q2: nothing was found for them"]
    with pytest.raises(ReplyError, match="has no answer in"):
        import_run(lines(tmp_path / "a.jsonl", [{"id": "q1", "ranking": []}]), dataset, out=tmp_path, harness=HARNESS)


def test_exports_that_cannot_be_made(mini: tuple[Path, Dataset, Run], run: Command, tmp_path: Path) -> None:
    folder = mini[2].folder
    fails(run("export", folder, "run.txt"), "run.txt: a run is exported to a file that ends in .csv, .parquet, .json")
    fails(run("export", folder, "missing/run.csv"), "run.csv")
    fails(run("export", tmp_path, "run.csv"), "holds no run")
    assert run("export", folder, "run.csv", "--json").json == {"run": str(folder), "file": "run.csv", "questions": 3}
    with pytest.raises(RunError, match="cannot be written"):
        export_run(folder, tmp_path / "missing" / "run.json")


def sample(number: int, doc: dict[str, Any], *responses: Any, **more: Any) -> dict[str, Any]:
    """A line of lm-eval's samples."""
    resps = [[response] for response in responses]
    return {"doc_id": number, "doc": doc, "target": "x", "resps": resps, "filtered_resps": list(responses), **more}


def test_samples_of_lm_eval(tmp_path: Path) -> None:
    rows = [
        {"question": "is alpha old", "title": "Alpha", "passage": "Alpha is old.", "answer": True},
        {"question": "is alpha red", "title": "Alpha", "passage": "Alpha is old.", "answer": False},
    ]
    dataset = load_dataset(lines(tmp_path / "boolq.jsonl", rows))
    choices = {f"gen_args_{n}": {"arg_0": "Alpha is old.", "arg_1": text} for n, text in enumerate((" no", " yes"))}
    likely = sample(0, rows[0], [-4.5, "False"], ["-0.5", "True"], arguments=choices)
    path = lines(tmp_path / "samples_boolq.jsonl", [likely, sample(1, {"question": "Is alpha RED"}, "no")])
    made = import_run(path, dataset, out=tmp_path, harness=HARNESS)
    assert value(made, "EM") == 1.0
    with pytest.raises(ReplyError, match="answer 1: filtered_resps holds neither a text nor the likelihoods"):
        import_run(lines(path, [sample(0, rows[0], [-1.0, "x"])]), dataset, out=tmp_path, harness=HARNESS)
    filtered = [sample(0, rows[0], "yes", filter=name) for name in ("strict-match", "flexible-extract")]
    with pytest.raises(
        ReplyError, match=r"by several filters \(strict-match, flexible-extract\): keep the lines of one"
    ):
        import_run(lines(path, filtered), dataset, out=tmp_path, harness=HARNESS)


def test_answers_that_fit_no_question_or_several_are_named(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, _ = town
    for rows, reason in (
        ([{"user_input": "Who?", "response": "x"}], "'Who?' is no question of town"),
        ([{"response": "x"}], "answer 1 has no id, and no question either"),
        ([{"user_input": "Who built the pump?", "response": "x"}] * 2, "answer 2 is answered twice"),
    ):
        with pytest.raises(ReplyError, match=reason.replace("?", r"\?")):
            import_run(lines(tmp_path / "a.jsonl", rows), dataset, out=tmp_path, harness=HARNESS)
    same = [{"question": "What?", "passage": text, "answer": True} for text in ("Alpha.", "Beta.")]
    twice = load_dataset(lines(tmp_path / "same.jsonl", same))
    rows = [{"user_input": "What?", "response": "yes"}]
    with pytest.raises(ReplyError, match="the dataset asks this several times: give ids"):
        import_run(lines(tmp_path / "a.jsonl", rows), twice, out=tmp_path, harness=HARNESS)


def test_what_is_read_of_a_file_of_answers_is_told_in_a_line(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, _ = town
    rows = [{"id": item.id, "response": "water", "citations": [], "score": 3} for item in dataset.items]
    rows[0] |= {"confidence": 0.5, "citations": [next(iter(dataset.documents))], "response": ""}
    told: list[str] = []
    callbacks = Callbacks(reading=told.append)
    made = import_run(
        lines(tmp_path / "a.jsonl", rows), dataset, task="qa", out=tmp_path, callbacks=callbacks, harness=HARNESS
    )
    count = len(rows)
    assert told == [
        f"read {count} answers: {count - 1} with a text, 1 with confidence, 1 with citations; ignored: score"
    ]
    assert value(made, "hit@1") < 1
    bare = [{"id": item.id, "text": "water"} for item in dataset.items]
    made = import_run(lines(tmp_path / "b.jsonl", bare), dataset, task="qa", out=tmp_path, harness=HARNESS)
    figures = made.metrics["metrics"]
    assert "F1" in figures
    assert not {"ECE", "AURC", "AUROC", "hit@1", "citation_precision", "character_recall"} & set(figures)
    assert 'data-label="confidence"' not in (made.folder / "report.html").read_text()


@pytest.mark.parametrize("name", ["text", "answer", "response"])
@pytest.mark.parametrize("contexts", ["retrieved_contexts", "retrieved_context"])
def test_contexts_are_read_beside_whatever_field_has_the_text(
    town: tuple[Dataset, Run], tmp_path: Path, name: str, contexts: str
) -> None:
    dataset, _ = town
    found = [document.text for document in dataset.documents.values()]
    rows = [{"id": None, "user_input": own.question, name: "Water [1].", contexts: found} for own in dataset.items]
    told: list[str] = []
    callbacks = Callbacks(reading=told.append)
    made = import_run(
        lines(tmp_path / "a.jsonl", rows), dataset, task="qa", out=tmp_path, callbacks=callbacks, harness=HARNESS
    )
    count = len(rows)
    assert told == [f"read {count} answers: {count} with a text, 0 with confidence, {count} with citations"]
    assert [own["quote"] for own in made.records[0]["answer"]["citations"]] == found


def test_of_several_texts_in_a_line_the_first_is_read_and_the_others_are_told(
    town: tuple[Dataset, Run], tmp_path: Path
) -> None:
    dataset, _ = town
    rows = [{"id": item.id, "response": "wine", "answer": "beer", "text": "water"} for item in dataset.items]
    told: list[str] = []
    callbacks = Callbacks(reading=told.append)
    made = import_run(
        lines(tmp_path / "a.jsonl", rows), dataset, task="qa", out=tmp_path, callbacks=callbacks, harness=HARNESS
    )
    assert made.records[0]["answer"]["text"] == "water"
    assert told[0].endswith("; ignored: response, answer")


def test_contexts_that_no_marker_numbers_were_found_and_not_cited(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, _ = town
    contexts = [document.text for document in dataset.documents.values()]

    def imported(response: str) -> tuple[str, set[str]]:
        rows = [
            {"user_input": item.question, "response": response, "retrieved_contexts": contexts}
            for item in dataset.items
        ]
        told: list[str] = []
        callbacks = Callbacks(reading=told.append)
        made = import_run(
            lines(tmp_path / "a.jsonl", rows), dataset, task="qa", out=tmp_path, callbacks=callbacks, harness=HARNESS
        )
        return told[0], {"hit@1", "citation_precision", "word_F1"} & set(made.metrics["metrics"])

    count = len(dataset.items)
    read = f"read {count} answers: {count} with a text, 0 with confidence"
    assert imported("Alpha pumps water.") == (f"{read}, 0 with citations", {"hit@1"})
    told, figures = imported("Alpha pumps water [1].")
    assert told == f"{read}, {count} with citations"
    assert {"hit@1", "citation_precision"} <= figures


def test_a_file_of_answers_without_one_text_is_refused(town: tuple[Dataset, Run], tmp_path: Path) -> None:
    dataset, _ = town
    rows = [{"id": item.id, "prediction": "water"} for item in dataset.items]
    reason = f"none of its {len(rows)} answers has a text: give it as text or answer; ignored: prediction"
    with pytest.raises(ReplyError, match=reason):
        import_run(lines(tmp_path / "a.jsonl", rows), dataset, out=tmp_path, harness=HARNESS)
    refused = [{"id": item.id, "text": None} for item in dataset.items]
    assert value(import_run(lines(tmp_path / "b.jsonl", refused), dataset, out=tmp_path, harness=HARNESS), "EM") >= 0
