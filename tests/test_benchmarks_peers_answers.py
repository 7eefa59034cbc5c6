"""The table of answers beside other frameworks: its arithmetic on made runs, and, marked slow, the systems."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import word_harness
from fakes import ROOT
from llm_server import gguf

from benchmarks.peers_answers import HEAD, SYSTEMS, load, options_of, outcome, table, to_read, verdicts_read
from qa.evaluation import evaluate, load_dataset

PEERS = os.environ.get("REFDESK_PEERS")  # read at once: tests see no such variable
TEXT = "The gate opens at seven. Sheds may be two metres high."
GATE, SHEDS = TEXT[:24], TEXT[25:]
ASKED: list[dict[str, Any]] = [
    {
        "id": "1",
        "question": "When does the gate open?",
        "expect": {"all": [["at seven"]], "cite": ["rules.txt"]},
        "evidence": [GATE],
    },
    {
        "id": "2",
        "question": "How high is a shed?",
        "expect": {"all": [["two metres"]], "cite": ["rules.txt"]},
        "evidence": [SHEDS],
    },
    {"id": "3", "question": "When does it close?", "expect": {"kind": "refusal"}},
    {"id": "4", "question": "Gate and sheds?", "expect": {"all": [["seven"], ["two metres"]]}},
    {"id": "5", "question": "And then?", "after": ["When does the gate open?"], "expect": {"all": [["seven"]]}},
]


def gardens(folder: Path) -> Path:
    """Visitors' questions about one document, in the folder's part manuals."""
    (folder / "manuals" / "allotment").mkdir(parents=True)
    (folder / "manuals" / "allotment" / "rules.txt").write_text(TEXT)
    rows = "".join(json.dumps({"corpus": "allotment", **own}) + "\n" for own in ASKED)
    (folder / "manuals" / "questions.jsonl").write_text(rows)
    return folder


def quoting(question: str, *_: object) -> object:
    """Finds the first sentence alone, and cites it for whatever it says; what it does not know it refuses."""
    if "close" in question:
        return None
    found = [{"document": "rules.txt", "quote": GATE}]
    says = "Two metres [1]" if "shed?" in question else "It opens at seven [1]"
    return {"text": says, "citations": found, "passages": found}


def test_the_table_counts_what_is_found_what_is_right_by_its_words_and_what_is_cited_rightly(tmp_path: Path) -> None:
    data = gardens(tmp_path)
    dataset = load("manuals", data)
    assert [item.id for item in dataset.items] == ["1", "2", "3", "4"]  # no question in a conversation
    for system, answer in (("refdesk", quoting), ("txtai", lambda *_: "It opens at seven")):
        evaluate(dataset, answer, name=system, out=tmp_path / "runs" / "manuals", harness=word_harness())
    options = options_of(["--data", str(data), "--sets", "manuals", "--out", str(tmp_path / "runs")])
    head, rule, *rows = table(["refdesk", "txtai", "haystack"], ["manuals"], options)
    assert head == "| " + " | ".join(HEAD) + " |"
    assert rule.count("---") == len(HEAD)
    quoted, told, missing = ([cell.strip() for cell in row.split("|")[1:-1]] for row in rows)
    assert quoted[:10] == ["manuals", "refdesk", "4", "0.500", "0.750", "0.250", "0.000", "0.000", "–", "1 of 2"]
    assert told[:10] == ["manuals", "txtai", "4", "–", "0.250", "0.250", "0.500", "0.000", "–", "–"]
    assert missing[2] == "not finished"
    assert {len(quoted), len(told), len(missing)} == {len(HEAD)}
    unread = list(to_read(["refdesk", "txtai"], ["manuals"], options))
    assert [own["system"] for own in unread] == 3 * ["refdesk"] + 4 * ["txtai"]
    assert unread[1] == {
        "system": "refdesk",
        "id": "2",
        "question": "How high is a shed?",
        "gold": [["two metres"]],
        "text": "Two metres[1]",
        "verdict": "",
    }
    options.read = tmp_path / "read.jsonl"
    verdicts = ("right", "right", "partly", "right", "wrong", "wrong", "wrong")
    rows = (json.dumps({**own, "verdict": verdict}) for own, verdict in zip(unread, verdicts, strict=True))
    options.read.write_text("\n".join(rows))
    _, _, *rows = table(["refdesk", "txtai"], ["manuals"], options)
    assert [row.split("|")[9].strip() for row in rows] == ["0.750", "0.250"]
    assert list(to_read(["refdesk", "txtai"], ["manuals"], options)) == []


@pytest.mark.parametrize("verdict", ["", "rihgt"])
def test_an_answer_without_a_verdict_is_told_by_its_line_and_not_counted_as_wrong(tmp_path: Path, verdict: str) -> None:
    read = {"system": "refdesk", "id": "1", "question": "?", "text": "At seven.", "verdict": "right"}
    path = tmp_path / "read.jsonl"
    path.write_text("\n".join(json.dumps({**read, "verdict": own}) for own in ("right", verdict)))
    with pytest.raises(SystemExit, match=r"read\.jsonl: line 2: verdict must be one of right, partly, wrong, refused"):
        verdicts_read(path)


def test_a_question_that_failed_is_wrong_and_one_that_was_refused_is_refused() -> None:
    assert outcome({"metrics": {"right": 0.0}, "said": False, "error": "late"}) == "wrong"
    assert outcome({"metrics": {"right": 0.0}, "said": False}) == "refused"
    assert outcome({"metrics": {"right": 1.0}, "said": False}) == "right"


def test_the_sample_and_the_everyday_documents_are_read() -> None:
    sample, everyday = load("sample", None), load("everyday", None)
    assert len(sample.items) == 60
    assert len(everyday.items) == 1997
    assert not any(item.expect.cite for item in everyday.items if item.expect)
    whole = load_dataset(ROOT / "benchmarks" / "everyday")
    assert len(whole.items) - len(everyday.items) == sum(bool(item.after) for item in whole.items)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["--sets", "sample,houses"], "there is no houses: everyday, manuals, sample"),
        (["--systems", "ragflow"], "there is no ragflow: refdesk, refdesk-writer"),
        (["--python", "nowhere/python"], "nowhere/python is no file: name the environment's bin/python"),
        ([], "name the folder that has manuals with --data"),
    ],
)
def test_bad_options_are_told_in_a_line(given: list[str], reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_of(given)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_every_system_answers_with_a_small_model_and_goes_on_where_it_was(tmp_path: Path) -> None:
    if not PEERS:
        pytest.skip("for want of REFDESK_PEERS: name a folder for the environments of other frameworks")
    python = Path(PEERS) / "writing" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        requirements = ROOT / "benchmarks" / "peers.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    options = ["--python", python, "--sets", "sample", "--limit", "2", "--out", tmp_path, "--model", gguf()]
    command = [sys.executable, "-m", "benchmarks.peers_answers", *map(str, options)]
    first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert first.stdout.count("| 2 |") == len(SYSTEMS), first.stderr
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (again.stdout, again.stderr) == (first.stdout, "")
    for folder in (tmp_path / "sample-2").iterdir():
        if (folder / "answers.jsonl").exists():
            records = [json.loads(line) for line in (folder / "answers.jsonl").read_text("utf-8").splitlines()]
            assert not any("error" in record for record in records), folder
