"""What answers cost: measured where they are computed here, told by servers and models, and else unknown, never 0."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run as Command
from evaluation_data import squad, word_harness
from llm_server import ASKED, DONE, Reply, ScriptedServer, event, sends, streams

from qa import evaluation, read_settings
from qa.evaluation import Harness, Run, export_run, import_run, load_dataset, load_run, replay
from qa.evaluation.cost import cost, cost_shown
from qa.evaluation.runs.run import ANSWERS, METRICS
from qa.evaluation.systems.spending import peak_memory, processor_seconds
from qa.llm.openai_server import OpenAIServer
from qa.llm.usage import Meter, Tokens, metered, tokens_in

HARNESS = word_harness()
evaluate = partial(evaluation.evaluate, harness=HARNESS)
COUNTS = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}


@pytest.fixture
def harness() -> Harness:
    return HARNESS


def work(question: str) -> str:
    """Keeps a processor busy, then answers."""
    return f"{question} {sum(number * number for number in range(200_000))}"


def completes(text: str, usage: dict[str, int] | None = None) -> Reply:
    """A server's completion, which tells its usage or not."""
    told = {"usage": usage} if usage else {}
    return sends(200, {"choices": [{"message": {"content": text}}], **told}, Content_Type="application/json")


def told(run: Run, name: str) -> list[Any]:
    return [record["cost"][name] for record in run.records]


def test_what_answers_here_is_measured(tmp_path: Path) -> None:
    run = evaluate(load_dataset(squad(tmp_path)), work, task="qa", out=tmp_path)
    assert all(0 < spent < 60 for spent in told(run, "processor_seconds"))
    peaks = told(run, "peak_memory")
    assert peaks == sorted(peaks)  # the most so far
    assert peaks[0] > 20e6  # no Python with numpy is smaller
    assert told(run, "tokens_in") == [None] * len(run.records)
    figures = run.metrics["cost"]
    assert figures["processor_seconds"]["count"] == len(run.records)
    assert figures["peak_memory"] == peaks[-1]
    assert figures["seconds"]["median"] <= figures["seconds"]["p95"]
    assert (figures["tokens_in"], figures["tokens_out"]) == (None, None)


def test_processes_that_were_started_count_while_they_run() -> None:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("for want of Linux: only it tells of them")
    code = "held = bytearray(300_000_000); sum(range(8_000_000)); print(flush=True); input()"
    before, held, of_others = processor_seconds(os.getpid()), peak_memory(os.getpid()), os.times().children_user
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        after, most = processor_seconds(os.getpid()), peak_memory(os.getpid())
        child.communicate(b"\n")
    assert held
    assert most
    assert most - held > 300_000_000
    took = os.times().children_user - of_others  # by the child, as it is known when it has ended
    assert after - before > took / 2 > 0


def test_what_a_server_does_not_tell_is_unknown(tmp_path: Path) -> None:
    said = "Alpha pumps water."
    with ScriptedServer(completes(said, COUNTS), completes(said)) as server:
        settings = read_settings(base_url=server.url, model="mine")
        dataset = load_dataset(squad(tmp_path))
        run = evaluate(dataset, f"openai:{server.url}", task="qa", out=tmp_path, settings=settings)
    unknown = [None] * (len(run.records) - 1)
    assert told(run, "tokens_in") == [90, *unknown]
    assert told(run, "tokens_out") == [10, *unknown]
    assert {*told(run, "processor_seconds"), *told(run, "peak_memory")} == {None}
    rows = dict(cost_shown(run.metrics["cost"], len(run.records)))
    assert rows["tokens read a question"] == "90, in all 90 (of 1 questions)"
    assert (rows["processor seconds a question"], rows["memory at its peak"]) == ("–", "–")
    page = (run.folder / "report.html").read_text("utf-8")
    assert '<td>memory at its peak</td><td class="n">–</td>' in page
    assert '<td>tokens written a question</td><td class="n">10, in all 10 (of 1 questions)</td>' in page


def test_the_tokens_of_earlier_turns_are_part_of_what_a_question_costs(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "b.txt").write_text("Beta stores grain.")
    row = {"question": "And Beta?", "after": ["Alpha?", "And Gamma?"], "expect": {"all": [["grain"]]}}
    (tmp_path / "q.jsonl").write_text(json.dumps(row))
    with ScriptedServer(completes("Grain.", COUNTS)) as server:
        settings = read_settings(base_url=server.url, model="mine")
        dataset = load_dataset(tmp_path / "q.jsonl", corpus=tmp_path / "docs")
        run = evaluate(dataset, f"openai:{server.url}", out=tmp_path, settings=settings)
        assert len(server.requests) == 3
    assert told(run, "tokens_in") == [3 * 90]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (COUNTS, Tokens(90, 10)),
        ({"prompt_tokens": 5, "completion_tokens": 0}, Tokens(5, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({"prompt_tokens": "9", "completion_tokens": 1}, None),
        ({"total_tokens": 9}, None),
        (None, None),
    ],
)
def test_what_usage_tells(usage: object, expected: Tokens | None) -> None:
    assert tokens_in(usage) == expected


def test_tokens_are_known_only_if_every_call_tells() -> None:
    meter = Meter()
    assert meter.tokens is None
    meter.begin()(Tokens(3, 1))
    assert meter.tokens == (3, 1)
    tell = meter.begin()
    assert meter.tokens is None
    tell(Tokens(4, 2))
    assert meter.tokens == (7, 3)


def last(usage: object) -> bytes:
    return b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"


@pytest.mark.parametrize(("events", "expected"), [([last(COUNTS)], (90, 10)), ([last(None)], None), ([], None)])
def test_a_stream_tells_at_its_end(events: list[bytes], expected: tuple[int, int] | None) -> None:
    reply = streams(event("Par"), event("is.", finish="stop"), *events, DONE)
    with ScriptedServer(reply) as scripted, metered() as meter:
        assert "".join(OpenAIServer("tiny", scripted.url, retries=0).stream(ASKED, 20)) == "Paris."
        assert "stream_options" not in scripted.requests[0][1]
    assert meter.tokens == expected


def test_a_stream_that_is_closed_early_tells_nothing() -> None:
    with ScriptedServer(streams(event("Par"), event("is."), last(COUNTS), DONE)) as scripted, metered() as meter:
        stream = OpenAIServer("tiny", scripted.url, retries=0, tells_usage=True).stream(ASKED, 20)
        next(stream)
        stream.close()
        assert scripted.requests[0][1]["stream_options"] == {"include_usage": True}
    assert meter.tokens is None


def test_replay_compares_tokens_but_no_timings(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    path = tmp_path / "theirs.jsonl"
    rows = [{"id": item.id, "text": "water", "usage": COUNTS, "seconds": 1.5} for item in dataset.items]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = import_run(path, dataset, task="qa", out=tmp_path, harness=HARNESS)
    assert told(run, "tokens_in") == [90] * len(rows)
    assert run.metrics["cost"] == {
        "seconds": {"median": 1.5, "p95": 1.5, "count": 7}, "processor_seconds": None, "peak_memory": None,
        "tokens_in": {"mean": 90.0, "total": 630, "count": 7}, "tokens_out": {"mean": 10.0, "total": 70, "count": 7},
    }  # fmt: skip
    records = Run.open(run.folder).records
    records[0]["cost"]["processor_seconds"] = 9.0
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records))
    assert replay(Run.open(run.folder), dataset, {}, harness=HARNESS) is None
    records[0]["cost"]["tokens_in"] = 91
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records))
    found = replay(Run.open(run.folder), dataset, {}, harness=HARNESS)
    assert (found or "").endswith("cost.tokens_in was 91, is now 90")


def test_an_export_has_what_each_question_cost(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    path = tmp_path / "theirs.jsonl"
    rows = [{"id": item.id, "text": "water", "usage": COUNTS} for item in dataset.items[:1]]
    rows += [{"id": item.id, "text": "water"} for item in dataset.items[1:]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = import_run(path, dataset, task="qa", out=tmp_path, harness=HARNESS)
    frame = load_run(run.folder)
    assert frame["tokens_in"].tolist()[0] == 90
    assert frame["tokens_in"].isna().sum() == len(rows) - 1
    assert frame["peak_memory"].isna().all()
    export_run(run.folder, tmp_path / "run.csv")
    header, first, second, *_ = (tmp_path / "run.csv").read_text("utf-8").splitlines()
    start = header.split(",").index("tokens_in")
    assert header.split(",")[start - 2 : start + 2] == ["processor_seconds", "peak_memory", "tokens_in", "tokens_out"]
    assert ",90,10," in first
    assert ",90,10," not in second


def test_a_run_made_before_costs_were_kept_is_read_replayed_and_exported(tmp_path: Path) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, task="qa", out=tmp_path)
    records = [{name: own for name, own in record.items() if name != "cost"} for record in run.records]
    (run.folder / ANSWERS).write_text("".join(json.dumps(record) + "\n" for record in records))
    newer = ("cost", "selective_accuracy")
    (run.folder / METRICS).write_text(json.dumps({name: own for name, own in run.metrics.items() if name not in newer}))
    assert replay(Run.open(run.folder), dataset, {}, harness=HARNESS) is None
    assert load_run(run.folder)["processor_seconds"].isna().all()
    figures = cost(records)
    assert figures["processor_seconds"] is None
    assert figures["seconds"]["count"] == len(records)
    assert [value for _, value in cost_shown(None, 7)] == ["–"] * 5


def test_the_command_tells_the_cost(run: Command, tmp_path: Path) -> None:
    squad(tmp_path)
    done = run("eval", "town.json", "--task", "qa", "--system", "bm25")
    assert done.code == 0
    (tokens,) = [line for line in done.out.splitlines() if "tokens read a question" in line]
    assert tokens.rstrip().endswith("–")
    assert "seconds a question, median and 95%" in done.out
    assert " MiB" in done.out
