"""Small evaluations, checked by hand: every task with Refdesk's own systems and with callables; options; the report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import (
    beir,
    claims,
    opened,
    plotting_harness,
    squad,
    unplotted,
    value,
    visitors,
    word_harness,
    word_models,
)
from fakes import filled

from documents.document import Document
from qa import evaluation, settings
from qa.evaluation import (
    DatasetError,
    Harness,
    RunError,
    SystemChoiceError,
    distractor_documents,
    load_dataset,
)
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.runs.check import check_run

HARNESS = word_harness()
evaluate = partial(evaluation.evaluate, harness=HARNESS)
replay = partial(evaluation.replay, harness=HARNESS)


def test_open_qa_from_a_squad_file(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path / "runs")
    assert run.folder == tmp_path / "runs" / "town-qa-default"
    by_id = {record["id"]: record for record in run.records}
    assert len(by_id) == run.metrics["items"] == 7
    said = {key: record["answer"]["statements"][0]["text"] for key, record in by_id.items() if record["said"]}
    assert said["Pumps-0-0"].startswith("Alpha pumps water into the old town. ")
    assert "The granary holds 300 tons of wheat." in said["Grain-0-1"]
    assert "Grain-0-2" not in said  # no sentence mentions a bird
    candidate = by_id["Grain-0-2"]["answer"]
    assert (candidate["kind"], candidate["statements"] != []) == ("answer", True)
    assert candidate["confidence"] < run.config["threshold"] == 0.5
    assert value(run, "hit@5") == 1.0
    assert value(run, "citations_hold") == 1.0
    assert value(run, "citation_precision") == value(run, "citation_recall") == 1.0
    assert value(run, "refusal_recall") == pytest.approx(
        sum(record["metrics"].get("refusal_recall", 0) for record in run.records) / 2
    )
    assert {"AUROC", "AURC", "coverage@80%", "ECE", "NoAns_F1", "character_recall"} <= run.metrics["metrics"].keys()
    for figure in run.metrics["metrics"].values():
        assert 0 <= figure["value"] <= 1
    assert set(run.metrics["timing"]) == {"p50", "p90", "p99", "questions_per_second", "overhead"}


def test_reading_reads_the_passage_and_refuses_only_where_some_questions_are_unanswerable(
    tmp_path: Path,
) -> None:
    both = load_dataset(squad(tmp_path))
    refusing = evaluate(both, out=tmp_path)
    assert (refusing.config["task"], refusing.config["threshold"]) == ("reading", 0.5)
    for record in refusing.records:
        assert {citation["document"] for citation in record["answer"]["citations"]} <= {*_paragraph(both, record["id"])}
    answerable = load_dataset(squad(tmp_path, unanswerable=False, name="v1.json"))
    reading = evaluate(answerable, out=tmp_path)
    assert reading.config["threshold"] == 0.0
    assert value(reading, "answered") == 1.0
    assert value(reading, "EM") == value(reading, "EM_forced")
    assert value(reading, "F1") == value(reading, "F1_forced")


def _paragraph(dataset: Any, key: str) -> list[str]:
    item = next(item for item in dataset.items if item.id == key)
    return [dataset.documents[name].id for name in item.relevant]


@pytest.mark.parametrize("system", ["default", "bm25", "dense", "hybrid"])
def test_retrieval_from_a_beir_folder(tmp_path: Path, system: str) -> None:
    run = evaluate(load_dataset(beir(tmp_path)), system, out=tmp_path)
    assert run.config["task"] == "retrieval"
    assert run.records[0]["ranking"][0][0] == "d1"
    assert value(run, "P@1") == 1.0
    if system == "bm25":  # finds only documents that share a word, so q2 does not find d4
        assert [name for name, _ in run.records[1]["ranking"]] == ["d2"]
        assert value(run, "Recall@100") == pytest.approx((1 + 1 / 2 + 1) / 3)
    else:
        assert value(run, "Recall@100") == 1.0
    lines = (run.folder / "run.trec").read_text().splitlines()
    assert lines[0].split()[:4] == ["q1", "Q0", "d1", "1"]
    assert len(lines) == sum(len(record["ranking"]) for record in run.records)
    scores = [float(line.split()[4]) for line in lines if line.startswith("q3 ")]
    assert scores == sorted(scores, reverse=True)


def test_support_of_claims(tmp_path: Path) -> None:
    run = evaluate(load_dataset(claims(tmp_path)), "coverage", out=tmp_path)
    assert run.config["task"] == "support"
    assert value(run, "AUROC") == 1.0
    assert value(run, "recall@90%precision") == 1.0
    reranked = evaluate(load_dataset(claims(tmp_path)), "reranker", out=tmp_path)
    assert reranked.records[0]["score"] == pytest.approx(0.731, abs=1e-3)
    assert reranked.config["models"] == {"reranker": "shared-words@1"}


def test_the_default_system_for_claims_is_the_verifier_of_written_answers(tmp_path: Path) -> None:
    run = evaluate(load_dataset(claims(tmp_path)), out=tmp_path)
    scores = [record["score"] for record in run.records]
    assert scores[0] >= 0.99  # word for word
    assert value(run, "AUROC") >= 0.9
    assert all(0 <= score <= 1 for score in scores)
    assert run.config["models"]["verifier"].endswith("+shared-words@1")


def test_distractors_are_indexed_among_the_datasets_documents(tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "same.txt").write_text("Beta stores grain for the winter.")
    (tmp_path / "others" / "more.txt").write_text("Alpha pumps water, Alpha pumps water.")
    (tmp_path / "others" / "empty.txt").write_text("")
    distractors, unread = distractor_documents([tmp_path / "others"])
    assert [str(tmp_path / "others" / "empty.txt") in reason for reason in unread] == [True]
    dataset = load_dataset(beir(tmp_path))
    run = evaluate(dataset, out=tmp_path / "runs", distractors=distractors)
    assert (run.config["distractors"], run.config["index"]["documents"]) == (
        2,
        5,
    )  # one of the three has the text of a document of the dataset
    assert "distractors/more.txt" in [name for name, _ in run.records[0]["ranking"]]
    evaluate(dataset, out=tmp_path / "runs")
    assert len(list((tmp_path / "runs" / "indexes").iterdir())) == 2


def test_runs_share_one_index(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    evaluate(dataset, task="qa", out=tmp_path / "runs")
    models = word_models()
    harness = Harness(load=lambda *_: models, resamples=50, plots=unplotted)
    evaluate(dataset, task="retrieval", out=tmp_path / "runs", limit=2, harness=harness)
    assert models.embedder.embedded == []  # type: ignore[attr-defined]


def test_an_existing_index_can_be_asked(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    path = tmp_path / "qa.jsonl"
    path.write_text(json.dumps({"question": "Beta stores what?", "answer": ["grain"]}) + "\n")
    chosen = settings.read(embedder="words")
    run = evaluate(load_dataset(path), out=tmp_path / "runs", index=desk.store.folder, settings=chosen)
    assert run.records[0]["answer"]["citations"][0]["source"] == desk.path("b.txt")
    assert run.records[0]["metrics"]["citations_hold"] == 1.0
    assert check_run(run.folder).problems == []
    with pytest.raises(DatasetError, match="--corpus PATH, or an index with --index"):
        evaluate(load_dataset(path), out=tmp_path / "runs")


@pytest.mark.parametrize(
    ("task", "system", "reason"),
    [
        ("qa", "hybrid", "no system hybrid for the task qa"),
        ("qa", "closed-book", "closed-book"),
        ("reading", "nothing", "no system nothing"),
    ],
)
def test_an_unknown_system_is_refused(tmp_path: Path, task: str, system: str, reason: str) -> None:
    with pytest.raises(SystemChoiceError, match=reason):
        evaluate(load_dataset(squad(tmp_path)), system, task=task, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_dataset_that_does_not_fit_the_task_is_refused(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path))
    for task in ("qa", "reading", "support"):
        with pytest.raises(DatasetError, match=f"cannot be used for the task {task}"):
            evaluate(dataset, task=task, out=tmp_path)
    with pytest.raises(DatasetError, match="there is no task dance"):
        evaluate(dataset, task="dance", out=tmp_path)


def test_options_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    dataset, distractors = load_dataset(squad(tmp_path)), {"x": Document("Some text.")}
    for options in ({"task": "reading"}, {"task": "qa", "index": tmp_path / "index"}):
        with pytest.raises(SystemChoiceError, match="distractors cannot be added"):
            evaluate(dataset, out=tmp_path, distractors=distractors, **options)  # type: ignore[arg-type]
    with pytest.raises(SystemChoiceError, match="at least 1"):
        evaluate(dataset, out=tmp_path, limit=0)


def test_a_question_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    path = squad(tmp_path)
    path.write_text(path.read_text().replace("Who built the pump?", "Who built the pump? " * 200))
    run = evaluate(load_dataset(path), task="qa", out=tmp_path)
    record = next(record for record in run.records if record["id"] == "Pumps-0-1")
    assert (record["said"], record["metrics"]["HasAns_EM"]) == (False, 0.0)


def test_a_callable_gets_the_arguments_of_its_task(tmp_path: Path) -> None:
    calls: list[tuple[Any, ...]] = []

    def spy(said: object) -> Callable[..., object]:
        def system(*arguments: object) -> object:
            calls.append(arguments)
            return said

        return system

    dataset = load_dataset(squad(tmp_path))
    first = dataset.items[0]
    for task, said in (("qa", None), ("reading", None), ("retrieval", [])):
        evaluate(dataset, spy(said), task=task, name="spy", out=tmp_path)
        assert calls[0] == (first.question, dataset.documents["Pumps/1"].text)[: len(calls[0])]
        assert len(calls[0]) == (2 if task == "reading" else 1)
        calls.clear()
    support = load_dataset(claims(tmp_path))
    evaluate(support, spy(0.5), name="spy", out=tmp_path)
    assert calls[0] == (support.items[0].question, list(support.items[0].evidence))


def test_a_callable_decides_itself_what_it_answers(tmp_path: Path) -> None:
    def oracle(question: str) -> object:
        return ("Beta stores grain for the winter.[1]", ["Grain/1"], 0.01) if "Beta" in question else None

    run = evaluate(load_dataset(squad(tmp_path)), oracle, task="qa", out=tmp_path)
    assert (run.folder.name, run.config["own"], run.config["threshold"]) == ("town-qa-oracle", False, None)
    assert value(run, "answered") == pytest.approx(1 / 7)
    assert value(run, "NoAns_EM") == 1.0
    with pytest.raises(RunError, match="oracle is not Refdesk's own system"):
        replay(run, load_dataset(squad(tmp_path)), {})


@pytest.mark.parametrize("make", [squad, beir, claims, visitors])
def test_the_report_is_one_self_contained_file(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    task = "qa" if make is squad else None
    run = evaluate(load_dataset(make(tmp_path)), task=task, out=tmp_path, harness=plotting_harness())
    page = (run.folder / "report.html").read_text("utf-8")
    assert not re.search(r"<link|<img|@import|src=|url\(\s*['\"]?http|fetch\(", page)
    assert "by bootstrap over" in page
    assert "exact where fewer than 30 independent questions score 0 or 1" in page
    assert page.count("<script") == 1  # which filters the table of questions
    assert not [link for link in re.findall(r"href=\"([^\"]*)", page) if not link.startswith("#")]
    assert page.count("<svg ") == {squad: 3, visitors: 4}.get(make, 2)
    assert "var(--ink)" in page
    assert "#010101" not in page
    for name in run.metrics["metrics"]:
        assert f"<td>{name}</td>" in page
    ids = re.findall(r"\bid=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page)) <= set(ids)


def test_the_report_lists_every_question_with_its_outcome(tmp_path: Path) -> None:
    def system(question: str) -> object:
        if "river" in question:
            raise ConnectionError("nobody there")
        said = {"Beta": "grain", "tons": "300", "pump?": "a smith", "moon": "an owl"}
        return next((answer for word, answer in said.items() if word in question), None)

    run = evaluate(load_dataset(squad(tmp_path)), system, name="s", task="qa", out=tmp_path)
    page = (run.folder / "report.html").read_text("utf-8")
    listed = page[page.index('<div class="questions">') :]
    rows = re.findall(r'<details data-kind="(\w+)".*?<small>([\w-]+)</small></span>', listed, re.DOTALL)
    assert [kind for kind, _ in rows] == ["wrong", "wrong", "refused", "failed", "right", "right", "right"]
    found = {identity: kind for kind, identity in rows}
    assert found == {
        "Pumps-0-0": "refused", "Pumps-0-1": "wrong", "Pumps-0-2": "right", "Pumps-1-0": "failed",
        "Grain-0-0": "right", "Grain-0-1": "right", "Grain-0-2": "wrong",
    }  # fmt: skip
    assert '<option value="right">right (3)</option>' in page


def test_the_report_tells_of_each_question_what_became_of_its_evidence(tmp_path: Path) -> None:
    others, first, second = ("Pumps/1", 0, 36), ("Grain/1", 0, 33), ("Grain/1", 34, 70)

    def system(question: str) -> object:
        said = {
            "Beta": {"text": "grain[1]", "citations": [first], "passages": [others, first]},
            "tons": {"text": "grain[1]", "citations": [first], "passages": [second]},
        }
        return next((answer for word, answer in said.items() if word in question), {"text": "", "passages": [others]})

    run = evaluate(load_dataset(squad(tmp_path)), system, name="s", task="qa", out=tmp_path)
    assert opened(run, "Grain-0-0")[-4:] == [
        "gold", "grain", "evidence: found at place 2 to 3, read and cited", "Beta stores grain for the winter.",
    ]  # fmt: skip
    assert "evidence: found first, not read" in opened(run, "Grain-0-1")
    assert "evidence: not found among 15" in opened(run, "Pumps-0-1")
    assert opened(run, "Grain-0-2")[-1] == "no answer in these documents"


def test_the_report_tells_nothing_of_reading_where_the_system_never_cites(tmp_path: Path) -> None:
    said = {"text": "grain", "passages": [("Grain/1", 0, 33)]}
    run = evaluate(load_dataset(squad(tmp_path)), lambda _: said, name="s", task="qa", out=tmp_path)
    assert "evidence: found first" in opened(run, "Grain-0-0")


def test_the_report_escapes_text(tmp_path: Path) -> None:
    path = squad(tmp_path)
    path.write_text(path.read_text().replace("Who built the pump?", "Who built <b>the</b> pump & <script>?"))
    run = evaluate(load_dataset(path), lambda _: ("<i>Alpha</i>", []), name="<x>", task="qa", out=tmp_path)
    page = (run.folder / "report.html").read_text("utf-8")
    assert page.count("<script") == 1
    assert "&lt;script&gt;" in page
    assert "&lt;i&gt;Alpha&lt;/i&gt;" in page
    assert run.folder.name == "town-qa-x"


def test_distractors_come_from_benchmark_files_and_from_documents(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (tmp_path / "a.txt").write_text("Some text.")
    found, _ = distractor_documents([folder, folder / "corpus.jsonl", squad(tmp_path), tmp_path / "a.txt"])
    assert sorted(name.split("/")[0] for name in found) == sorted(
        ["mini"] * 4 + ["corpus.jsonl"] * 4 + ["town.json"] * 3 + ["a.txt"]
    )
    assert set(distractor_documents([folder])[0]) == {"d1", "d2", "d3", "d4"}
    with pytest.raises(DatasetError, match="nowhere"):
        distractor_documents([tmp_path / "nowhere"])


def test_a_sample_is_determined_by_the_seed_and_keeps_the_order(tmp_path: Path) -> None:
    items = load_dataset(squad(tmp_path)).items
    chosen = sample(items, 4, 1)
    assert [item.id for item in chosen] == [item.id for item in items if item in chosen]
    assert chosen == sample(items, 4, 1)
    assert len({tuple(item.id for item in sample(items, 4, seed)) for seed in range(9)}) > 1
    assert sample(items, 99, 1) == list(items)
