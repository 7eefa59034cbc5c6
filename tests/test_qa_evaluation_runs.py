"""Run folders: repeated, resumed after an interruption, damaged, verified, replayed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from evaluation_data import squad, untimed, value, word_harness

from qa import evaluation
from qa.evaluation import Callbacks, Dataset, Run, RunError, RunProgress, compare, load_dataset
from qa.evaluation.runs.check import check_run
from qa.evaluation.runs.run import ANSWERS, TEXTS

HARNESS = word_harness()
evaluate = partial(evaluation.evaluate, harness=HARNESS)
replay = partial(evaluation.replay, harness=HARNESS)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    """A dataset, and the folder of a finished run of it, which stays as it is."""
    folder = tmp_path_factory.mktemp("town")
    dataset = load_dataset(squad(folder))
    return dataset, evaluate(dataset, task="qa", out=folder).folder


@pytest.fixture
def dataset(town: tuple[Dataset, Path]) -> Dataset:
    return town[0]


@pytest.fixture
def finished(town: tuple[Dataset, Path], tmp_path: Path) -> Run:
    """A finished run of the dataset, for a test that changes it."""
    return Run.open(shutil.copytree(town[1], tmp_path / town[1].name))


def test_two_runs_differ_only_in_timings(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    first = evaluate(dataset, task="qa", out=tmp_path / "runs")
    second = evaluate(dataset, task="qa", out=tmp_path / "runs")
    assert second.folder.name == "town-qa-default-2"
    assert untimed(first) == untimed(second)
    assert {**first.metrics, "timing": 0, "cost": 0} == {**second.metrics, "timing": 0, "cost": 0}
    assert first.config == second.config
    for name in (TEXTS, "config.json"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 200])
def test_a_run_interrupted_within_a_line_resumes_to_the_same_result(
    dataset: Dataset, finished: Run, tmp_path: Path, cut: int
) -> None:
    whole = finished
    run = evaluate(dataset, task="qa", out=tmp_path / "runs")
    lines = (run.folder / ANSWERS).read_bytes().splitlines(keepends=True)
    (run.folder / ANSWERS).write_bytes(b"".join(lines[:3]) + lines[3][: len(lines[3]) - 1 - cut])
    texts = (run.folder / TEXTS).read_bytes()
    (run.folder / TEXTS).write_bytes(texts[: texts.rfind(b"{") + 9])
    (run.folder / "metrics.json").unlink()
    told: list[RunProgress] = []
    again = evaluate(dataset, task="qa", out=tmp_path / "runs", resume=True, callbacks=Callbacks(asking=told.append))
    assert again.folder == run.folder
    assert [progress.done for progress in told] == [4, 5, 6, 7]
    assert told[-1].of == 7
    assert told[-1].mean == pytest.approx(value(again, "right"), abs=1e-6)
    assert untimed(again) == untimed(whole)
    assert {**again.metrics, "timing": 0, "cost": 0} == {**whole.metrics, "timing": 0, "cost": 0}
    assert check_run(again.folder).problems == []


def test_resuming_a_finished_run_asks_nothing(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path, resume=True)
    before = (run.folder / ANSWERS).read_bytes()
    again = evaluate(dataset, task="qa", out=tmp_path, resume=True)
    assert (again.folder / ANSWERS).read_bytes() == before
    assert again.metrics == run.metrics


def test_runs_of_two_datasets_with_the_same_name_resume_separately(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    both = [load_dataset(squad(tmp_path)), load_dataset(squad(tmp_path / "other", unanswerable=False))]
    folders = [evaluate(dataset, task="qa", out=tmp_path / "runs", resume=True).folder for dataset in both]
    assert len(set(folders)) == 2
    assert [evaluate(d, task="qa", out=tmp_path / "runs", resume=True).folder for d in both] == folders


def test_an_empty_run_folder_is_skipped(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    (tmp_path / "runs" / "town-qa-default").mkdir(parents=True)
    for resume in (True, False):
        run = evaluate(dataset, task="qa", out=tmp_path / "runs", resume=resume)
        assert run.folder.name in ("town-qa-default-2", "town-qa-default-3")


def test_a_run_with_another_configuration_is_not_resumed(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    evaluate(dataset, task="qa", out=tmp_path, limit=3)
    with pytest.raises(RunError, match=r"cannot be continued: items was 3, is now 7"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)
    with pytest.raises(RunError, match=r"threshold was 0\.5, is now 0\.25"):
        evaluate(dataset, task="qa", out=tmp_path, limit=3, resume=True, harness=word_harness(0.25))


def test_what_two_versions_of_refdesk_scored_is_no_one_run(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    config = evaluate(dataset, task="qa", out=tmp_path).folder / "config.json"
    made = json.loads(config.read_text())
    config.write_text(json.dumps({**made, "versions": {**made["versions"], "numpy": "1.0", "python": "3.8"}}))
    evaluate(dataset, task="qa", out=tmp_path, resume=True)
    config.write_text(json.dumps({**made, "versions": {**made["versions"], "refdesk": "0.0.1"}}))
    with pytest.raises(RunError, match=r'cannot be continued: versions\.refdesk was "0\.0\.1", is now'):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)


@pytest.mark.parametrize("damage", ["[]", '{"schema": 0}'])
def test_a_run_that_cannot_be_opened_keeps_no_other_from_being_resumed(tmp_path: Path, damage: str) -> None:
    dataset = load_dataset(squad(tmp_path))
    first, second = (evaluate(dataset, task="qa", out=tmp_path).folder for _ in range(2))
    (first / "config.json").write_text(damage)
    assert evaluate(dataset, task="qa", out=tmp_path, resume=True).folder == second
    shutil.rmtree(second)
    with pytest.raises(RunError, match="another version"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)


def test_a_full_disk_is_a_one_line_error_and_the_run_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.parametrize(
    ("tamper", "complaint"),
    [
        (lambda records: records[:-1], "6 answers of 7"),
        (lambda _: [], "0 answers of 7"),
        (lambda records: records[:1] * 7, "7 answers of 7"),
    ],
    ids=["one is missing", "none is left", "one is repeated"],
)
def test_a_run_with_missing_answers_is_refused(
    dataset: Dataset, finished: Run, tamper: Callable[[list[str]], list[str]], complaint: str
) -> None:
    run = finished
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines(keepends=True)
    (run.folder / ANSWERS).write_text("".join(tamper(lines)), "utf-8")
    for use in (
        lambda: replay(Run.open(run.folder), dataset, {}),
        lambda: check_run(run.folder),
        lambda: compare(Run.open(run.folder), run),
    ):
        with pytest.raises(RunError, match=complaint):
            use()


def test_a_folder_without_a_run_or_with_a_damaged_one_is_refused(finished: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no run \(config.json is missing\)"):
        Run.open(tmp_path)
    run = finished
    lines = (run.folder / ANSWERS).read_text("utf-8").splitlines()
    (run.folder / ANSWERS).write_text("\n".join([lines[0], "{broken", *lines[1:]]) + "\n", "utf-8")
    with pytest.raises(RunError, match="line 2 is not JSON"):
        Run.open(run.folder)
    (run.folder / ANSWERS).unlink()
    (run.folder / "metrics.json").unlink()
    with pytest.raises(RunError, match="was not finished"):
        _ = Run.open(run.folder).metrics


@pytest.mark.parametrize("damage", ["[]", '{"schema": 1}', '{"schema": 1, "dataset": 3}'])
def test_a_run_with_a_damaged_configuration_is_refused(finished: Run, damage: str) -> None:
    (finished.folder / "config.json").write_text(damage)
    with pytest.raises(RunError, match=r"another version|was changed"):
        Run.open(finished.folder)


@pytest.mark.parametrize("name", [ANSWERS, TEXTS])
@pytest.mark.parametrize("line", ["null", "5", '{"x": 1}'])
def test_an_invalid_line_in_a_run_is_named(finished: Run, name: str, line: str) -> None:
    with (finished.folder / name).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(RunError, match=rf"{name}: line \d is not as Refdesk wrote it"):
        Run.open(finished.folder)


def test_half_a_surrogate_pair_is_recorded_escaped(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), lambda _: "Half \ud83d of a pair.", name="x", task="qa", out=tmp_path)
    again = Run.open(run.folder)
    assert again.records == run.records
    assert "Half" in (run.folder / "report.html").read_text("utf-8")


def test_verify_finds_a_tampered_quote_and_a_tampered_text(finished: Run) -> None:
    run = finished
    checked = check_run(run.folder)
    assert (checked.answers, checked.problems) == (7, [])
    assert checked.citations >= 7
    answers, texts = run.folder / ANSWERS, run.folder / TEXTS
    before = answers.read_text("utf-8")
    answers.write_text(before.replace("300 tons of wheat", "900 tons of wheat"), "utf-8")
    assert any("are not the quote" in row["problem"] for row in check_run(run.folder).problems)
    # With the same change in the text, the offsets fit, but the text no longer has the hash in its id.
    texts.write_text(texts.read_text("utf-8").replace("300 tons of wheat", "900 tons of wheat"), "utf-8")
    assert any("is not in the run's texts" in row["problem"] for row in check_run(run.folder).problems)


def test_replay_finds_no_difference_or_names_the_first(dataset: Dataset, finished: Run, tmp_path: Path) -> None:
    for task in ("qa", "reading", "retrieval"):
        part = evaluate(dataset, task=task, out=tmp_path / "parts", limit=5, seed=3)
        assert replay(Run.open(part.folder), dataset, {}) is None
    lines = (finished.folder / ANSWERS).read_text("utf-8").splitlines()
    record = json.loads(lines[4])
    record["answer"]["statements"][0]["text"] = "Tampered."
    lines[4] = json.dumps(record)
    (finished.folder / ANSWERS).write_text("\n".join(lines) + "\n", "utf-8")
    found = replay(Run.open(finished.folder), dataset, {})
    assert found
    assert found.startswith(f'question {record["id"]}: answer.statements[0].text was "Tampered.", is now "')


@pytest.mark.parametrize(
    ("field", "value"),
    [("signals", {"confidence": 1.0, "right": 1.0, "answerable": 1.0}), ("group", "another"), ("question", "Another?")],
)
def test_replay_compares_every_field_that_figures_are_computed_from(
    dataset: Dataset, finished: Run, field: str, value: object
) -> None:
    records = [json.loads(line) for line in (finished.folder / ANSWERS).read_text("utf-8").splitlines()]
    records[2][field] = value
    (finished.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert (replay(Run.open(finished.folder), dataset, {}) or "").startswith(f"question {records[2]['id']}: {field}")


def test_a_run_that_is_older_than_a_metric_is_replayed_without_it(dataset: Dataset, finished: Run) -> None:
    records = [json.loads(line) for line in (finished.folder / ANSWERS).read_text("utf-8").splitlines()]
    for record in records:
        record["metrics"].pop("hit@1", None)
    (finished.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    figures = finished.metrics
    del figures["metrics"]["hit@1"]
    finished.write_metrics(figures)
    assert replay(Run.open(finished.folder), dataset, {}) is None
    records[0]["metrics"]["F1"] = 0.123
    (finished.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    assert "metrics.F1 was 0.123" in (replay(Run.open(finished.folder), dataset, {}) or "")


def test_replay_recomputes_the_figures(dataset: Dataset, finished: Run) -> None:
    figures = finished.metrics
    figures["metrics"]["F1"]["value"] = 0.999
    finished.write_metrics(figures)
    found = replay(Run.open(finished.folder), dataset, {})
    assert (found or "").startswith("metrics.json.metrics.F1.value was 0.999")


def test_replay_names_changed_models_and_refuses_a_changed_dataset(
    dataset: Dataset, finished: Run, tmp_path: Path
) -> None:
    other = load_dataset(squad(tmp_path, unanswerable=False))
    with pytest.raises(RunError, match="the dataset has changed"):
        replay(finished, other, {})
    assert replay(finished, dataset, {}, harness=word_harness(0.9)) == "threshold was 0.5, is now 0.9"


def test_a_run_with_another_support_judge_is_neither_resumed_nor_replayed(tmp_path: Path) -> None:
    def lenient(statement: str, premise: str) -> bool:  # noqa: ARG001
        return True

    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path, support=lenient)
    assert "lenient" in run.config["support"]
    with pytest.raises(RunError, match="support was"):
        evaluate(dataset, task="qa", out=tmp_path, resume=True)
    with pytest.raises(RunError, match="judged by"):
        replay(run, dataset, {})
