"""Somebody's own pipeline as a system: a real worker in another process, its failures, and what the scores rest on."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run as Command
from commands import fails
from evaluation_data import beir, squad, value, word_harness

from qa import evaluation
from qa.evaluation import Dataset, Harness, SystemChoiceError, load_dataset
from qa.evaluation.scoring.reply import DocumentLookup, as_reply
from qa.evaluation.systems.beside.process import PipelineError, WorkerProcess
from qa.evaluation.systems.beside.replies import as_returned

evaluate = partial(evaluation.evaluate, harness=word_harness())

# A pipeline of nothing but Python: it answers with the first sentence that shares the most words with the question.
OWN = """
import os, sys, threading
print("what a module prints is no reply")
BUILT = []

def sentences(documents):
    return [(d.id, s + ".") for d in documents for s in d.text.rstrip(".").split(". ")]

def ranked(documents, question):
    asked = set(question.lower().strip("?").split())
    return sorted(sentences(documents), key=lambda own: -len(asked & set(own[1].lower().rstrip(".").split())))

def build(documents):
    BUILT.append([d.id for d in documents])
    assert sys.stdin.read() == ""
    def ask(question):
        print("asked", question)
        if "winter" in question:
            raise ValueError("no\\nwinter")
        if "tons" in question:
            os.write(2, b"out of\\nmemory\\n")
            os._exit(3)
        if "moon" in question:
            threading.Event().wait()
        (name, text), *_ = ranked(documents, question)
        return {"text": text, "citations": [{"document": name, "quote": text}], "confidence": 0.75}
    return ask

def search(documents):
    return lambda question: [name for name, _ in ranked(documents, question)]

def told(documents):
    return lambda question, history: f"{len(history)} {[d.id for d in documents]}"

def counted(documents):
    def ask(question, k=3):
        return f"{k}"
    return ask

def open_to_more(documents):
    def ask(question, **more):
        return f"{len(more)}"
    return ask

def remembering(documents):
    def ask(question, history=(), k=3):
        return f"{len(history)} {k}"
    return ask

async def later(documents):
    async def ask(question):
        return "I could not find that." if "moon" in question else ranked(documents, question)[0][1]
    return ask

def broken(documents):
    raise RuntimeError("cannot be built")

class Nothing:
    pass

def nothing(documents):
    return Nothing()
"""


@pytest.fixture
def harness() -> Harness:
    return word_harness()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which has the module ``own`` and a dataset."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN)
    squad(tmp_path)
    return tmp_path


def town(folder: Path) -> Dataset:
    return load_dataset(folder / "town.json")


def test_a_pipeline_is_built_from_the_documents_and_each_failure_costs_its_own_question(folder: Path) -> None:
    run = evaluate(town(folder), "python:own:build", task="qa", out=folder / "runs", timeout=3.0)
    raised = 1 + next(number for number, line in enumerate(OWN.splitlines()) if "raise ValueError" in line)
    assert {record["id"]: record["error"] for record in run.failures} == {
        "Grain-0-0": f"ValueError: no winter (own.py:{raised})",
        "Grain-0-1": "the process of own:build ended (exit 3): memory",
        "Grain-0-2": "TimeoutError: no answer within 3 seconds",
    }
    answers = {record["id"]: record["answer"] for record in run.records if "error" not in record}
    built = answers["Pumps-0-1"]
    assert (built["text"], built["confidence"]) == ("The pump was built by Ann Miller in 1890.[1]", 0.75)
    (citation,) = built["citations"]
    assert (citation["source"], citation["start"], citation["quote"]) == ("Pumps/1", 37, built["statements"][0]["text"])
    assert all(record["seconds"] > 0 for record in run.records)
    if Path("/proc/self/task").is_dir():  # only Linux tells of other processes
        peaks = [record["cost"]["peak_memory"] for record in run.records if "error" not in record]
        assert all(5e6 < peak < 100e6 for peak in peaks)  # a small Python, without the bench
    assert run.config["own"] is False
    assert run.config["models"]["python"] == ".".join(map(str, sys.version_info[:3]))


def test_rankings_are_names_of_documents(folder: Path) -> None:
    run = evaluate(load_dataset(beir(folder)), "python:own:search", out=folder / "runs")
    assert value(run, "P@1") == 1.0
    assert run.config["task"] == "retrieval"


def test_asynchronous_functions_are_awaited_and_refusals_in_words_are_refusals(folder: Path) -> None:
    run = evaluate(town(folder), "python:own:later", task="qa", out=folder / "runs")
    assert not run.failures
    answers = {record["id"]: record["answer"] for record in run.records}
    assert not answers["Grain-0-2"]["answered"]
    assert answers["Pumps-1-0"]["text"] == "The river Gamma is 12 miles long."
    assert not any(name.startswith("citation") for name in run.metrics["metrics"])  # it gave none


@pytest.mark.parametrize("source", [{"names": ["Pumps/1"]}])
@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("I don't know the exact day. It opens in spring [1].", False),
        ("I don't know the exact day [1].", True),
        ("I don't know the exact day. It opens in spring [2].", True),
    ],
)
def test_what_another_sentence_cites_is_no_refusal_wherever_the_sources_stand(
    folder: Path, text: str, refuses: bool, source: dict[str, Any]
) -> None:
    documents = town(folder).documents
    own = {"text": text, "citations": ["Pumps/1"]}
    replies: list[dict[str, Any]] = [
        {"text": text, "sources": [source]},
        {"text": text, "citations": [source]},
        {"own": own},
        {"own": {"text": text, "sources": [source]}},
    ]
    lookup = DocumentLookup(documents)
    scored = [as_reply(as_returned(reply, "qa", documents), "?", lookup) for reply in replies]
    assert [reply.answer["answered"] for reply in scored] == [not refuses] * 4


def test_earlier_turns_reach_functions_that_take_them_and_fail_others(folder: Path) -> None:
    dataset = town(folder)
    items = [replace(item, after=("Alpha?", "And?"), replies=("Pumps.", "")) for item in dataset.items[:1]]
    talk = replace(dataset, items=(*items, dataset.items[1]))
    run = evaluate(talk, "python:own:told", task="qa", out=folder / "runs")
    assert [record["answer"]["text"][0] for record in run.records] == ["2", "0"]
    run = evaluate(talk, "python:own:search", task="qa", out=folder / "runs")
    assert "let build return a function of question and history" in run.failures[0]["error"]


def test_a_parameter_with_a_default_is_no_history_unless_it_is_called_so(folder: Path) -> None:
    dataset = town(folder)
    for name, said in (("counted", "3"), ("open_to_more", "0")):
        run = evaluate(dataset, f"python:own:{name}", task="qa", out=folder / "runs", limit=1)
        assert [record["answer"]["text"] for record in run.records] == [said]
    talk = replace(dataset, items=(replace(dataset.items[0], after=("Alpha?",), replies=("Pumps.",)),))
    run = evaluate(talk, "python:own:remembering", task="qa", out=folder / "runs")
    assert [record["answer"]["text"] for record in run.records] == ["1 3"]
    run = evaluate(talk, "python:own:counted", task="qa", out=folder / "runs")
    assert "let build return a function of question and history" in run.failures[0]["error"]


def test_questions_with_documents_of_their_own_are_asked_of_these_alone(folder: Path) -> None:
    dataset = town(folder)
    items = tuple(replace(item, among=tuple(item.relevant)) for item in dataset.items)
    run = evaluate(replace(dataset, items=items), "python:own:told", task="qa", out=folder / "runs")
    assert {record["answer"]["text"] for record in run.records} == {f"0 ['{own}']" for own in dataset.documents}
    others = {"more": replace(dataset.documents["Grain/1"], text="Delta sells iron.")}
    run = evaluate(replace(dataset, items=items), "python:own:told", task="qa", out=folder / "all", distractors=others)
    assert {record["answer"]["text"] for record in run.records} == {
        f"0 {[*dataset.documents, 'distractors/more']}"
    }  # fmt: skip


def test_what_is_no_answer_costs_the_question(folder: Path) -> None:
    run = evaluate(town(folder), "python:own:nothing", task="qa", out=folder / "runs", limit=1)
    assert run.failures[0]["error"].startswith("TypeError: Nothing cannot be asked")


@pytest.mark.parametrize(
    ("system", "reason"),
    [
        ("python:gone:build", "gone:build cannot be imported: ModuleNotFoundError: No module named 'gone'"),
        ("python:own:gone", "own:gone cannot be imported: AttributeError: module 'own' has no attribute 'gone'"),
        ("python:own:broken", "RuntimeError: cannot be built (own.py:"),
        ("python:own", "python:own names no pipeline: write python:MODULE:ATTRIBUTE"),
        ("langchains:own:build", "there is no system langchains:own:build for the task qa"),
    ],
)
def test_what_cannot_be_imported_or_built_is_told_before_anything_is_asked(
    run: Command, folder: Path, system: str, reason: str
) -> None:
    fails(run("eval", "town.json", "--task", "qa", "--system", system), reason)
    assert not list(folder.glob("runs/town*"))


def test_the_interpreter_is_checked(run: Command, folder: Path) -> None:
    asked = ("eval", "town.json", "--task", "qa", "--system", "python:own:build", "--python")
    fails(run(*asked, "peers/bin/python"), "peers/bin/python is no Python that can be run: name the environment's")
    (folder / "python").write_text("#!/nowhere\n")
    (folder / "python").chmod(0o755)
    fails(run(*asked, "./python"), "cannot be run")
    assert run("eval", "town.json", "--task", "qa", "--python", "python3").code == 2
    assert run(*asked[:-1], "--set", "top_k=3").code == 2


@pytest.mark.usefixtures("folder")
def test_the_command_measures_a_pipeline(run: Command) -> None:
    asked = ("eval", "town.json", "--task", "qa", "--system", "python:own:later", "--python", sys.executable)
    done = run(*asked, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json["run"] == "runs/town-qa-python_own_later"
    fails(run(*asked, "--jobs", "2"), "one at a time")


def test_tasks_that_are_more_than_a_question_are_refused(folder: Path) -> None:
    with pytest.raises(SystemChoiceError, match="the task must be qa or visitors or retrieval"):
        evaluate(town(folder), "python:own:build", task="reading", out=folder)
    with pytest.raises(SystemChoiceError, match="searches no index"):
        evaluate(town(folder), "python:own:build", task="qa", out=folder, index=folder)


@pytest.mark.usefixtures("folder")
def test_a_worker_is_ended_and_started_again() -> None:
    process = WorkerProcess(Path(sys.executable), "python", "own:told")
    documents: dict[str, Any] = {"documents": [["a", "", "Alpha."]], "alone": False}
    asked = {"ask": "k", "task": "qa", "question": "?", "history": []}
    for _ in range(2):
        process.start()
        assert process.call({"build": "k", **documents}) == {"built": "k"}
        assert process.call(asked) == {"own": "0 ['a']"}
        process.close()
    process.start()
    with pytest.raises(PipelineError, match="KeyError: 'k'"):
        process.call(asked)
    process.close()
