"""Written answers from the command line: by a scripted server, and by llama.cpp with a model that invents facts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from commands import Run
from llm_server import DONE, FINE, ScriptedServer, event, gguf, sends, streams

from documents.load import sample_paths
from index.search import Index
from index.store import Store
from qa import settings
from qa.answer import Answer
from qa.answer.notices import BROKEN_OFF, NOTHING_LEFT, UNAVAILABLE
from qa.answer.written import WrittenSentences
from qa.assistant import Assistant, compose
from qa.llm.llamacpp import LlamaCpp
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.saved.verify import NOT_CHECKED

QUESTION = "How many 5G base stations does Beijing have?"
ELSEWHERE = "How many spacecraft are circling the earth?"
TRUE = (
    "It has already established over 140,000 5G base stations, with the development of commercial satellite "
    "constellations steadily advancing, and more than 100 satellites currently in orbit"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "index"
    compose.open_ingest(settings.read(index=folder)).update(sample_paths())
    return folder


def written(*parts: str) -> tuple[bytes, ...]:
    return (*(event(part) for part in parts), event(finish="stop"), DONE)


def test_ask_gives_only_sentences_that_the_documents_support(run: Run, index: Path) -> None:
    lie = "Beijing has over 150,000 5G base stations [1]. "
    with ScriptedServer(streams(*written(f"{TRUE} [2]. ", lie, "It has no satellites."))) as server:
        done = run("ask", QUESTION, "--index", index, "--backend", "openai", "--base-url", server.url,
                   "--model", "any", "--json")  # fmt: skip
    assert (done.code, done.err) == (0, "")
    answer = done.json
    assert answer["text"] == f"{TRUE}.[1]"  # what is nearest to the others is cited already
    assert answer["note"] == WrittenSentences(written=3, shown=1, replaced=2).note
    assert "140,000" in answer["citations"][0]["quote"]
    assert answer["model"]["backend"] == answer["model"]["generator"] == "openai:any"
    assert answer["model"]["calibration"] == "not calibrated for written answers"
    (saved := index.parent / "answer.json").write_text(json.dumps(answer))
    checked = run("verify", saved, "--index", index)
    assert checked.code == 0
    assert checked.out.startswith(f"1 answers, 1 citations checked, 0 problems\nNot checked: {NOT_CHECKED[0]}; ")


@pytest.mark.parametrize(
    ("reply", "note", "logged"),
    [
        (sends(404, {"error": {"message": "no such model"}}), UNAVAILABLE, "any"),
        (sends(200, b"<html>Welcome</html>"), UNAVAILABLE, ""),
        (streams(*written("The moon is made of cheese.")), NOTHING_LEFT, None),
        (streams(event(f"{TRUE}. It"), event(" has")), BROKEN_OFF, ""),
    ],
)  # fmt: skip
def test_a_failure_of_the_model_is_a_note_in_the_answer_and_a_line_in_the_log(
    run: Run, index: Path, reply: object, note: str, logged: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer(reply) as server:  # type: ignore[arg-type]
        done = run("ask", QUESTION, "--index", index, "--backend", "openai", "--base-url", server.url, "--model", "any")
    assert done.code == 0
    assert "140,000" in done.out
    assert note in done.out
    assert len(caplog.messages) == (0 if logged is None else 1)
    assert all("\n" not in line and (logged or "") in line for line in caplog.messages)


def test_a_backend_without_a_model_is_an_error_before_a_question_is_asked(run: Run, index: Path) -> None:
    for backend in ("openai", "llamacpp", "transformers"):
        done = run("ask", QUESTION, "--index", index, "--backend", backend)
        assert done.code == 1
        assert done.err.startswith("refdesk: ")
        assert "REFDESK_MODEL" in done.err
        assert done.err.count("\n") == 1
    done = run("ask", QUESTION, "--index", index, "--backend", "poet")
    assert (done.code, done.err.count("\n")) == (1, 1)


def test_a_follow_up_on_the_command_line(run: Run, index: Path, tmp_path: Path) -> None:
    first = run("ask", QUESTION, "--index", index, "--json").json
    (tmp_path / "first.json").write_text(json.dumps(first))
    done = run("ask", "And how many satellites?", "--after", tmp_path / "first.json", "--index", index, "--json")
    assert done.json["question"] == "And how many satellites?"
    assert re.fullmatch(r"5G base stations.*: And how many satellites\?", done.json["standalone_question"])
    assert "100 satellites" in done.json["text"]
    assert "understand" in done.json["timings_ms"]
    missing = run("ask", "And now?", "--after", tmp_path / "none.json", "--index", index)
    assert (missing.code, missing.err.count("\n")) == (1, 1)


def test_closed_book_asks_the_model_without_documents(run: Run, tmp_path: Path) -> None:
    asked = tmp_path / "qa.jsonl"
    asked.write_text(json.dumps({"question": "What is the capital of France?", "answer": ["Paris"]}) + "\n")
    with ScriptedServer(FINE) as server:
        done = run("eval", asked, "--system", "closed-book", "--backend", "openai", "--base-url", server.url,
                   "--model", "any", "--out", tmp_path / "runs", "--json")  # fmt: skip
        (_, body) = server.requests[0]
    assert done.code == 0, done.err
    assert done.json["metrics"]["EM"]["value"] == 1.0
    assert [message["content"] for message in body["messages"]][-1] == "What is the capital of France?"


@pytest.fixture(scope="module")
def inventive(index: Path) -> Assistant:
    chosen = settings.read(index=index, unsupported="strike", max_tokens=48)
    models = compose.load_models(chosen)
    return Assistant(
        Index(Store(index), models.embedder, models.reranker),
        compose.extractor_of(models),
        writer=compose.writer_of(LlamaCpp(gguf(), context=600), models, chosen),
    )


@pytest.fixture(scope="module")
def invented(inventive: Assistant) -> Answer:
    return inventive.ask(ELSEWHERE)


@pytest.mark.parametrize("question", [pytest.param(QUESTION, marks=pytest.mark.slow), ELSEWHERE])
def test_an_answer_of_a_weak_model_has_no_number_that_its_quotes_lack(
    inventive: Assistant, invented: Answer, index: Path, question: str
) -> None:
    answer = invented if question == ELSEWHERE else inventive.ask(question)
    assert answer.answered
    with Store(index).snapshot() as snapshot:
        documents = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    assert problems(answer.to_dict(), VerificationSource(documents.get)) == []
    quotes = {citation.number: citation.quote for citation in answer.citations}
    for statement in answer.statements:
        if statement.status != "unsupported":
            quoted = " ".join(quotes[number] for number in statement.citations)
            assert set(re.findall(r"\d[\d,.]*\d|\d", statement.text)) <= set(re.findall(r"\d[\d,.]*\d|\d", quoted))


@pytest.mark.slow
def test_the_same_question_gets_the_same_written_answer(inventive: Assistant, invented: Answer) -> None:
    again = inventive.ask(ELSEWHERE).to_dict()
    assert {**again, "timings_ms": 0} == {**invented.to_dict(), "timings_ms": 0}
