"""Whole runs, small enough to be checked by hand: every task, resuming, replaying, other systems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import beir, claims, squad, word_models
from fakes import filled

from documents.document import Document
from qa import compose
from qa.evaluation import (
    DatasetError,
    Listener,
    Progress,
    ReplyError,
    Run,
    RunError,
    SystemChoiceError,
    compare,
    distractor_documents,
    evaluate,
    import_run,
    load_dataset,
    replay,
    summary,
)
from qa.evaluation.datasets import sample
from qa.evaluation.runs import ANSWERS, TEXTS, check_run

LISTENER = Listener()


@pytest.fixture(autouse=True)
def _word_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refdesk's own systems with models that count words."""
    monkeypatch.setattr(compose, "load_models", lambda *_: word_models())
    monkeypatch.setattr(summary, "RESAMPLES", 200)


def value(run: Run, name: str) -> float:
    return run.metrics["metrics"][name]["value"]  # type: ignore[no-any-return]


def untimed(run: Run) -> list[dict[str, Any]]:
    records = json.loads(json.dumps(Run.open(run.folder).records))
    for record in records:
        record["seconds"] = 0
        if "answer" in record:
            record["answer"]["timings_ms"] = {}
    return records  # type: ignore[no-any-return]


# --- the tasks, with Refdesk's own systems ---


def test_open_qa_from_a_squad_file(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path / "runs")
    assert run.folder == tmp_path / "runs" / "town-qa-default"
    by_id = {record["id"]: record for record in run.records}
    assert len(by_id) == run.metrics["items"] == 7
    said = {key: record["answer"]["statements"][0]["text"] for key, record in by_id.items() if record["said"]}
    assert said["Pumps-0-0"] == "Alpha pumps water into the old town."
    assert said["Grain-0-1"] == "The granary holds 300 tons of wheat."
    assert "Grain-0-2" not in said  # the bird is in no sentence
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


def test_reading_gives_the_passage_and_refuses_only_where_the_dataset_has_it(tmp_path: Path) -> None:
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
    if system == "bm25":  # only what shares a word: q2 finds d4 not
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


def test_the_default_system_for_claims_is_the_verifier_that_answers_are_checked_with(tmp_path: Path) -> None:
    run = evaluate(load_dataset(claims(tmp_path)), out=tmp_path)
    scores = [record["score"] for record in run.records]
    assert scores[0] >= 0.99  # word for word
    assert value(run, "AUROC") >= 0.9
    assert all(0 <= score <= 1 for score in scores)
    assert run.config["models"]["verifier"].endswith("+shared-words@1")


def test_documents_that_no_question_is_about_are_indexed_among_the_others(tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "same.txt").write_text("Beta stores grain for the winter.")
    (tmp_path / "others" / "more.txt").write_text("Alpha pumps water, Alpha pumps water.")
    (tmp_path / "others" / "empty.txt").write_text("")
    distractors, unread = distractor_documents([tmp_path / "others"])
    assert [str(tmp_path / "others" / "empty.txt") in reason for reason in unread] == [True]
    dataset = load_dataset(beir(tmp_path))
    run = evaluate(dataset, out=tmp_path / "runs", distractors=distractors)
    assert (run.config["distractors"], run.config["index"]["documents"]) == (2, 5)  # one is the dataset's own text
    assert "distractors/more.txt" in [name for name, _ in run.records[0]["ranking"]]
    evaluate(dataset, out=tmp_path / "runs")
    assert len(list((tmp_path / "runs" / "indexes").iterdir())) == 2


def test_distractors_of_every_kind(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (tmp_path / "a.txt").write_text("Some text.")
    found, _ = distractor_documents([folder, folder / "corpus.jsonl", squad(tmp_path), tmp_path / "a.txt"])
    assert sorted(name.split("/")[0] for name in found) == sorted(
        ["mini"] * 4 + ["corpus.jsonl"] * 4 + ["town.json"] * 3 + ["a.txt"]
    )
    assert set(distractor_documents([folder])[0]) == {"d1", "d2", "d3", "d4"}
    with pytest.raises(DatasetError, match="nowhere"):
        distractor_documents([tmp_path / "nowhere"])


def test_an_index_is_made_once_for_all_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load_dataset(squad(tmp_path))
    evaluate(dataset, task="qa", out=tmp_path / "runs")
    models = word_models()
    monkeypatch.setattr(compose, "load_models", lambda *_: models)
    evaluate(dataset, task="retrieval", out=tmp_path / "runs", limit=2)
    assert models.embedder.embedded == []  # type: ignore[attr-defined]


def test_an_existing_index_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = filled(tmp_path)
    monkeypatch.setattr(compose, "embedder_of", lambda _: "words")
    path = tmp_path / "qa.jsonl"
    path.write_text(json.dumps({"question": "Beta stores what?", "answer": ["grain"]}) + "\n")
    run = evaluate(load_dataset(path), out=tmp_path / "runs", index=desk.store.folder)
    assert run.records[0]["answer"]["citations"][0]["source"] == desk.path("b.txt")
    assert run.records[0]["metrics"]["citations_hold"] == 1.0
    assert check_run(run.folder).problems == []
    with pytest.raises(DatasetError, match="--corpus PATH, or an index with --index"):
        evaluate(load_dataset(path), out=tmp_path / "runs")


# --- what is wrong is told ---


@pytest.mark.parametrize(
    ("task", "system", "reason"),
    [
        ("qa", "bm25", "no system bm25 for the task qa"),
        ("qa", "closed-book", "closed-book"),
        ("reading", "nothing", "no system nothing"),
    ],
)
def test_a_system_that_there_is_not(tmp_path: Path, task: str, system: str, reason: str) -> None:
    with pytest.raises(SystemChoiceError, match=reason):
        evaluate(load_dataset(squad(tmp_path)), system, task=task, out=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_dataset_that_a_task_cannot_use(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path))
    for task in ("qa", "reading", "support"):
        with pytest.raises(DatasetError, match=f"cannot be used for the task {task}"):
            evaluate(dataset, task=task, out=tmp_path)
    with pytest.raises(DatasetError, match="there is no task dance"):
        evaluate(dataset, task="dance", out=tmp_path)


def test_a_question_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    path = squad(tmp_path)
    path.write_text(path.read_text().replace("Who built the pump?", "Who built the pump? " * 200))
    run = evaluate(load_dataset(path), task="qa", out=tmp_path)
    record = next(record for record in run.records if record["id"] == "Pumps-0-1")
    assert (record["said"], record["metrics"]["HasAns_EM"]) == (False, 0.0)


# --- any other system ---


def test_another_system_is_called_with_what_its_task_gives(tmp_path: Path) -> None:
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


def test_another_system_decides_itself_what_it_answers(tmp_path: Path) -> None:
    def oracle(question: str) -> object:
        return ("Beta stores grain for the winter.[1]", ["Grain/1"], 0.01) if "Beta" in question else None

    run = evaluate(load_dataset(squad(tmp_path)), oracle, task="qa", out=tmp_path)
    assert (run.folder.name, run.config["own"], run.config["threshold"]) == ("town-qa-oracle", False, None)
    assert value(run, "answered") == pytest.approx(1 / 7)
    assert value(run, "NoAns_EM") == 1.0
    with pytest.raises(RunError, match="oracle is not Refdesk's own system"):
        replay(run, load_dataset(squad(tmp_path)), {}, LISTENER)


def test_what_cannot_be_scored_names_the_question_and_keeps_what_was_done(tmp_path: Path) -> None:
    answers = iter([None, None, 7])
    with pytest.raises(ReplyError, match="question Pumps-0-2: int is no answer"):
        evaluate(load_dataset(squad(tmp_path)), lambda _: next(answers), name="x", task="qa", out=tmp_path)
    assert len(Run.open(tmp_path / "town-qa-x").records) == 2


def test_answers_from_a_file_score_as_those_of_the_run_they_come_from(tmp_path: Path) -> None:
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


def test_answers_from_a_prediction_file_of_squads_own_form(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    path = tmp_path / "predictions.json"
    golds = {item.id: item.answers[0].text if item.answers else "" for item in dataset.items}
    path.write_text(json.dumps(golds))
    run = import_run(path, dataset, name="gold", out=tmp_path)
    assert value(run, "EM") == value(run, "HasAns_F1") == value(run, "NoAns_F1") == 1.0
    assert run.metrics["timing"] == {}


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([{"id": "Pumps-0-0", "text": "a"}], "question Pumps-0-1 has no answer"),
        ([{"id": "nobody", "text": "a"}], "'nobody' is no question of town"),
        ([{"text": "a"}], "answer 1 has no id"),
        ([{"id": "Pumps-0-0", "text": "a"}] * 2, "is answered twice"),
        ([{"id": "Pumps-0-0", "text": "a", "seconds": "1"}], "seconds must be a number"),
    ],
)
def test_a_file_of_answers_that_does_not_fit(tmp_path: Path, lines: list[dict[str, Any]], reason: str) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(ReplyError, match=reason):
        import_run(path, load_dataset(squad(tmp_path)), out=tmp_path)


def test_rankings_and_scores_from_files(tmp_path: Path) -> None:
    path = tmp_path / "theirs.jsonl"
    path.write_text("".join(f'{{"id": "q{n}", "ranking": [["d{n}", 2.5], ["d4", 1]]}}\n' for n in (1, 2, 3)))
    assert value(import_run(path, load_dataset(beir(tmp_path)), out=tmp_path), "Recall@10") == 1.0
    dataset = load_dataset(claims(tmp_path))
    path.write_text("".join(json.dumps({"id": item.id, "score": len(item.id)}) + "\n" for item in dataset.items))
    assert value(import_run(path, dataset, out=tmp_path), "AUROC") == 0.5


# --- runs are the same again ---


def test_two_runs_are_the_same_timings_aside(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    first = evaluate(dataset, task="qa", out=tmp_path / "runs")
    second = evaluate(dataset, task="qa", out=tmp_path / "runs")
    assert second.folder.name == "town-qa-default-2"
    assert untimed(first) == untimed(second)
    assert {**first.metrics, "timing": 0} == {**second.metrics, "timing": 0}
    assert first.config == second.config
    for name in (TEXTS, "config.json"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 200])
def test_a_run_that_broke_off_anywhere_is_continued_to_the_same_end(tmp_path: Path, cut: int) -> None:
    dataset = load_dataset(squad(tmp_path))
    whole = evaluate(dataset, task="qa", out=tmp_path / "whole")
    run = evaluate(dataset, task="qa", out=tmp_path / "runs")
    lines = (run.folder / ANSWERS).read_bytes().splitlines(keepends=True)
    (run.folder / ANSWERS).write_bytes(b"".join(lines[:3]) + lines[3][: len(lines[3]) - 1 - cut])
    texts = (run.folder / TEXTS).read_bytes()
    (run.folder / TEXTS).write_bytes(texts[: texts.rfind(b"{") + 9])
    (run.folder / "metrics.json").unlink()
    told: list[Progress] = []
    again = evaluate(dataset, task="qa", out=tmp_path / "runs", resume=True, listener=Listener(asking=told.append))
    assert again.folder == run.folder
    assert [progress.done for progress in told] == [4, 5, 6, 7]
    assert told[-1].of == 7
    assert told[-1].mean == pytest.approx(value(again, "F1"), abs=1e-6)
    assert untimed(again) == untimed(whole)
    assert {**again.metrics, "timing": 0} == {**whole.metrics, "timing": 0}
    assert check_run(again.folder).problems == []


def test_a_finished_run_is_not_asked_again(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path, resume=True)
    before = (run.folder / ANSWERS).read_bytes()
    again = evaluate(dataset, task="qa", out=tmp_path, resume=True)
    assert (again.folder / ANSWERS).read_bytes() == before
    assert again.metrics == run.metrics


def test_of_two_datasets_of_one_name_each_run_is_continued(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    both = [load_dataset(squad(tmp_path)), load_dataset(squad(tmp_path / "other", unanswerable=False))]
    folders = [evaluate(dataset, task="qa", out=tmp_path / "runs", resume=True).folder for dataset in both]
    assert len(set(folders)) == 2
    assert [evaluate(d, task="qa", out=tmp_path / "runs", resume=True).folder for d in both] == folders


def test_a_folder_that_was_left_empty_is_no_hindrance(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    (tmp_path / "runs" / "town-qa-default").mkdir(parents=True)
    for resume in (True, False):
        run = evaluate(dataset, task="qa", out=tmp_path / "runs", resume=resume)
        assert run.folder.name in ("town-qa-default-2", "town-qa-default-3")


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (lambda records: records[:-1], "6 answers of 7"),
        (lambda _: [], "0 answers of 7"),
        (lambda records: records[:1] * 7, "7 answers of 7"),
    ],
    ids=["one is missing", "none is left", "one is repeated"],
)
def test_a_run_that_lacks_answers_is_not_taken_for_whole(
    tmp_path: Path, tamper: Callable[[list[str]], list[str]], complaint: str
) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines(keepends=True)
    (run.folder / ANSWERS).write_text("".join(tamper(lines)), "utf-8")
    for use in (
        lambda: replay(Run.open(run.folder), dataset, {}, LISTENER),
        lambda: check_run(run.folder),
        lambda: compare(Run.open(run.folder), run),
    ):
        with pytest.raises(RunError, match=complaint):
            use()


@pytest.mark.parametrize(
    ("field", "value"),
    [("signals", {"confidence": 1.0, "right": 1.0, "answerable": 1.0}), ("group", "another"), ("question", "Another?")],
)
def test_replay_compares_all_that_figures_are_made_of(tmp_path: Path, field: str, value: object) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    records = [json.loads(line) for line in (run.folder / ANSWERS).read_text("utf-8").splitlines()]
    records[2][field] = value
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert (replay(Run.open(run.folder), dataset, {}, LISTENER) or "").startswith(
        f"question {records[2]['id']}: {field}"
    )


def test_replay_sums_up_again(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    figures = run.metrics
    figures["metrics"]["F1"]["value"] = 0.999
    run.write_metrics(figures)
    found = replay(Run.open(run.folder), dataset, {}, LISTENER)
    assert (found or "").startswith("metrics.json.metrics.F1.value was 0.999")


def test_a_run_with_another_judge_says_so_and_is_not_continued_or_replayed(tmp_path: Path) -> None:
    def lenient(statement: str, premise: str) -> bool:  # noqa: ARG001
        return True

    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path, support=lenient)
    assert "lenient" in run.config["support"]
    with pytest.raises(RunError, match="support was"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)
    with pytest.raises(RunError, match="judged by"):
        replay(run, dataset, {}, LISTENER)


@pytest.mark.parametrize("damage", ["[]", '{"schema": 1}', '{"schema": 1, "dataset": 3}'])
def test_a_run_whose_configuration_was_changed_is_refused(tmp_path: Path, damage: str) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path)
    (run.folder / "config.json").write_text(damage)
    with pytest.raises(RunError, match=r"another version|was changed"):
        Run.open(run.folder)


@pytest.mark.parametrize("name", [ANSWERS, TEXTS])
@pytest.mark.parametrize("line", ["null", "5", '{"x": 1}'])
def test_a_line_that_refdesk_did_not_write_is_named(tmp_path: Path, name: str, line: str) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path)
    with (run.folder / name).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RunError, match=rf"{name}: line \d is not as Refdesk wrote it"):
        Run.open(run.folder)


def test_options_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    dataset, distractors = load_dataset(squad(tmp_path)), {"x": Document("Some text.")}
    for options in ({"task": "reading"}, {"task": "qa", "index": tmp_path / "index"}):
        with pytest.raises(SystemChoiceError, match="distractors cannot be added"):
            evaluate(dataset, out=tmp_path, distractors=distractors, **options)  # type: ignore[arg-type]
    with pytest.raises(SystemChoiceError, match="at least 1"):
        evaluate(dataset, out=tmp_path, limit=0)


def test_a_datasets_own_golds_are_perfect_predictions(tmp_path: Path) -> None:
    """Composed and decomposed letters, and a full stop within an answer, are no difference."""
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


def test_a_run_made_otherwise_is_not_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load_dataset(squad(tmp_path))
    evaluate(dataset, task="qa", out=tmp_path, limit=3)
    with pytest.raises(RunError, match=r"cannot be continued: items was 3, is now 7"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)
    monkeypatch.setattr(compose, "load_models", lambda *_: word_models(0.25))
    with pytest.raises(RunError, match=r"threshold was 0\.5, is now 0\.25"):
        evaluate(dataset, task="qa", out=tmp_path, limit=3, resume=True)


def test_replay_finds_everything_as_it_was_or_names_the_first_difference(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    for task in ("qa", "reading", "retrieval"):
        run = evaluate(dataset, task=task, out=tmp_path, limit=5, seed=3)
        assert replay(Run.open(run.folder), dataset, {}, LISTENER) is None
    run = evaluate(dataset, task="qa", out=tmp_path)
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines()
    record = json.loads(lines[4])
    record["answer"]["statements"][0]["text"] = "Tampered."
    lines[4] = json.dumps(record)
    (run.folder / ANSWERS).write_text("\n".join(lines) + "\n", "utf-8")
    found = replay(Run.open(run.folder), dataset, {}, LISTENER)
    assert found
    assert found.startswith(f'question {record["id"]}: answer.statements[0].text was "Tampered.", is now "')


def test_replay_names_other_models_and_refuses_another_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    other = load_dataset(squad(tmp_path, unanswerable=False))
    with pytest.raises(RunError, match="the dataset has changed"):
        replay(run, other, {}, LISTENER)
    monkeypatch.setattr(compose, "load_models", lambda *_: word_models(0.9))
    assert replay(run, dataset, {}, LISTENER) == "threshold was 0.5, is now 0.9"


def test_verify_finds_a_tampered_quote_and_a_tampered_text(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path)
    checked = check_run(run.folder)
    assert (checked.answers, checked.problems) == (7, [])
    assert checked.citations >= 7
    answers, texts = run.folder / ANSWERS, run.folder / TEXTS
    before = answers.read_text("utf-8")
    answers.write_text(before.replace("300 tons of wheat", "900 tons of wheat"), "utf-8")
    assert any("are not the quote" in row["problem"] for row in check_run(run.folder).problems)
    # With the text changed alike the offsets fit, but the text is not the one that its id names.
    texts.write_text(texts.read_text("utf-8").replace("300 tons of wheat", "900 tons of wheat"), "utf-8")
    assert any("is not in the run's texts" in row["problem"] for row in check_run(run.folder).problems)


def test_a_sample_is_the_same_for_a_seed_and_keeps_the_order(tmp_path: Path) -> None:
    items = load_dataset(squad(tmp_path)).items
    chosen = sample(items, 4, 1)
    assert [item.id for item in chosen] == [item.id for item in items if item in chosen]
    assert chosen == sample(items, 4, 1)
    assert len({tuple(item.id for item in sample(items, 4, seed)) for seed in range(9)}) > 1
    assert sample(items, 99, 1) == list(items)


# --- the run's folder ---


def test_a_folder_that_is_no_run_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no run \(config.json is missing\)"):
        Run.open(tmp_path)
    run = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path)
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines()
    (run.folder / ANSWERS).write_text("\n".join([lines[0], "{broken", *lines[1:]]) + "\n", "utf-8")
    with pytest.raises(RunError, match="line 2 is not JSON"):
        Run.open(run.folder)
    (run.folder / ANSWERS).unlink()
    (run.folder / "metrics.json").unlink()
    with pytest.raises(RunError, match="was not finished"):
        _ = Run.open(run.folder).metrics


def test_text_that_no_file_can_hold_is_kept_as_json_can(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), lambda _: "Half \ud83d of a pair.", name="x", task="qa", out=tmp_path)
    again = Run.open(run.folder)
    assert again.records == run.records
    assert "Half" in (run.folder / "report.html").read_text("utf-8")


def test_a_full_disk_is_one_line_and_the_run_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = load_dataset(squad(tmp_path))

    def full(question: str) -> object:
        if "grain" in question or "winter" in question:
            monkeypatch.setattr(Path, "open", no_space)
        return None

    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match="No space left on device"):
        evaluate(dataset, full, name="x", task="qa", out=tmp_path)
    monkeypatch.undo()
    assert len(Run.open(tmp_path / "town-qa-x").records) == 4
    run = evaluate(dataset, lambda _: None, name="x", task="qa", out=tmp_path, resume=True)
    assert run.metrics["items"] == 7


@pytest.mark.parametrize("make", [squad, beir, claims])
def test_the_report_is_one_file_that_needs_nothing_else(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    run = evaluate(load_dataset(make(tmp_path)), task="qa" if make is squad else None, out=tmp_path)
    page = (run.folder / "report.html").read_text("utf-8")
    assert not re.search(r"<script|<link|<img|@import|src=|url\(\s*['\"]?http", page)
    assert not [link for link in re.findall(r"href=\"([^\"]*)", page) if not link.startswith("#")]
    assert page.count("<svg ") == (3 if make is squad else 2)
    assert "var(--ink)" in page
    assert "#010101" not in page
    for name in run.metrics["metrics"]:
        assert f"<td>{name}</td>" in page
    ids = re.findall(r"\bid=\"([^\"]+)\"", page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page)) <= set(ids)


def test_a_report_shows_text_as_text(tmp_path: Path) -> None:
    path = squad(tmp_path)
    path.write_text(path.read_text().replace("Who built the pump?", "Who built <b>the</b> pump & <script>?"))
    run = evaluate(load_dataset(path), lambda _: ("<i>Alpha</i>", []), name="<x>", task="qa", out=tmp_path)
    page = (run.folder / "report.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;i&gt;Alpha&lt;/i&gt;" in page
    assert run.folder.name == "town-qa-x"
