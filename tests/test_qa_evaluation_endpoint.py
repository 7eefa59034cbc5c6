"""Any HTTP endpoint as a system: what is sent, where its reply is read, and what happens when it fails."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run as Command
from commands import fails
from evaluation_data import beir, squad, value, word_harness
from llm_server import ScriptedServer, sends

from qa import evaluation
from qa.evaluation import Harness, RunError, SystemChoiceError, load_dataset
from qa.evaluation.systems.beside.endpoint import pointed, read_template

evaluate = partial(evaluation.evaluate, harness=word_harness())
JSON = {"Content_Type": "application/json"}
BUILT = "The pump was built by Ann Miller in 1890."
REPLY = {
    "result": {"text": f"{BUILT} [1]", "score": 0.75},
    "hits": [{"meta": {"file": "Pumps/1"}, "snippet": BUILT}, {"meta": {}, "snippet": "Beta  stores grain"}],
}
TEMPLATE = {
    "headers": {"Authorization": "Bearer ${ASKED_KEY}"},
    "body": {"q": "{question}", "options": ["about {question}", 5]},
    "answer": "/result/text",
    "confidence": "/result/score",
    "documents": "/hits",
    "passage": {"document": "/meta/file", "text": "/snippet"},
}


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def template(folder: Path, url: str, **changed: Any) -> str:
    """The name of the system of a template, without the fields that are changed to None."""
    fields = {"url": url, **TEMPLATE, **changed}
    path = folder / "ask.json"
    path.write_text(json.dumps({name: field for name, field in fields.items() if field is not None}))
    return f"http:{path}"


def test_an_endpoint_is_asked_as_the_template_says_and_its_reply_read_where_it_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKED_KEY", "secret")
    dataset = load_dataset(squad(tmp_path))
    with ScriptedServer(sends(200, REPLY, **JSON)) as server:
        run = evaluate(dataset, template(tmp_path, server.url), task="qa", out=tmp_path / "runs", limit=1, seed=1)
    (headers, body), (record,) = *server.requests, run.records
    asked = record["question"]
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"q": asked, "options": [f"about {asked}", 5]}
    (citation, found) = record["answer"]["citations"]
    assert (citation["source"], citation["start"], citation["quote"]) == ("Pumps/1", 37, BUILT)
    assert (found["source"], found["quote"]) == ("Grain/1", "Beta stores grain")
    assert [statement["citations"] for statement in record["answer"]["statements"]] == [[1]]
    assert [passage["source"] for passage in record["answer"]["passages"]] == ["Pumps/1", "Grain/1"]
    assert record["answer"]["confidence"] == 0.75
    assert "secret" not in (run.folder / "config.json").read_text()


def test_citations_may_be_names_alone_and_an_answer_may_be_a_refusal(tmp_path: Path) -> None:
    own = template(tmp_path, "{}", headers={}, citations="/cited", documents=None, passage=None, confidence=None)
    replies = [{"result": {"text": BUILT}, "cited": ["Pumps/1"]}, {"result": {"text": "I don't know."}, "cited": []}]
    dataset = load_dataset(squad(tmp_path))
    with ScriptedServer(*(sends(200, reply, **JSON) for reply in replies)) as server:
        path = Path(own.removeprefix("http:"))
        path.write_text(path.read_text().replace('"{}"', json.dumps(server.url)))
        run = evaluate(dataset, own, task="qa", out=tmp_path / "runs", limit=2)
    first, second = (record["answer"] for record in run.records)
    assert first["text"] == f"{BUILT}[1]"
    assert (second["answered"], second["citations"]) == (False, [])


def test_a_run_is_not_resumed_with_another_template_or_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(squad(tmp_path))
    ask = partial(evaluate, dataset, task="qa", out=tmp_path / "runs", limit=1, resume=True)
    with ScriptedServer(sends(200, REPLY, **JSON)) as server:
        monkeypatch.setenv("ASKED_KEY", "secret")
        monkeypatch.setenv("ASKED_AT", server.url)
        first = ask(template(tmp_path, "${ASKED_AT}"))
        monkeypatch.setenv("ASKED_KEY", "another")  # which is nobody else
        assert ask(template(tmp_path, "${ASKED_AT}")).folder == first.folder
        monkeypatch.setenv("ASKED_AT", f"{server.url}/other")
        with pytest.raises(RunError, match=r"cannot be continued: models\.template was"):
            ask(template(tmp_path, "${ASKED_AT}"))
        monkeypatch.setenv("ASKED_AT", server.url)
        with pytest.raises(RunError, match=r"cannot be continued: models\.template was"):
            ask(template(tmp_path, "${ASKED_AT}", body={"q": "{question}", "top_k": 5}))


def test_documents_alone_are_a_ranking_and_no_answer(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path))
    hits = {"hits": [{"meta": {"file": name}} for name in ("d1", "d2", "d1")]}
    with ScriptedServer(sends(200, hits, **JSON)) as server:
        own = template(tmp_path, server.url, headers={}, answer=None, confidence=None)
        run = evaluate(dataset, own, out=tmp_path / "runs", jobs=2)
        answering = evaluate(load_dataset(squad(tmp_path)), own, task="qa", out=tmp_path / "runs", limit=1)
    assert {tuple(name for name, _ in record["ranking"]) for record in run.records} == {("d1", "d2")}
    assert value(run, "P@1") == pytest.approx(1 / 3)
    assert "ask such a system in the task retrieval" in answering.failures[0]["error"]


def test_each_failure_costs_its_own_question(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    replies = (
        sends(500, b"out of\nmemory"), sends(200, b"<html>"),
        sends(200, {"result": {}, "hits": None}, **JSON),
        sends(200, {"result": {"text": "x", "score": 7}, "hits": []}, **JSON),
        sends(200, {"result": {"text": "x", "score": 1}, "hits": {}}, **JSON),
        sends(200, {"result": {"text": BUILT, "score": 1}, "hits": []}, **JSON),
    )  # fmt: skip
    with ScriptedServer(*replies) as server:
        url = server.url
        run = evaluate(dataset, template(tmp_path, url, headers={}), task="qa", out=tmp_path / "runs")
    path = tmp_path / "ask.json"
    assert [record["error"] for record in run.failures] == [
        f"{url} refuses with status 500: out of memory",
        f"{url} replies with no JSON: <html>",
        f'{path}: answer: nothing stands at /result/text of the reply {{"result": {{}}, "hits": null}}',
        "a confidence must lie between 0 and 1, not 7",
        f"{path}: documents: /hits is no list",
    ]
    gone = evaluate(dataset, f"http:{path}", task="qa", out=tmp_path / "gone", limit=1)
    assert f"{url} cannot be asked" in gone.failures[0]["error"]


def test_a_conversation_is_sent_where_the_body_has_a_place_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    (folder / "town").mkdir(parents=True)
    (folder / "town" / "pump.txt").write_text(BUILT)
    line = {
        "id": "1",
        "corpus": "town",
        "question": "And when?",
        "after": ["Who built it?"],
        "expect": {"all": [["1890"]]},
    }
    (folder / "questions.jsonl").write_text(json.dumps(line))
    reply = {"result": {"text": f"{BUILT} [1]", "score": 1}, "hits": [{"meta": {"file": "pump.txt"}, "snippet": BUILT}]}
    body = {"q": "{question}", "before": "{history}"}
    with ScriptedServer(sends(200, reply, **JSON)) as server:
        run = evaluate(
            load_dataset(folder), template(tmp_path, server.url, headers={}, body=body), out=tmp_path / "runs"
        )
        lost = evaluate(load_dataset(folder), template(tmp_path, server.url, headers={}), out=tmp_path / "runs")
    assert value(run, "right") == 1.0
    assert [sent for _, sent in server.requests[:2]] == [
        {"q": "Who built it?", "before": []},
        {"q": "And when?", "before": [
            {"role": "user", "content": "Who built it?"}, {"role": "assistant", "content": f"{BUILT}[1]"},
        ]},
    ]  # fmt: skip
    assert "a question in a conversation needs {history} in the body" in lost.failures[0]["error"]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{", "Invalid JSON"),
        ('{"answer": "/a"}', "url: Field required"),
        ('{"url": "http://x", "citation": "/a"}', "citation: Extra inputs are not permitted"),
        ('{"url": "http://x", "answer": "a"}', "answer: String should match pattern"),
        ('{"url": "http://x/${NOT_SET}", "answer": "/a"}', "the environment variable NOT_SET is not set"),
        ('{"url": "http://x/$", "answer": "/a"}', "write $$ for a dollar sign that begins no ${NAME}"),
    ],
)
def test_a_wrong_template_is_told_before_anything_is_asked(
    run: Command, tmp_path: Path, written: str, reason: str
) -> None:
    squad(tmp_path)
    (tmp_path / "ask.json").write_text(written)
    done = run("eval", "town.json", "--task", "qa", "--system", "http:ask.json")
    fails(done, "ask.json: ")
    assert reason in done.err


def test_an_address_in_the_place_of_a_template_is_told(run: Command, tmp_path: Path) -> None:
    squad(tmp_path)
    done = run("eval", "town.json", "--task", "qa", "--system", "http://127.0.0.1:1/ask")
    fails(done, "name a JSON file that says how the endpoint is asked")
    with pytest.raises(SystemChoiceError, match="answers from documents of its own"):
        evaluate(
            load_dataset(tmp_path / "town.json"), template(tmp_path, "http://x"), task="qa", out=tmp_path,
            distractors=load_dataset(tmp_path / "town.json").documents,
        )  # fmt: skip


def test_pointers_are_those_of_rfc_6901(tmp_path: Path) -> None:
    value = {"a/b": [{"m~n": 1}], "": 2, "0": 3}
    assert (pointed(value, "/a~1b/0/m~0n"), pointed(value, "/"), pointed(value, "/0")) == (1, 2, 3)
    assert pointed(value, "") == value
    for wrong in ("/a", "/a~1b/1", "/a~1b/x", "/0/1"):
        with pytest.raises(LookupError):
            pointed(value, wrong)
    template(tmp_path, "http://x", answer="")
    assert read_template(tmp_path / "ask.json").answer == ""
