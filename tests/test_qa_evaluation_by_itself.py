"""Baselines for written answers: the model without documents, and with them but without verification."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from evaluation_data import word_harness
from fakes import Desk, QuoteTheBest, ScriptedGenerator, WordVerifier, filled
from llm_server import DONE, ScriptedServer, event, streams

from qa import evaluation, settings
from qa.answer import Answer, Stage
from qa.assistant import Assistant
from qa.evaluation import SystemChoiceError, load_dataset
from qa.evaluation.runs.check import check_run
from qa.evaluation.systems.by_itself import UnverifiedWriter
from qa.settings import Settings

QUESTION = "Beta stores what?"
evaluate = partial(evaluation.evaluate, harness=word_harness())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return filled(tmp_path)


def ask(desk: Desk, reply: str, question: str = QUESTION) -> tuple[list[Stage], Answer, WordVerifier]:
    verifier = WordVerifier()
    writer = UnverifiedWriter(ScriptedGenerator(reply), verifier)
    *steps, answer = Assistant(desk.index, QuoteTheBest(), writer=writer).answering(question)  # type: ignore[arg-type]
    assert isinstance(answer, Answer)
    return [step for step in steps if isinstance(step, Stage)], answer, verifier


def test_what_the_model_writes_stands_as_it_is_with_its_own_citations(desk: Desk) -> None:
    stages, answer, verifier = ask(desk, "Beta stores gold [1]. The moon is cheese. Gamma sells `iron` [9, 1].")
    assert [(own.text, own.citations, own.support) for own in answer.said] == [
        ("Beta stores gold.", (1,), 0.0),
        ("The moon is cheese.", (), 0.0),
        ("Gamma sells iron.", (1,), 0.0),
    ]
    assert [own.quote for own in answer.citations] == ["Beta stores grain."]
    assert answer.text == "Beta stores gold.[1] The moon is cheese. Gamma sells iron.[1]"
    assert (answer.model["verifier"], answer.model["backend"], verifier.asked) == ("none", "scripted@1", [])
    assert stages[-1] == Stage("write")


def test_it_declines_and_is_asked_as_the_verified_one_is(desk: Desk) -> None:
    _, declined, _ = ask(desk, "NOT FOUND")
    assert (declined.kind, declined.citations, declined.model["verifier"]) == ("refusal", (), "none")
    _, refused, _ = ask(desk, "Beta stores grain.", "Who painted the ceiling of the old chapel?")
    assert (refused.kind, refused.model.get("verifier")) == ("refusal", None)


def served(server: ScriptedServer) -> Settings:
    return settings.read(backend="openai", base_url=server.url, model="any")


def questions(tmp_path: Path) -> Path:
    """A folder with a document, and a question about it behind another."""
    (tmp_path / "town").mkdir()
    (tmp_path / "town" / "pumps.txt").write_text("Alpha pumps water into the old town. The pump is green.")
    rows = [
        {"question": "What does Alpha pump into the old town?", "after": ["Who is Alpha?"],
         "kind": "fact", "corpus": "town", "expect": {"all": [["oil"]]}},
    ]  # fmt: skip
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_visitors_ask_the_model_without_documents_behind_what_was_said(tmp_path: Path) -> None:
    with ScriptedServer(streams(event("Oil"), event(finish="stop"), DONE)) as server:
        run = evaluate(load_dataset(questions(tmp_path)), "closed-book", settings=served(server), out=tmp_path / "runs")
        messages = [(own["role"], own["content"]) for own in server.requests[-1][1]["messages"]]
    assert messages[1:] == [
        ("user", "Who is Alpha?"),
        ("assistant", "Oil"),  # its own answer
        ("user", "What does Alpha pump into the old town?"),
    ]
    assert (run.records[0]["answer"]["text"], run.records[0]["metrics"]["right"]) == ("Oil", 1.0)


def test_visitors_ask_the_model_with_documents_but_nothing_is_verified(tmp_path: Path) -> None:
    reply = streams(event("Alpha pumps oil into the old town [1]."), event(finish="stop"), DONE)
    with ScriptedServer(reply) as server:
        chosen = served(server)
        run = evaluate(load_dataset(questions(tmp_path)), "unverified", settings=chosen, out=tmp_path / "runs")
    (record,) = run.records
    assert record["answer"]["text"] == "Alpha pumps oil into the old town.[1]"
    assert "Alpha pumps water" in record["answer"]["citations"][0]["quote"]
    assert record["metrics"]["right"] == 1.0  # as the question has it
    assert run.config["models"]["verifier"] == "none"
    assert check_run(run.folder).problems == []


def test_a_backend_without_a_model_is_refused(tmp_path: Path) -> None:
    dataset = load_dataset(questions(tmp_path))
    for system in ("closed-book", "unverified"):
        with pytest.raises(SystemChoiceError, match=f"{system} asks a language model, and the backend extractive"):
            evaluate(dataset, system, out=tmp_path / "runs")
