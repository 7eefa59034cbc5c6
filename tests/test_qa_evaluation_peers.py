"""The recipes of ``benchmarks/beside``, asked for real in environments with their frameworks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from evaluation_data import value, word_harness
from fakes import ROOT

from qa import evaluation
from qa.evaluation import Dataset, load_dataset

evaluate = partial(evaluation.evaluate, harness=word_harness())
RECIPES = ROOT / "benchmarks" / "beside"
PEERS = os.environ.get("REFDESK_PEERS")  # read at once: tests see no such variable
TEXTS = {
    "pump.txt": "Alpha pumps water into the old town. The pump was built by Ann Miller in 1890. It is cleaned.",
    "grain.txt": "Beta stores grain for the winter. The granary holds 300 tons of wheat. Nobody may smoke in it.",
    "mill.txt": "The river Gamma is 12 miles long. It feeds the mill of the town. The mill is open on Sundays.",
}
ASKED = (
    ("Who built the pump?", "Ann Miller", "pump.txt"),
    ("How many tons of wheat does the granary hold?", "300 tons", "grain.txt"),
    ("How long is the river Gamma?", "12 miles", "mill.txt"),
    ("When is the mill open?", "Sundays", "mill.txt"),
    ("Where is grain stored for the winter?", "Beta", "grain.txt"),
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    (tmp_path / "texts").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "texts" / name).write_text(text)
    rows = [{"question": question, "answers": [answer], "source": source} for question, answer, source in ASKED]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_dataset(tmp_path / "q.jsonl", corpus=tmp_path / "texts")


def interpreter(framework: str) -> str:
    """That of the framework's environment, which is made if it is not there."""
    if not PEERS:
        pytest.skip("for want of REFDESK_PEERS: name a folder for the environments of other frameworks")
    folder = Path(PEERS) / framework
    if not (folder / "bin" / "python").exists():
        requirements = RECIPES / "requirements" / f"{framework}.txt"
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-q", "-r", requirements], check=True)
    return str(folder / "bin" / "python")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "module"),
    [
        ("langchain", "langchain_chain"),
        ("llamaindex", "llamaindex_engine"),
        ("haystack", "haystack_pipeline"),
        ("txtai", "txtai_index"),
    ],
)
def test_a_recipe_finds_and_answers(
    framework: str, module: str, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = interpreter(framework)
    shutil.copy(RECIPES / f"{module}.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    found = evaluate(dataset, f"{framework}:{module}:retriever", task="retrieval", out=tmp_path, python=python)
    assert not found.failures
    assert value(found, "P@1") >= 0.6
    run = evaluate(dataset, f"{framework}:{module}:build", task="qa", out=tmp_path, python=python)
    assert not run.failures
    for name in ("answered", "citations_hold", "citation_precision"):
        assert value(run, name) == 1.0, name
    assert value(run, "answer_in_statement") >= 0.4
    for record in run.records:
        cited, *_ = record["answer"]["citations"]
        assert cited["quote"].strip() in TEXTS[cited["source"]]
        assert record["answer"]["passages"]


def test_the_guide_shows_a_recipe_as_it_is() -> None:
    guide = (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    whole = (RECIPES / "langchain_chain.py").read_text("utf-8")
    assert whole.partition("\n\n")[2].strip() in guide
    names = [path.name for path in RECIPES.glob("[a-z]*.py")]
    assert len(names) == 5
    assert all(name in guide for name in names)
