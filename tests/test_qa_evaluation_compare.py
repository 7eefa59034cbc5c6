"""Comparing two runs, worked by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import squad, unplotted

from documents.document import Document
from qa import evaluation
from qa.evaluation import ComparisonError, Dataset, GoldAnswer, Harness, Item, Run, RunError, load_dataset
from qa.evaluation.compare import Cell, correction, legend, table, verdicts
from qa.evaluation.comparison_page import comparison_page
from qa.evaluation.runs.run import ANSWERS

evaluate = partial(evaluation.evaluate, harness=Harness(resamples=100, plots=unplotted))
compare = partial(evaluation.compare, resamples=100)
compare_all = partial(evaluation.compare_all, resamples=100)


def dataset(count: int = 10, *, silent: int = 0, name: str = "toy") -> Dataset:
    """Questions about a document each, answered by its number; the first ``silent`` questions are unanswerable."""
    items = tuple(
        Item(
            str(number),
            f"Number {number}?",
            f"group {number}",
            () if number < silent else (GoldAnswer(str(number)),),
            number >= silent,
        )
        for number in range(count)
    )
    return Dataset(name, "open", {}, items, "en", "0")


def run(folder: Path, name: str, wrong: set[int], *, of: Dataset | None = None, confidence: float = 0.5) -> Run:
    """A system that is right except on the questions in ``wrong``."""

    def system(question: str) -> object:
        number = int(question.split()[1].rstrip("?"))
        text = "none" if number in wrong else str(number)
        return {"text": text, "confidence": confidence if number in wrong else 0.9}

    return evaluate(of or dataset(), system, name=name, task="qa", out=folder)


def test_a_difference_by_hand(tmp_path: Path) -> None:
    compared = compare(run(tmp_path, "a", {0, 1, 2, 3, 4, 5}), run(tmp_path, "b", {0}))
    assert (compared["task"], compared["items"]) == ("qa", 10)
    assert compared["a"] == {"run": "toy-qa-a", "dataset": "toy", "system": "a"}
    row = compared["metrics"]["EM"]
    assert (row["a"], row["b"], row["difference"], row["items"]) == (0.4, 0.9, 0.5, 10)
    assert row["mcnemar"] == 0.0625  # five better, none worse: 2 / 2^5
    assert row["p"] == 0.0625  # the same with groups of one question, over all swaps
    assert row["effect"] == pytest.approx(0.5 / sqrt(10 / 9 * 0.25), abs=1e-6)
    assert row["low"] < 0.5 < row["high"]
    assert row["p_holm"] >= row["p"]


def test_questions_of_one_group_are_no_independent_evidence(tmp_path: Path) -> None:
    whole = dataset(40)
    items = tuple(replace(item, group=f"half {number % 2}") for number, item in enumerate(whole.items))
    of = replace(whole, items=items)
    row = compare(run(tmp_path, "a", set(range(40)), of=of), run(tmp_path, "b", set(), of=of))["metrics"]["EM"]
    assert (row["p"], row["mcnemar"]) == (0.5, None)


def test_questions_that_flipped_and_what_differs_are_listed(tmp_path: Path) -> None:
    compared = compare(run(tmp_path, "a", {0, 1, 2}), run(tmp_path, "b", {0, 7}))
    assert compared["differences"] == [{"name": "system", "a": "a", "b": "b"}]
    assert [(row["id"], row["better"], row["a"], row["b"], row["gold"]) for row in compared["flipped"]] == [
        ("1", "b", "none", "1", ["1"]), ("2", "b", "none", "2", ["2"]), ("7", "a", "7", "none", ["7"])
    ]  # fmt: skip


def test_other_documents_and_other_distractors_are_told(tmp_path: Path) -> None:
    asked = [dataset(), replace(dataset(), digest="1")]
    compared = compare(*(run(tmp_path, "a", set(), of=own) for own in asked))
    assert compared["differences"] == [{"name": "dataset.digest", "a": "0", "b": "1"}]
    town = load_dataset(squad(tmp_path))
    among = [{"x": Document(text)} for text in ("Delta weaves wool.", "Epsilon carves wood.")]
    made = [evaluate(town, "bm25", task="qa", distractors=own, out=tmp_path) for own in among]
    assert [row["name"] for row in compare(*made)["differences"]] == ["distractors_digest"]
    with pytest.raises(RunError, match="cannot be continued: distractors_digest"):
        evaluate(town, "bm25", task="qa", distractors={"x": Document("Zeta.")}, out=tmp_path, resume=True)


def test_the_models_of_other_systems_are_compared_too(tmp_path: Path) -> None:
    runs = [run(tmp_path, name, set()) for name in ("a", "b")]
    for number, own in enumerate(runs):
        config = json.loads((own.folder / "config.json").read_text())
        config |= {"system": "openai:there", "models": {"model": f"m{number}"}}
        (own.folder / "config.json").write_text(json.dumps(config))
    compared = compare(*(Run.open(own.folder) for own in runs))
    assert compared["differences"] == [{"name": "models.model", "a": "m0", "b": "m1"}]


def test_a_sentence_says_which_run_is_better(tmp_path: Path) -> None:
    a, b, c = run(tmp_path, "a", {0, 1, 2, 3, 4, 5}), run(tmp_path, "b", set()), run(tmp_path, "c", {0, 1, 2, 3, 4})
    pair = compare_all([a, b])["comparisons"]
    # Six better and none worse: 2 / 2^6 = .031, of one comparison without correction.
    assert [re.sub(r" \(.*\)", "", sentence) for sentence in verdicts(pair)] == [
        "B is better than A: right +0.600, p = 0.031"
    ]
    # Of two, the smaller is doubled: .0625.
    sentences = verdicts(compare_all([a, b, c])["comparisons"])
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "no significant difference between A and B", "no significant difference between A and C",
    ]  # fmt: skip
    assert "p = 0.062" in sentences[0]
    assert verdicts(compare_all([b, a])["comparisons"])[0].startswith("B is worse than A: right -0.600")


def test_a_comparison_is_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    runs = [run(tmp_path, "a", {0, 1, 2}), run(tmp_path, "b", {0, 7}), run(tmp_path, "<c>", set())]
    for count in (2, 3):
        compared = compare_all(runs[:count])
        page = comparison_page(compared)
        assert not re.search(r"<link|<img|@import|src=|fetch\(", page)
        assert page.count("<svg ") == count - 1
        assert page.count("<tr data-kind=") == sum(len(each["flipped"]) for each in compared["comparisons"])
        assert ("&lt;c&gt;" in page, "<c>" in page) == (count == 3, False)
        for name in compared["comparisons"][0]["metrics"]:
            assert f"<td>{name}</td>" in page
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids))


def test_several_runs_are_compared_with_the_first_and_corrected_together(tmp_path: Path) -> None:
    runs = [run(tmp_path, "a", {0, 1, 2, 3, 4, 5}), run(tmp_path, "b", set()), run(tmp_path, "c", {0})]
    compared = compare_all(runs)
    pair = compare(runs[0], runs[1])
    first = compared["comparisons"][0]
    assert {name: row["p"] for name, row in first["metrics"].items()} == {
        name: row["p"] for name, row in pair["metrics"].items()
    }
    firsts = [each["metrics"]["right"] for each in compared["comparisons"]]
    assert [row["p_holm"] for row in firsts] == pytest.approx([2 * firsts[0]["p"], firsts[1]["p"]], abs=1e-6)
    with pytest.raises(ComparisonError, match="one run cannot be compared"):
        compare_all(runs[:1])


def test_a_run_does_not_differ_from_itself(tmp_path: Path) -> None:
    one = run(tmp_path, "a", {1, 4})
    for row in compare(one, Run.open(one.folder))["metrics"].values():
        assert (row["difference"], row["low"], row["high"]) == (0, 0, 0)
        assert row["p"] in (1.0, None)


def test_metrics_that_are_the_same_count_once_and_the_first_one_is_not_corrected_over_others(tmp_path: Path) -> None:
    def half(question: str) -> object:
        number = question.split()[1].rstrip("?")
        return {"text": f"the {number} of them" if int(number) % 2 else "none"}

    of = dataset(20)
    a, b = evaluate(of, half, task="qa", out=tmp_path), run(tmp_path, "b", {0}, of=of)
    rows = compare(a, b)["metrics"]
    tested = {name: row["p"] for name, row in rows.items() if row["p"] is not None}
    assert tested["EM"] == tested["EM_forced"] < tested["answer_in_statement"] < 0.05
    hypotheses = {tuple(rows[name][part] for part in ("a", "b", "p")) for name in tested if name != "right"}
    assert len(hypotheses) < len(tested) - 1
    assert rows["right"]["p_holm"] == rows["right"]["p"]
    assert rows["EM"]["p_holm"] == pytest.approx(tested["EM"] * len(hypotheses), abs=1e-6)
    assert f"p = {rows['right']['p_holm']:.3f}" in verdicts([compare(a, b)])[0]


def test_metrics_with_equal_figures_from_other_questions_count_each(tmp_path: Path) -> None:
    whole = dataset(10)
    items = tuple(replace(item, relevant={"page": 1}) for item in whole.items)
    of = replace(whole, documents={"page": Document("A page."), "other": Document("Another.")}, items=items)

    def half(question: str) -> object:
        number = int(question.split()[1].rstrip("?"))
        text, found = "none" if number < 4 else str(number), "other" if 4 <= number < 8 else "page"
        return {"text": text, "retrieved": [found]}

    def right(question: str) -> object:
        return {"text": question.split()[1].rstrip("?"), "retrieved": ["page"]}

    rows = compare(*(evaluate(of, system, task="qa", out=tmp_path) for system in (half, right)))["metrics"]
    assert {**rows["EM"], "p_holm": 0} == {**rows["hit@1"], "p_holm": 0}
    # EM, hit@1, truthfulness and answered, each once: 4 x 2 / 2^4.
    assert rows["EM"]["p_holm"] == rows["hit@1"]["p_holm"] == 0.5


def test_what_is_bold_in_the_table_is_coloured_in_the_plot(tmp_path: Path) -> None:
    compared = compare_all([run(tmp_path, "a", {0, 1, 2, 3, 4, 5}), run(tmp_path, "b", set())])
    for row in compared["comparisons"][0]["metrics"].values():
        row["p_holm"] = 0.2
    page = comparison_page(compared)
    assert '<td class="n"><b>' not in page
    assert "var(--accent)" not in page.split("<svg ", 1)[1].split("</svg>")[0]
    compared["comparisons"][0]["metrics"]["EM"]["p_holm"] = 0.01
    page = comparison_page(compared)
    assert page.count("<b>1.000</b>") == 1
    assert "var(--accent)" in page.split("<svg ", 1)[1].split("</svg>")[0]


def test_figures_other_than_means_have_a_difference_and_an_interval(tmp_path: Path) -> None:
    sure = run(tmp_path, "sure", {0, 1, 2}, confidence=0.9)
    unsure = run(tmp_path, "unsure", {0, 1, 2}, confidence=0.1)
    row = compare(sure, unsure)["metrics"]["AURC"]
    assert row["difference"] < 0
    assert (row["p"], row["mcnemar"], row["effect"]) == (None, None, None)


def test_means_over_different_questions_are_compared_on_those_that_both_have(tmp_path: Path) -> None:
    of = dataset(silent=3)

    def quiet(question: str, about: str) -> object:
        return None if about in question else ("A word", [])

    a, b, c = (
        evaluate(of, partial(quiet, about=about), name=f"on {about}", task="qa", out=tmp_path)
        for about in ("0", "5", "0")
    )
    compared = compare(a, b)
    common = ["citation_precision", "citation_recall", "citations_hold", "answer_citation_recall"]
    assert set(compared["unpaired"]) == {*common, "refusal_precision"}
    refused = compared["metrics"]["refusal_precision"]  # each refused another one
    assert {refused[part] for part in ("a", "b", "difference", "p", "p_holm")} == {None}
    assert refused["items"] == 0
    held = compared["metrics"]["citations_hold"]
    assert (held["items"], held["a"], held["b"]) == (8, 0.0, 0.0)
    assert compared["metrics"]["refusal_recall"]["items"] == 3
    pair, three = compare_all([a, b]), compare_all([a, b, c])
    assert dict(table(pair))["citations_hold"] == [Cell(0.0), Cell(0.0, "(8)")]
    assert dict(table(pair))["refusal_precision"] == [Cell(None), Cell(None, "(0)")]
    assert dict(table(three))["citations_hold"] == [Cell(0.0, "(9)"), Cell(0.0, "(8)"), Cell(0.0, "(9)")]
    assert dict(table(three))["refusal_precision"] == [Cell(1.0, "(1)"), Cell(None, "(0)"), Cell(1.0, "(1)")]


def test_each_run_is_compared_on_the_questions_that_it_and_the_first_have(tmp_path: Path) -> None:
    """The first and the last fifth are refused by one run each, and A's citations of the first four do not hold."""
    of = replace(dataset(20), documents={"page": Document("A page.")})

    def citing(question: str, silent: range, wrong: range) -> object:
        number = int(question.split()[1].rstrip("?"))
        place = ("page", 0, 700) if number in wrong else ("page", 0, 6)
        return None if number in silent else ("A page[1]", [place])

    cases = (("a", range(0), range(4)), ("b", range(4), range(4, 16)), ("c", range(16, 20), range(0)))
    a, b, c = (
        evaluate(of, partial(citing, silent=silent, wrong=wrong), name=name, task="qa", out=tmp_path)
        for name, silent, wrong in cases
    )
    compared = compare_all([a, b, c])
    assert [each["metrics"]["citations_hold"]["items"] for each in compared["comparisons"]] == [16, 16]
    figures = table(compared)
    # A holds in 16 of 20; B lacks those where it does not, and holds in the last four; C lacks these.
    assert dict(figures)["citations_hold"] == [Cell(0.8), Cell(0.25, "(16:1.000)", True), Cell(1.0, "(16:0.750)")]
    assert compared["baseline"]["metrics"]["citations_hold"] == {"value": 0.8, "items": 20}
    assert "behind the colon" in legend(figures)
    # Of two, both columns are of the same questions.
    pair = table(compare_all([a, b]))
    assert [cell[:2] for cell in dict(pair)["citations_hold"]] == [(1.0, ""), (0.25, "(16)")]
    assert "behind the colon" not in legend(pair)
    page = comparison_page(compared)
    assert "<b>0.250</b> <small>(16:1.000)</small>" in page
    assert legend(figures)[1:] in page.replace("&#39;", "'")
    assert legend(table(compare_all([a, a]))) == ""


def test_what_only_one_run_supplied_stands_by_itself(tmp_path: Path) -> None:
    of = replace(dataset(silent=3), documents={"page": Document("A page.")})

    def bare(question: str) -> object:
        return question.split()[1]

    def telling(question: str) -> object:
        return None if "0" in question else {"text": f"{bare(question)}[1]", "citations": ["page"], "confidence": 0.5}

    a, b = (evaluate(of, system, task="qa", out=tmp_path) for system in (bare, telling))
    there = compare(a, b)["metrics"]
    assert there.keys() == compare(b, a)["metrics"].keys()
    tests = dict.fromkeys(("difference", "low", "high", "p", "p_holm", "mcnemar", "effect"))
    assert there["citations_hold"] == {"a": None, "b": 1.0, **tests, "items": 9}
    assert there["AUROC"] == {"a": None, "b": b.metrics["metrics"]["AUROC"]["value"], **tests, "items": 10}
    assert {cell.note for _, (cell, _) in table(compare_all([a, b]))} == {""}
    for runs, cells in (([a, b], [Cell(None), Cell(1.0, "(9)")]), ([b, a], [Cell(1.0, "(9)"), Cell(None)])):
        compared = compare_all(runs)
        assert dict(table(compared))["citations_hold"] == cells
        assert "<td>AUROC</td>" in comparison_page(compared)
    three = table(compare_all([a, a, b]))
    assert dict(three)["citations_hold"] == [Cell(None), Cell(None), Cell(1.0, "(9)")]
    names = [name for name, _ in three]
    assert names.index("citations_hold") < names.index("refusal_recall") < names.index("AUROC")


def test_it_is_told_over_what_p_values_are_corrected() -> None:
    assert correction("qa").endswith("corrects right over the runs, the others over all of them and all runs")
    assert correction("support").endswith("corrects over all metrics and all runs")


def _other_questions(record: dict[str, Any]) -> None:
    record["question"] = "Another?"


def _other_gold(record: dict[str, Any]) -> None:
    record["gold"]["answers"] = ["another"]


@pytest.mark.parametrize("change", [_other_questions, _other_gold])
def test_runs_on_changed_questions_are_refused(tmp_path: Path, change: Any) -> None:
    a, b = run(tmp_path, "a", set()), run(tmp_path, "b", set())
    records = [json.loads(line) for line in (b.folder / ANSWERS).read_text().splitlines()]
    change(records[7])
    (b.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records))
    with pytest.raises(ComparisonError, match="not on the same questions: 7 is another one"):
        compare(a, Run.open(b.folder))


def test_runs_on_different_questions_or_tasks_are_refused(tmp_path: Path) -> None:
    ten, nine = run(tmp_path, "a", set()), run(tmp_path, "b", set(), of=dataset(9))
    with pytest.raises(ComparisonError, match=r"not on the same questions: .*toy-qa-b lacks 1, such as 9"):
        compare(ten, nine)
    with pytest.raises(ComparisonError, match=r"not on the same questions: .*toy-qa-b lacks 1, such as 9"):
        compare(nine, ten)
    items = tuple(Item(str(number), f"Number {number}?", str(number), relevant={"d": 1}) for number in range(10))
    other = evaluate(Dataset("toy", "retrieval", {}, items, "en", "0"), lambda _: [], name="r", out=tmp_path)
    with pytest.raises(ComparisonError, match=r"is a run of the task qa, .* of retrieval"):
        compare(ten, other)
