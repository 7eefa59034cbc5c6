"""The guide to evaluation is correct, and the page of benchmarks is generated from its files."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Run, fails
from evaluation_data import claims, squad, word_harness
from fakes import ROOT

from benchmarks import tables
from qa.evaluation import Harness, load_dataset
from qa.evaluation.datasets.silent import silent_documents
from qa.evaluation.metrics.names import ORDER
from qa.evaluation.suite.benchmarks import OTHERS, matrix
from qa.evaluation.suite.sections import SECTIONS
from qa.evaluation.tasks import slices_of


def test_the_code_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "evaluation.md").read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    squad(tmp_path)
    exec(compile(code, "evaluation.md", "exec"), {})
    assert "'value': " in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"indexes", "town-qa-default", "town-qa-other"}


def test_the_guide_names_every_metric() -> None:
    guide = (ROOT / "docs" / "evaluation.md").read_text("utf-8").replace("Recall@k", "Recall@5 Recall@10 Recall@100")
    for name in ORDER:
        assert name in guide or name.removeprefix("HasAns_").removeprefix("NoAns_") in guide, name


def test_the_page_of_benchmarks_is_generated_from_its_files(command: Callable[..., int | str | None]) -> None:
    assert command("--check") is None


@pytest.fixture
def command() -> Callable[..., int | str | None]:
    """Runs ``python -m benchmarks.tables`` in this process; returns what it exits with."""

    def run(*arguments: object) -> int | str | None:
        try:
            tables.main([*map(str, arguments)], word_harness())
        except SystemExit as left:
            return left.code
        return None

    return run


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in which small files stand for the public benchmarks."""
    for name in ("squad_dev", "xquad", "wice", "train"):
        (tmp_path / "data" / name).mkdir(parents=True)
    squad(tmp_path / "data" / "squad_dev", name="squad2_dev_part_a.json")
    squad(tmp_path / "data" / "xquad", name="xquad.en.json", unanswerable=False)
    claims(tmp_path / "data" / "wice").rename(tmp_path / "data" / "wice" / "claim.dev.jsonl")
    paragraphs = squad(tmp_path / "data" / "train", name="others.json")
    (tmp_path / "data" / OTHERS).write_bytes(gzip.compress(paragraphs.read_bytes()))
    return tmp_path / "data"


def test_benchmarks_are_run_kept_rendered_and_checked(
    command: Callable[..., int | str | None], data: Path, tmp_path: Path
) -> None:
    docs = ["--docs", tmp_path / "docs"]
    for only in ("wice-*", "silent-qa", "xquad-en-qa", "xquad-en-among-bm25"):
        assert command("--data", data, "--only", only, "--runs", tmp_path / "runs", *docs) is None
    page = (tmp_path / "docs" / "benchmarks.md").read_text("utf-8")
    assert "## Support: WiCE, dev" in page
    assert "| article not indexed |" in page
    assert "SciFact, test" not in page
    plots = re.findall(r"!\[.+\]\(benchmarks/(.+)\)", page)
    assert {path.name for path in (tmp_path / "docs" / "benchmarks").glob("*.svg")} == {*plots}
    assert "support-wice-dev.svg" in plots
    assert "prefers-color-scheme: dark" in (tmp_path / "docs" / "benchmarks" / plots[0]).read_text("utf-8")
    assert command("--check", *docs) is None
    path = tmp_path / "docs" / "benchmarks" / "silent-qa.json"
    assert str(tmp_path) not in path.read_text("utf-8")
    before = path.read_bytes()
    assert command("--data", data, "--only", "silent-qa", "--runs", tmp_path / "runs", *docs) is None
    again, figures = json.loads(path.read_bytes()), json.loads(before)
    assert {**again, "timing": 0, "cost": 0} == {**figures, "timing": 0, "cost": 0}
    figures["metrics"]["F1"]["value"] = 0.999
    path.write_text(json.dumps(figures))
    code = command("--check", *docs)
    assert isinstance(code, str)
    assert "run python -m benchmarks.tables --render" in code
    assert command("--render", *docs) is None
    assert command("--check", *docs) is None


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def test_the_suite_by_one_command_is_resumed_and_gives_one_table(run: Run, data: Path, tmp_path: Path) -> None:
    arguments = ["eval", "--suite", "standard", "--data", data, "--only", "wice-*"]
    done = run(*arguments, "--json")
    assert (done.code, done.err) == (0, "")
    assert list(done.json["runs"]) == ["wice-support-coverage", "wice-support-reranker", "wice-support-default"]
    answers = {path: path.read_bytes() for path in (tmp_path / "runs").glob("*/answers.jsonl")}
    assert len(answers) == 3
    interrupted, *finished = answers
    interrupted.write_bytes(answers[interrupted].splitlines(keepends=True)[0])
    (interrupted.parent / "metrics.json").unlink()
    changed = {path: path.stat().st_mtime_ns for path in finished}
    done = run(*arguments)
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines() if "wice" in line] == [
        "wice-support-coverage", "wice-support-reranker", "wice-support-default",
    ]  # fmt: skip
    assert "AUROC" in done.out
    assert len(interrupted.read_bytes().splitlines()) == 8
    assert changed == {path: path.stat().st_mtime_ns for path in finished}
    assert "## Support: WiCE, dev" in (tmp_path / "runs" / "standard.md").read_text("utf-8")
    shown = (tmp_path / "runs" / "standard.html").read_text("utf-8")
    assert "reranker (8)" in shown  # a line of the plot, with its number of claims
    assert "are in the model card." in shown


def test_the_suite_names_what_is_missing_before_it_runs(run: Run, data: Path, tmp_path: Path) -> None:
    fails(run("eval", "--suite", "standard", "--data", data), f"{data / 'scifact'}: no such file or folder")
    fails(run("eval", "--suite", "standard", "--data", data, "--only", "trec-*"), "no benchmark is called trec-*")
    assert run("eval", "--suite", "standard").code == 2
    assert run("eval", "town.json", "--suite", "standard", "--data", data).code == 2
    assert not (tmp_path / "runs").exists()


def test_the_folder_of_the_data_is_required(command: Callable[..., int | str | None]) -> None:
    assert command() == 2


def test_the_page_has_a_row_for_every_benchmark_and_no_other() -> None:
    rows = {name for section in SECTIONS for name, _ in section.rows}
    assert rows == {benchmark.name for benchmark in matrix()}


def test_silent_documents_by_hand(data: Path) -> None:
    """Of the articles Pumps and Grain of two files, the first of each file is indexed."""
    both = [load_dataset(data / "squad_dev" / "squad2_dev_part_a.json"), load_dataset(data / "xquad" / "xquad.en.json")]
    dataset: Any = silent_documents(both, "silent")
    assert set(dataset.documents) == {
        "squad2_dev_part_a/Pumps/1", "squad2_dev_part_a/Pumps/2", "xquad.en/Pumps/1", "xquad.en/Pumps/2"
    }  # fmt: skip
    kinds = {item.id: (item.slices["kind"], item.answerable, len(item.answers)) for item in dataset.items}
    assert len(kinds) == 12
    assert kinds["squad2_dev_part_a/Pumps-0-0"] == ("answerable", True, 2)
    assert kinds["squad2_dev_part_a/Pumps-0-2"] == ("made unanswerable", False, 0)
    assert kinds["squad2_dev_part_a/Grain-0-0"] == ("article not indexed", False, 0)
    assert kinds["xquad.en/Grain-0-1"] == ("article not indexed", False, 0)
    for item in dataset.items:
        assert all(answer.document in dataset.documents for answer in item.answers)
    assert {item.group for item in dataset.items} == {"Pumps", "Grain"}


def test_silent_documents_in_several_languages_are_told_apart(data: Path) -> None:
    english = load_dataset(data / "xquad" / "xquad.en.json")
    german = replace(english, name="xquad.de", language="de")
    dataset = silent_documents([english, german], "silent-languages")
    slices = {item.id: slices_of(item, dataset) for item in dataset.items}
    assert slices["xquad.de/Pumps-0-0"]["language"] == "de"
    assert slices["xquad.de/Pumps-0-0"]["kind by language"] == "de, answerable"
    assert slices["xquad.en/Grain-0-1"]["kind by language"] == "en, article not indexed"
    assert all("kind by language" not in item.slices for item in silent_documents([english], "silent").items)


def test_an_article_of_two_datasets_is_indexed_in_both_or_in_neither(data: Path) -> None:
    """One dataset has Grain first, the other Pumps; ordered by title, Grain is indexed in both."""
    both = [load_dataset(data / "squad_dev" / "squad2_dev_part_a.json"), load_dataset(data / "xquad" / "xquad.en.json")]
    reordered = replace(both[0], documents=dict(reversed(both[0].documents.items())))
    dataset = silent_documents([reordered, both[1]], "silent")
    assert {name.split("/")[1] for name in dataset.documents} == {"Grain"}


def test_a_limited_run_is_refused_for_the_page(command: Callable[..., int | str | None], data: Path) -> None:
    assert command("--data", data, "--only", "wice-*", "--limit", 2) == 2
    assert command("--data", data, "--only", "nothing-like-it") == 2
