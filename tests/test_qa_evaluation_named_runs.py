"""Runs one can tell apart: names, settings, a matrix of them, their list, and their comparison on 80 columns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Run, fails
from evaluation_data import squad, unplotted, word_models

from qa.evaluation import Harness, RunError, load_dataset, load_run
from qa.evaluation import Run as OpenedRun


@pytest.fixture
def harness() -> Harness:
    """Small models that keep to the threshold that is set."""
    return Harness(load=lambda settings, _: word_models(settings.threshold or 0.5), resamples=50, plots=unplotted)


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def folders(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "runs").iterdir()} - {"indexes"}


def test_a_matrix_gives_a_run_for_each_combination_in_one_table(run: Run, tmp_path: Path) -> None:
    done = run("eval", squad(tmp_path), "--task", "qa", "--set", "top_k=1,3", "--set", "threshold=0.1, 1", "--limit", 3)
    assert (done.code, done.err) == (0, "")
    assert folders(tmp_path) == {
        f"town-qa-default-top_k={top_k}-threshold={threshold}" for top_k in (1, 3) for threshold in (0.1, 1)
    } | {f"town-qa-default-top_k={k}-threshold=0.1" for k in (1, 3)}
    assert all(len(line) <= 80 for line in done.out.splitlines() if "report.html" not in line)
    assert done.out.count("threshold=0.1") >= 2
    config = OpenedRun.open(tmp_path / "runs" / "town-qa-default-top_k=3-threshold=1").config
    assert (config["settings"]["top_k"], config["threshold"], config["varied"]) == (
        3, 1.0, {"top_k": "3", "threshold": "1"},
    )  # fmt: skip


def test_a_name_stands_for_what_is_set_once_but_not_for_what_varies(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    run("eval", path, "--name", "strict", "--set", "threshold=1", "--set", "defence=false")
    done = run("eval", path, "--name", "try", "--set", "top_k=1,2", "--set", "threshold=1", "--json")
    assert folders(tmp_path) == {"town-reading-strict", "town-reading-try-top_k=1", "town-reading-try-top_k=2"}
    assert [row["varied"] for row in done.json["runs"]] == [{"top_k": "1"}, {"top_k": "2"}]
    assert done.json["metrics"] == {}  # a mean over settings would mean nothing
    settings = OpenedRun.open(tmp_path / "runs" / "town-reading-strict").config["settings"]
    assert "defence" in settings
    assert run("replay", "runs/town-reading-strict").code == 0


def test_of_runs_with_one_name_the_one_with_the_same_settings_is_continued(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    for top_k in (1, 2):
        run("eval", path, "--name", "mine", "--set", f"top_k={top_k}")
    again = run("eval", path, "--name", "mine", "--set", "top_k=1", "--resume", "--json")
    assert (again.code, Path(again.json["run"]).name) == (0, "town-reading-mine")
    fails(run("eval", path, "--name", "mine", "--set", "top_k=3", "--resume"), "mine-2 cannot be continued")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["top_k"], "write it as KEY=VALUE"),
        (["top_k=1,"], "write it as KEY=VALUE"),
        (["top_k=1", "top_k=2"], "given twice"),
        (["api_key=x"], "use REFDESK_API_KEY"),
        (["index=x"], "use --index"),
        (["top_k=1,2,3,4,5,6,7,8,9,10,11", "threshold=0,.1,.2,.3,.4,.5,.6,.7,.8,.9"], "110 runs"),
    ],
)
def test_wrong_settings_are_wrong_usage(run: Run, tmp_path: Path, given: list[str], reason: str) -> None:
    done = run("eval", squad(tmp_path), *(part for text in given for part in ("--set", text)))
    assert (done.code, done.out) == (2, "")
    assert reason in " ".join(done.err.replace("│", " ").split())
    assert not (tmp_path / "runs").exists()


def test_an_unknown_setting_or_value_is_one_line_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    fails(run("eval", path, "--set", "tpo_k=5"), "there is no setting tpo_k: did you mean top_k?")
    fails(run("eval", path, "--set", "top_k=5,many"), "setting top_k = 'many'")
    assert not (tmp_path / "runs").exists()


def test_runs_are_listed_and_compared_on_80_columns(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    run("eval", path, "--task", "qa", "--set", "threshold=0.1,0.4,1")
    listed = run("runs")
    assert (listed.code, listed.err) == (0, "")
    assert "threshold=0.4" in "".join(listed.out.split())
    low, middle, high = (f"runs/town-qa-default-threshold={each}" for each in ("0.1", "0.4", "1"))
    two = run("compare", low, high, "--flips", 1, "--html", "pages/two.html")
    three = run("compare", low, middle, high)
    assert "settings.threshold" in (tmp_path / "pages" / "two.html").read_text("utf-8")
    for done in (listed, two, three):
        assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "settings.threshold" in two.out
    assert "right in A, not in B: 5" in two.out
    assert "between A and B: right" in two.out
    assert "B (refused)" in two.out
    assert "and 4 more" in two.out
    assert "* differs from A: p < 0.05 after Holm, which corrects right over the runs" in three.out
    # With a threshold of 1 nothing is said, so no answer cites.
    lines = [line.split() for done in (two, three) for line in done.out.splitlines() if "word_F1" in line]
    assert lines == [
        ["word_F1", "0.665", "(5)", *5 * "–"], ["word_F1", "–"],  # the effect did not fit
        ["word_F1", "0.665", "(5)", "0.665", "(5)", "–"],
    ]  # fmt: skip
    assert "in brackets, where runs have a figure" in two.out
    compared = run("compare", low, middle, high, "--json").json
    assert compared["baseline"]["run"] == "town-qa-default-threshold=0.1"
    assert [each["b"]["run"] for each in compared["comparisons"]] == [Path(middle).name, Path(high).name]
    assert run("compare", low).code == 2


def test_the_list_says_what_runs_with_names_of_their_own_differ_in(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    run("eval", path, "--task", "qa", "--name", "strict", "--set", "threshold=1", "--set", "defence=false")
    run("eval", path, "--task", "qa", "--name", "few", "--limit", 2)
    run("eval", path, "--task", "qa", "--set", "top_k=3")
    run("eval", path, "--task", "reading", "--name", "alone", "--set", "top_k=9")
    listed = run("runs")
    *_, told = listed.out.partition("what differs between runs on the same questions:\n")
    assert {line.strip() for line in told.splitlines()} == {
        "town-qa-strict: defence=False, threshold=1.0, top_k=15",
        "town-qa-few: limit=2, top_k=15",  # of the third run, the folder says it
    }
    by_name = {Path(row["run"]).name: row["differing"] for row in run("runs", "--json").json["runs"]}
    assert by_name["town-qa-default-top_k=3"] == {"top_k": 3}
    assert by_name["town-reading-alone"] == {}
    assert all(len(line) <= 80 for line in listed.out.splitlines())


def test_a_setting_that_means_nothing_to_a_system_does_not_tell_its_runs_apart(run: Run, tmp_path: Path) -> None:
    path = squad(tmp_path)
    run("eval", path, "--task", "qa", "--system", "bm25", "--limit", 3)
    run("eval", path, "--task", "qa", "--set", "top_k=3,5")
    (tmp_path / "theirs.json").write_text(json.dumps({item.id: "x" for item in load_dataset(path).items}))
    run("eval", path, "--task", "qa", "--answers", "theirs.json")
    differing = {Path(row["run"]).name: row["differing"] for row in run("runs", "--json").json["runs"]}
    assert differing == {
        "town-qa-bm25": {"limit": 3},
        "town-qa-default-top_k=3": {"top_k": 3},
        "town-qa-default-top_k=5": {"top_k": 5},
        "town-qa-theirs": {},
    }
    run("eval", path, "--task", "qa", "--system", "bm25")
    compared = run("compare", "runs/town-qa-bm25-2", "runs/town-qa-default-top_k=3", "--json").json
    assert not [row["name"] for row in compared["differences"] if row["name"].startswith("settings.")]


def test_a_run_loads_as_a_table_of_questions(run: Run, tmp_path: Path) -> None:
    run("eval", squad(tmp_path), "--task", "qa")
    frame = load_run(tmp_path / "runs" / "town-qa-default").set_index("id")
    assert len(frame) == 7
    assert frame.loc["Grain-0-1", ["outcome", "right"]].tolist() == ["holds 300 tons", True]
    assert frame["error"].isna().all()
    assert frame["right"].sum() == 6
    assert frame["gold"]["Pumps-0-0"] == ["pumps water", "water"]
    assert frame["slice: question word"]["Pumps-0-1"] == "who"
    assert frame.attrs["config"]["task"] == "qa"
    assert frame["F1"].mean() == pytest.approx(frame.attrs["metrics"]["metrics"]["F1"]["value"], abs=1e-6)
    with pytest.raises(RunError, match="holds no run"):
        load_run(tmp_path)
