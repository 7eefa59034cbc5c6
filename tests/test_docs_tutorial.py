"""``docs/tutorial.md`` is followed as it is written: with small models, and slowly with the shipped ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from commands import Run
from evaluation_data import word_harness
from fakes import ROOT

from benchmarks.tutorial import commands
from qa.evaluation import Harness, load_dataset

PAGE = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
# Without those about LangChain's chain, which wants an environment of its own: the slow tests of the recipes ask it.
COMMANDS = [own.removeprefix("refdesk ") for own in commands() if own.startswith("refdesk ") and "chain" not in own]


@pytest.fixture(params=["small", pytest.param("shipped", marks=pytest.mark.slow)])
def harness(request: pytest.FixtureRequest) -> Harness | None:
    return word_harness() if request.param == "small" else None


def test_every_command_of_the_tutorial_does_what_it_says(
    run: Run, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for folder in ("benchmarks", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    assert len(COMMANDS) == 7
    said: list[str] = []
    for command in COMMANDS:
        done = run(*shlex.split(command))
        assert done.code == 0, command
        # The draft is asked as it is: nobody has checked it here.
        assert done.err == "" or ("pool.questions" in command and "still to be checked" in done.err), command
        said.append(done.out)
    made = {path.name for path in (tmp_path / "try").iterdir()}
    assert re.search(r"kind +questions +right +partly", said[1])
    assert re.search(r"kind +questions +right +EM +F1 +answered +ECE", said[3])
    named = set(re.findall(r"`?try/([\w.-]+)", PAGE))
    assert named <= made | {"pool-qa-chain"}
    last = re.sub(r"\s+", " ", said[4])
    found = re.search(
        r"(B is \w+ than A|no significant difference between A and B): right \S+ \(.*?\), p [=<] [\d.]+", last
    )
    assert found, last
    assert "pool-qa-default-top_k=3" in re.sub(r"\s", "", said[6])
    if "shipped" in request.node.name:
        assert re.sub(r"\s+", " ", PAGE).count(found[0]) == 1


def test_the_questions_of_the_tutorial_are_answered_by_its_documents() -> None:
    dataset = load_dataset(ROOT / "docs" / "tutorial" / "pool.jsonl", corpus=ROOT / "benchmarks" / "pool")
    assert (len(dataset.items), sum(not item.answerable for item in dataset.items)) == (22, 6)
    for item in dataset.items:
        assert not item.answers or any(
            answer.text.casefold() in document.text.casefold()
            for answer in item.answers for name, document in dataset.documents.items() if name in item.relevant
        ), item.question  # fmt: skip
