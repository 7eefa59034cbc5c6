"""``benchmarks.harness``: its arithmetic by hand, and, marked slow, each recipe in an environment of its harness."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest
from fakes import ROOT

from benchmarks.harness.checks import Checks, answer_in, means, told
from benchmarks.harness.promptfoo_checks import cases, citations_hold, right
from benchmarks.harness.promptfoo_provider import call_api, response_of
from benchmarks.harness.promptfoo_run import checked, shares
from benchmarks.harness.sample import CORPUS, QUESTIONS
from documents.document import Chunk, Document, Source
from documents.load import load
from index.passage import Passage
from qa.answer import Answer, Citation, Statement

PINS = ROOT / "benchmarks" / "harness" / "requirements.txt"
QUESTION = "What share of the capital's total output is digital these days?"
SAID = "Today, the added value of Beijing’s digital economy accounts for 45% of its GDP."


def answer_from(document: Document, quote: str, shift: int = 0) -> Answer:
    """An answer that quotes the document; with a ``shift``, its citation is of other characters."""
    start = document.text.index(quote)
    passage = Passage(Chunk(document, start, start + len(quote)), Source("article.txt", document.id), 1.0)
    cited = Citation(1, passage, start + shift, start + shift + len(quote))
    return Answer(
        "answer", QUESTION, QUESTION, 0.9, "45%", (Statement(quote, (1,), 0.9, "quoted"),), (cited,), (passage,)
    )


@pytest.fixture(scope="module")
def article() -> Document:
    return load(next(path for path in CORPUS.iterdir() if path.suffix == ".txt"))


def test_the_questions_are_the_first_of_the_sample() -> None:
    lines = (ROOT / "tests" / "fixtures" / "beijing_dev.jsonl").read_text("utf-8").splitlines()
    answered = [line for line in lines if json.loads(line)["answerable"]]
    silent = [line for line in lines if not json.loads(line)["answerable"]]
    assert QUESTIONS.read_text("utf-8").splitlines() == [*answered[:8], *silent[:4]]


def test_checks_tell_which_question_they_do_not_know_or_could_not_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"does not ask 'Who\?': give Checks your own questions"):
        Checks().of("Who?", None)
    twice = "".join(json.dumps({"question": "Who?", "answers": [own]}) + "\n" for own in ("Ann", "Ben"))
    (tmp_path / "twice.jsonl").write_text(twice)
    with pytest.raises(ValueError, match=r"twice\.jsonl: asks a question twice"):
        Checks(tmp_path / "twice.jsonl")


def test_checks_are_those_of_the_bench(article: Document) -> None:
    checks = Checks()
    sound = checks.of(QUESTION, answer_from(article, SAID).to_dict())
    assert (sound["right"], sound["F1"], sound["citations_hold"]) == (1.0, 1.0, 1.0)
    broken = answer_from(article, SAID).to_dict()
    broken["citations"][0]["start"] += 1
    assert checks.of(QUESTION, broken)["citations_hold"] == 0.0
    refused = checks.of(QUESTION, Answer("refusal", QUESTION, QUESTION, 0.1, message="Not here.").to_dict())
    assert refused["right"] == 0.0
    assert "citations_hold" not in refused


def test_what_a_model_says_is_borne_out_by_texts_or_not_and_a_refusal_is_neither(article: Document) -> None:
    checks, texts = Checks(), ["Sheds are for tools.", article.text]
    assert checks.borne_out(SAID, texts) == 1.0
    assert checks.borne_out(f"{SAID} Its gate opens at seven.", texts) == 0.5
    assert checks.borne_out("Its gate opens at seven.", texts) == 0.0
    assert checks.borne_out("I could not find that in the documents.", texts) is None
    assert checks.borne_out(SAID, []) is checks.borne_out("", texts) is None


def test_means_leave_out_what_is_not_defined() -> None:
    rows = [{"right": 1.0, "citations_hold": 1.0}, {"right": 0.0}]
    figures = means(rows, ("right", "citations_hold", "F1"))
    assert figures == {"right": 0.5, "citations_hold": 1.0, "F1": None}
    assert told("x", figures) == "x: right 0.500, citations_hold 1.000, F1 -"


def test_a_response_of_another_server_is_told() -> None:
    assert answer_in({"refdesk": {"schema": 2}}) == {"schema": 2}
    with pytest.raises(ValueError, match="no field refdesk: ask a desk at /v1"):
        answer_in({"choices": []})


def test_the_python_provider_returns_what_promptfoo_wants(article: Document) -> None:
    answer = answer_from(article, SAID)
    assert response_of(answer) == {"output": SAID, "metadata": {"refdesk": answer.to_dict()}}
    refused = response_of(Answer("refusal", "q", "q", 0.1, message="Not here."))
    assert (refused["output"], refused["metadata"]["refdesk"]["text"]) == ("", "Not here.")
    assert response_of(Answer("notice", "q", "q", 1.0, message="Two documents."))["output"] == "Two documents."


def test_the_python_provider_tells_an_error_in_a_line(tmp_path: Path) -> None:
    (error,) = call_api("Who?", {"config": {"index": str(tmp_path / "none")}}, {}).values()
    assert str(tmp_path / "none") in error
    assert "\n" not in error


def test_assertions_of_promptfoo_judge_as_the_bench_does(article: Document) -> None:
    context: dict[str, Any] = {
        "vars": {"question": QUESTION},
        "providerResponse": response_of(answer_from(article, SAID)),
    }
    assert [one(SAID, context)["pass"] for one in (right, citations_hold)] == [True, True]
    silent = {**context, "providerResponse": {"isRefusal": True}}
    assert right("Not here.", silent) == {"pass": False, "score": 0.0, "reason": "right 0.000"}
    assert citations_hold("Not here.", silent)["reason"] == "not defined for a refusal"
    assert right(SAID, {**context, "providerResponse": {}})["pass"]  # the text alone, as its OpenAI provider gives it
    asserted = [part["metric"] for case in cases() for part in case["assert"]]
    assert {name: asserted.count(name) for name in asserted} == {
        "contains": 8, "asserted by refdesk": 1, "is-refusal": 4, "not-guardrails": 4,
    }  # fmt: skip


def test_shares_of_passed_assertions_by_hand() -> None:
    def result(label: str, **passed: bool) -> dict[str, Any]:
        parts = [{"pass": own, "assertion": {"metric": name}} for name, own in passed.items()]
        return {"provider": {"label": label}, "gradingResult": {"componentResults": parts}}

    results = [result("http", contains=True), result("http", contains=False), result("openai", contains=True)]
    counted = shares({"results": {"results": results}})
    assert {name: value for name, value in counted["http"].items() if value is not None} == {"contains": 0.5}
    assert counted["openai"]["contains"] == 1.0
    failed = {"provider": {"label": "http"}, "error": "fetch failed\nat x", "gradingResult": None}
    for count in (shares, lambda results: checked(results, Checks())):
        with pytest.raises(RuntimeError, match=r"promptfoo: fetch failed$"):
            count({"results": {"results": [failed]}})


def test_answers_that_promptfoo_kept_are_scored_by_what_a_provider_passes_on(article: Document) -> None:
    def result(label: str, response: dict[str, Any]) -> dict[str, Any]:
        return {"provider": {"label": label}, "vars": {"question": QUESTION}, "response": response}

    whole, refused = response_of(answer_from(article, SAID)), {"output": "Not here.", "isRefusal": True}
    rows = [result("python", whole), result("openai", {"output": SAID}), result("openai", refused)]
    assert checked({"results": {"results": rows}}, Checks()) == {
        "python": {"right": 1.0, "F1": 1.0, "citations_hold": 1.0},
        "openai": {"right": 0.5, "F1": pytest.approx(4 / 17), "citations_hold": None},  # 4 of 13 words
    }


def pinned(folder: Path, *packages: str, alone: bool = False) -> Path:
    """The Python of a new environment with the packages as they are pinned, over that of the tests unless ``alone``.

    The test is skipped, with pip's last line, where they cannot be installed.
    """
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    if not alone:
        (own,) = folder.glob("lib/python*/site-packages")
        (own / "tests.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    install = [python, "-m", "pip", "install", "--quiet", "--no-input", "-c", PINS, *packages]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            f"for want of {packages[0]}: pip cannot install it: {(done.stderr.strip() or '?').splitlines()[-1]}"
        )
    return python


def printed(python: Path | str, module: str, *arguments: object) -> dict[str, dict[str, float]]:
    """The figures that a recipe prints, by the name that its line begins with."""
    command = [str(python), "-W", "ignore", "-m", f"benchmarks.harness.{module}", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout)
    lines = re.findall(r"^([^:\n]+): ((?:[\w@ -]+? (?:[\d.]+|-)(?:, |$))+)", done.stdout, re.MULTILINE)
    return {
        name: {own: float(value) for own, value in re.findall(r"([\w@][\w@ -]*?) ([\d.]+)(?:,|$)", figures)}
        for name, figures in lines
    }


@pytest.mark.slow
def test_inspect_scores_over_the_api_as_in_process(tmp_path: Path) -> None:
    figures = printed(pinned(tmp_path / "inspect", "inspect-ai"), "inspect_task")
    assert set(figures) == {"inspect_ai over /v1", "inspect_ai in process"}
    assert figures["inspect_ai over /v1"] == figures["inspect_ai in process"]
    assert figures["inspect_ai in process"]["citations_hold"] == figures["inspect_ai in process"]["borne_out"] == 1.0
    assert figures["inspect_ai in process"]["right"] >= 0.5


@pytest.mark.slow
def test_deepeval_needs_no_model_to_score(tmp_path: Path) -> None:
    figures = printed(pinned(tmp_path / "deepeval", "deepeval"), "deepeval_cases")["deepeval"]
    assert figures["citations_hold"] == 1.0
    assert figures["right"] >= 0.5


@pytest.mark.slow
def test_mteb_and_beir_search_by_refdesk(tmp_path: Path) -> None:
    figures = printed(pinned(tmp_path / "mteb", "mteb", "beir"), "retrieval")
    assert figures["mteb"]["Recall@10"] == figures["beir"]["Recall@10"] >= 0.8
    assert figures["mteb"]["nDCG@10"] == pytest.approx(figures["beir"]["nDCG@10"], abs=0.002)


@pytest.mark.slow
def test_a_test_set_goes_from_ragas_to_refdesk_and_back(tmp_path: Path) -> None:
    python = pinned(tmp_path / "ragas", "ragas", "langchain-community", alone=True)
    figures = printed(sys.executable, "ragas_sets", "--python", python)
    assert figures["its answers, by ragas"]["samples"] == 8
    assert figures["a test set of ragas, by refdesk"]["citations_hold"] == 1.0


@pytest.mark.slow
def test_promptfoo_asks_in_three_ways(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("for want of npm: promptfoo comes by it")
    install = [npm, "install", "--prefix", tmp_path, "promptfoo@0.123.1", "node@22.23.3"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"for want of promptfoo: npm cannot install it: {(done.stderr.strip() or '?').splitlines()[-1]}")
    figures = printed(sys.executable, "promptfoo_run", "--promptfoo", tmp_path)
    ways = [figures[f"promptfoo, provider {label}"] for label in ("http", "openai", "python")]
    assert ways[0]["right"] == ways[2]["right"] >= ways[1]["right"]  # of a text alone its first sentence counts
    assert ways[0]["citations_hold"] == ways[2]["citations_hold"] == 1.0
    assert all(own["asserted by refdesk"] in (0.0, 1.0) for own in ways)
    assert ways[1]["not-guardrails"] == ways[0]["is-refusal"] == ways[2]["is-refusal"]
