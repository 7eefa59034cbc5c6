"""``refdesk eval``, ``compare``, ``replay`` and ``verify`` of runs, as scripts rely on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run, fails
from evaluation_data import beir, claims, squad, word_harness

from qa.evaluation import Harness, evaluate, load_dataset


@pytest.fixture
def harness() -> Harness:
    return word_harness()


@pytest.fixture(autouse=True)
def _fixed_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def test_json_is_one_object_with_the_figures(run: Run, tmp_path: Path) -> None:
    done = run("eval", beir(tmp_path), "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["task"], done.json["dataset"], done.json["system"]) == ("retrieval", "mini.test", "default")
    assert set(done.json["metrics"]["nDCG@10"]) == {"value", "low", "high", "count"}
    for figure in done.json["metrics"].values():
        assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    assert done.json["run"] == "runs/mini.test-retrieval-default"
    assert (tmp_path / done.json["run"] / "run.trec").is_file()


def test_the_terminal_gets_one_table(run: Run, tmp_path: Path) -> None:
    done = run("eval", squad(tmp_path), "--task", "qa", "--out", "bench")
    assert (done.code, done.err) == (0, "")
    assert "town, qa, default" in done.out
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.strip()}
    assert {"metric", "EM", "F1", "AUROC", "hit@5"} <= set(lines)
    assert " to " in lines["F1"]
    assert "questions a second" in done.out
    assert "bench/town-qa-default: report.html" in done.out


def test_several_datasets_give_a_run_each_and_a_mean(run: Run, tmp_path: Path) -> None:
    one, two = squad(tmp_path), squad(tmp_path, unanswerable=False, name="other.json")
    done = run("eval", one, two, "--task", "qa", "--json")
    assert done.json["task"] == "qa"
    assert [each["dataset"] for each in done.json["runs"]] == ["town", "other"]
    first, second = (each["metrics"]["F1"] for each in done.json["runs"])
    mean = done.json["metrics"]["F1"]
    assert mean["value"] == pytest.approx((first["value"] + second["value"]) / 2, abs=1e-6)
    assert mean["low"] < mean["value"] < mean["high"]
    assert mean["high"] - mean["low"] < first["high"] - first["low"]
    assert "NoAns_F1" not in done.json["metrics"]
    shown = run("eval", one, two, "--task", "qa").out
    assert "mean" in shown
    assert "town" in shown


def test_a_limited_run_is_drawn_by_seed_and_resumed(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    first = run("eval", path, "--limit", 3, "--seed", 5, "--json")
    assert first.json["items"] == 3
    again = run("eval", path, "--limit", 3, "--seed", 5, "--resume", "--json")
    assert again.json["run"] == first.json["run"]
    assert {**again.json, "timing": 0} == {**first.json, "timing": 0}
    fails(run("eval", path, "--resume"), "cannot be continued: items was 3, is now 7")
    assert run("eval", path, "--json").json["run"] == f"{first.json['run']}-2"


def test_options_of_asking_are_refused_with_answers_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "said.jsonl").write_text('{"id": "x", "text": "x"}\n')
    for extra in (["--system", "bm25"], ["--resume"], ["--index", "x"], ["--distractors", "x"]):
        done = run("eval", squad(tmp_path), "--answers", "said.jsonl", *extra)
        assert (done.code, done.out) == (2, "")
        assert "leave out" in done.err


def test_unreadable_files_are_listed_and_exit_code_3_says_done_in_part(run: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("The entrance fee is 75 euros.")
    (tmp_path / "docs" / "empty.txt").write_text("")
    (tmp_path / "q.jsonl").write_text('{"question": "What does Alpha do?", "answers": ["pumps water"]}\n')
    for command in (
        ["eval", "q.jsonl", "--corpus", "docs"],
        ["eval", beir(tmp_path), "--distractors", "docs"],
        ["eval", "--make-template", "docs"],
    ):
        done = run(*command, "--json")
        assert done.code == 3
        assert done.json
        assert "empty.txt: the file is empty" in done.err


def test_a_file_in_place_of_the_runs_folder_is_a_one_line_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    fails(run("eval", squad(tmp_path)), "runs")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Alpha pumps the water into the old town.")
    fails(run("eval", "--make-template", "docs", "--out", "runs"), "runs: file exists")


def test_compare_replay_and_verify(run: Run, tmp_path: Path) -> None:
    path = beir(tmp_path)
    a, b = (run("eval", path, "--system", system, "--json").json["run"] for system in ("bm25", "default"))
    compared = run("compare", a, b, "--json")
    row = compared.json["metrics"]["Recall@100"]
    assert row["difference"] == pytest.approx(row["b"] - row["a"]) == pytest.approx(1 / 6, abs=1e-6)
    shown = run("compare", a, b)
    assert (shown.code, shown.err) == (0, "")
    assert "+0.167" in shown.out
    done = run("replay", b)
    assert (done.code, done.out) == (0, "3 answers, all as they were\n")
    assert run("replay", b, "--json").json == {"run": b, "answers": 3, "difference": None}


def test_replay_and_verify_exit_1_after_tampering(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    folder = run("eval", path, "--task", "qa", "--json").json["run"]
    done = run("verify", folder, "--json")
    assert (done.code, done.json["answers"], done.json["problems"]) == (0, 7, [])
    answers = tmp_path / folder / "answers.jsonl"
    answers.write_text(answers.read_text("utf-8").replace("300 tons", "900 tons"), "utf-8")
    done = run("verify", folder)
    assert done.code == 1
    assert "are not the quote" in done.out
    done = run("replay", folder)
    assert done.code == 1
    assert done.out.startswith("not the same: question Grain-0-")
    path.rename(tmp_path / "moved.json")
    fails(run("replay", folder), "no such file")
    assert run("replay", folder, "--dataset", tmp_path / "moved.json").code == 1


def test_replay_needs_the_place_of_the_dataset(run: Run, tmp_path: Path, harness: Harness) -> None:
    made = evaluate(load_dataset(squad(tmp_path)), task="qa", out=tmp_path / "runs", harness=harness)
    fails(run("replay", made.folder), "name it with --dataset")
    assert run("replay", made.folder, "--dataset", tmp_path / "town.json").code == 0


def test_distractors_are_indexed_and_replayed(run: Run, tmp_path: Path) -> None:
    path, others = squad(tmp_path), beir(tmp_path)
    folder = run("eval", path, "--task", "qa", "--distractors", others, "--json").json["run"]
    config = json.loads((tmp_path / folder / "config.json").read_text("utf-8"))
    assert (config["distractors"], config["index"]["documents"]) == (4, 7)
    assert run("replay", folder).code == 0


def test_answers_of_another_system_are_scored(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    rows = [{"id": item.id, "text": "Alpha pumps water."} for item in load_dataset(path).items]
    (tmp_path / "theirs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("eval", path, "--answers", "theirs.jsonl", "--json")
    assert (done.json["system"], done.json["metrics"]["NoAns_EM"]["value"]) == ("theirs", 0.0)
    assert run("eval", path, path, "--answers", "theirs.jsonl").code == 2


def test_answers_of_another_system_are_replayed_from_their_file(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    rows = [{"id": item.id, "text": item.answers[0].text if item.answers else ""} for item in load_dataset(path).items]
    theirs = tmp_path / "theirs.jsonl"
    theirs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder = run("eval", path, "--task", "qa", "--answers", "theirs.jsonl", "--name", "other", "--json").json["run"]
    done = run("replay", folder)
    assert (done.code, done.out) == (0, "7 answers, all as they were\n")
    figures = tmp_path / folder / "metrics.json"
    kept = figures.read_text("utf-8")
    changed = json.loads(kept)
    changed["metrics"]["EM"]["value"] = 0.5
    figures.write_text(json.dumps(changed))
    done = run("replay", folder)
    assert (done.code, done.out) == (1, "not the same: metrics.json.metrics.EM.value was 0.5, is now 1.0\n")
    figures.write_text(kept)
    theirs.write_text(theirs.read_text("utf-8").replace("grain", "iron"))
    fails(run("replay", folder), f"{folder}: the file of its answers, {theirs}, has changed since")
    theirs.unlink()
    fails(run("replay", folder), f"{folder}: the file of its answers, {theirs}, is gone: put it back")


def test_a_template_is_asked_as_it_is_and_after_it_is_edited(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pump.txt").write_text("The old pump of Alpha was built in 1890. Nobody knows by whom.")
    done = run("eval", "--make-template", "mine", "--json")
    template = tmp_path / done.json["template"]
    assert (template.name, done.json["questions"]) == ("mine.questions.jsonl", 4)
    _, drafted, silent, *_ = map(json.loads, template.read_text("utf-8").splitlines())
    assert (drafted["question"], drafted["expect"]) == (
        "When was the old pump of Alpha built?", {"all": [["1890"]], "cite": ["pump.txt"]},
    )  # fmt: skip
    done = run("eval", template, "--corpus", "mine", "--json")
    assert (done.json["task"], done.json["items"]) == ("visitors", 4)
    assert "1 of 4 questions are drafts that are still to be checked" in done.err
    edited = {**drafted, "question": "What does Alpha do?", "after": ["Where is the water?"]}
    assert silent["expect"] == {"kind": "refusal"}
    template.write_text(json.dumps(edited), "utf-8")
    done = run("eval", template, "--corpus", "mine", "--system", "bm25", "--json")
    assert done.json["metrics"]["right"]["value"] == 1.0


def test_the_support_task_runs_without_a_headline_metric(run: Run, tmp_path: Path) -> None:
    done = run("eval", claims(tmp_path), "--system", "coverage")
    assert (done.code, done.err) == (0, "")
    assert "AUROC" in done.out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere.json"], "no such file or folder: nowhere.json"),
        (["broken.json"], "broken.json: line 1 is not JSON"),
        (["town.json", "--system", "dense"], "no system dense for the task reading"),
        (["town.json", "--system", "closed-book"], "closed-book asks a language model"),
        (["town.json", "--task", "support"], "cannot be used for the task support"),
        (["town.json", "--distractors", "nowhere"], "no such file or folder: nowhere"),
        (["town.json", "--task", "qa", "--index", "nowhere"], "there is no index in nowhere"),
        (["town.json", "--backend", "psychic"], "setting backend"),
    ],
    ids=lambda value: "-".join(value).replace("-", "") if isinstance(value, list) else "",
)
def test_a_failure_is_one_line(run: Run, tmp_path: Path, arguments: list[str], reason: str) -> None:
    squad(tmp_path)
    (tmp_path / "broken.json").write_text("{broken")
    fails(run("eval", *arguments), reason)


@pytest.mark.parametrize(
    "arguments", [[], ["--json"], ["a.json", "--task", "dance"], ["a.json", "--limit", "0"], ["a.json", "--seed", "-1"]]
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    done = run("eval", *arguments)
    assert (done.code, done.out) == (2, "") or (arguments == [] and done.code == 2)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["eval", "compare", "replay", "verify"])
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert f"Usage: refdesk {command}" in done.out


def test_commands_refuse_a_folder_without_a_run(run: Run, tmp_path: Path) -> None:
    for command in (["compare", tmp_path, tmp_path], ["replay", tmp_path], ["verify", tmp_path]):
        fails(run(*command), "holds no run")
