"""The bundled corpus is answerable out of the box: with the shipped models, by the figures that the README gives.

The required numbers are a little below those measured, so that rounding on another processor does not fail the suite,
but a change that answers worse does. Every ninth question is asked, and slowly every third, a third of the answerable
and of the others; ``python -m benchmarks.sample`` asks all 70 and prints what is reached.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fakes import ROOT

from benchmarks.sample import DEFAULT, ask_all, is_right, without_timings
from documents.load import sample_paths
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import open_assistant, open_ingest
from qa.cli.chat import EXAMPLES
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource

RIGHT = {9: (3, 5), 3: (10, 14)}  # at least so many of the answerable, asking every ninth or third question
REFUSED = {9: (2, 3), 3: (8, 10)}  # and of the others

Asked = tuple[list[dict[str, Any]], list[Answer]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder, in whose .refdesk the sample documents are indexed."""
    return tmp_path_factory.mktemp("sample")


@pytest.fixture(scope="module")
def assistant(folder: Path) -> Assistant:
    chosen = settings.read(index=folder / ".refdesk")
    report = open_ingest(chosen).update(sample_paths())
    assert (len(report.added), report.failed) == (2, {})
    return open_assistant(chosen)


@pytest.fixture(scope="module", params=[9, pytest.param(3, marks=pytest.mark.slow)])
def every(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def asked(assistant: Assistant, every: int) -> Asked:
    questions = [json.loads(line) for line in Path(DEFAULT).read_text("utf-8").splitlines()][::every]
    return questions, ask_all(assistant, questions)[0]


def test_enough_answerable_questions_are_answered_and_others_refused(asked: Asked, every: int) -> None:
    pairs = list(zip(*asked, strict=True))
    right = [is_right(answer, gold) for gold, answer in pairs if gold["answerable"]]
    refused = [not answer.answered for gold, answer in pairs if not gold["answerable"]]
    for found, (least, of) in ((right, RIGHT[every]), (refused, REFUSED[every])):
        assert len(found) == of
        assert sum(found) >= least


def test_every_answer_verifies(asked: Asked, assistant: Assistant) -> None:
    with assistant.index.store.snapshot() as snapshot:
        texts = {source.document_id: snapshot.document(source.document_id) for source in snapshot.sources()}
    for answer in asked[1]:
        assert problems(json.loads(json.dumps(answer.to_dict())), VerificationSource(texts.get)) == []


def test_a_second_run_gives_the_same_answers_byte_for_byte(asked: Asked, assistant: Assistant) -> None:
    questions, answers = asked
    some = slice(None, None, 8)
    again, _ = ask_all(assistant, questions[some])
    assert [without_timings(answer) for answer in again] == [without_timings(answer) for answer in answers[some]]


def test_the_chats_first_example_is_answered(assistant: Assistant) -> None:
    answer = assistant.ask(EXAMPLES[0])
    assert answer.answered
    assert "5G" in answer.citations[0].quote


def test_the_bundled_guide_answers_how_to_add_documents(assistant: Assistant) -> None:
    answer = assistant.ask("How do I add my own documents?")
    assert answer.answered
    assert "refdesk index" in answer.text
    assert answer.citations[0].passage.source.name == "guide.md"


@pytest.mark.usefixtures("assistant")
def test_the_readmes_python_example_runs_as_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (example,) = re.findall(
        r"^```python\n(.+?)^```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    exec(compile(example, "README.md", "exec"), {})
    said, *cited = capsys.readouterr().out.splitlines()
    assert "July 2 to 5, 2025" in said
    assert cited == [f"[1] benchmark-city-global-digital-economy.txt, 1342–1705: {said.removesuffix('[1]')}"]
