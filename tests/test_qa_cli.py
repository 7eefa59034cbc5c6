"""The command line, as scripts rely on it: one JSON object, the exit codes, and failures of one line.

Everything runs with the real default models on a small real index.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, nullcontext, redirect_stdout
from pathlib import Path
from typing import IO, Any

import anyio
import pytest
from commands import Done, Run, fails, run_alone
from evaluation_data import squad
from fakes import ROOT
from mcp import Client
from mcp.server.stdio import stdio_server

from index.models import BGE_SMALL, DEFAULT_EMBEDDER, MULTILINGUAL_EMBEDDER, resolve
from index.schema import FORMAT
from index.store import FILE, Store
from index.write import PORTIONS_AT_ONCE as SHORT
from qa.assistant.compose import Models
from qa.cli.app import main
from qa.evaluation import Harness
from qa.read.judge import NAME as JUDGE

STATIONS = "Beijing has more than 100,000 5G base stations. The city opened its data exchange in 2021."
GRAIN = "The granary of the old town holds 300 tons of wheat. It was built by Ann Miller."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``files`` and their ``index``; tests that change it copy it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "files").mkdir()
    (folder / "files" / "stations.txt").write_text(STATIONS)
    (folder / "files" / "北京.md").write_text(f"# 粮食 – Grain\n\n{GRAIN}\n", "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["index", str(folder / "files"), "--index", str(folder / "index")])
    assert left.value.code == 0
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "index", tmp_path / "index")
    return tmp_path / "index"


# --- what works ---


class Lines:
    """The lines of a pipe, remembered."""

    def __init__(self, pipe: IO[str]) -> None:
        self.pipe = pipe
        self.read: list[str] = []

    def readline(self) -> str:
        line = self.pipe.readline()
        self.read.append(line)
        return line


def test_mcp_speaks_nothing_but_its_protocol_and_ends_with_its_input(made: Path) -> None:
    command = [sys.executable, "-m", "qa", "mcp", "--index", str(made / "index")]
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)

    async def asked(process: subprocess.Popen[str], said: Lines) -> Any:
        streams: Any = (anyio.wrap_file(said), anyio.wrap_file(process.stdin))
        async with stdio_server(*streams) as transport:  # the ends of a client are the same
            async with Client(nullcontext(transport)) as client:
                answer = await client.call_tool("ask", {"question": "How many 5G base stations does Beijing have?"})
                checked = await client.call_tool("verify", {"answer": answer.structured_content})
            process.stdin.close()  # type: ignore[union-attr]
        return answer.structured_content, checked.structured_content

    with subprocess.Popen(command, cwd=ROOT, text=True, encoding="utf-8", **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = Lines(process.stdout)
        answer, checked = run_alone(asked(process, said))
        (cited,) = answer["citations"]
        place = f"{cited['document']}?start={cited['start']}&end={cited['end']}"
        assert (answer["kind"], cited["url"]) == ("answer", f"refdesk:/d/{place}#quote")
        assert checked["problems"] == []
        assert (process.wait(), process.stdout.read(), process.stderr.read()) == (0, "", "")
    assert {json.loads(line)["jsonrpc"] for line in said.read if line} == {"2.0"}


def test_mcp_without_an_index_fails_in_one_line(run: Run, tmp_path: Path) -> None:
    fails(run("mcp", "--index", tmp_path / "none"), "there is no index in")


def test_index_reports_what_it_did(run: Run, tmp_path: Path) -> None:
    files, index = tmp_path / "files", tmp_path / "index"
    files.mkdir()
    (files / "a.txt").write_text(STATIONS)
    (files / "b.txt").write_text(GRAIN)
    first = run("index", files, "--index", index, "--json")
    assert first.code == 0
    assert first.err == ""
    assert first.json == {
        "index": str(index),
        "added": [str(files / "a.txt"), str(files / "b.txt")],
        "changed": [],
        "unchanged": [],
        "removed": [],
        "failed": {},
        "near_duplicates": [],
        "embedded": 2,
    }
    (files / "a.txt").unlink()
    again = run("index", files, "--index", index)
    assert (again.code, again.err) == (0, "")
    assert again.out.startswith("0 added, 0 changed, 1 unchanged, 1 removed, 0 failed; 0 passages embedded")


def test_a_failure_in_part_is_exit_code_3_and_listed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(STATIONS)
    (tmp_path / "empty.txt").touch()
    done = run("index", tmp_path, "--index", tmp_path / "index", "--json")
    assert done.code == 3
    assert done.json["added"] == [str(tmp_path / "good.txt")]
    assert list(done.json["failed"]) == [str(tmp_path / "empty.txt")]
    assert done.err == f"refdesk: {tmp_path / 'empty.txt'}: the file is empty\n"


ANSWER_KEYS = [
    *("schema", "kind", "asked", "question", "standalone_question", "answered", "confidence", "reasons", "text"),
    *(
        "short_answer",
        "note",
        "caution",
        "statements",
        "citations",
        "nearest",
        "parts",
        "passages",
        "model",
        "timings_ms",
    ),
]


def test_ask_answers_with_the_exact_characters(run: Run, made: Path) -> None:
    question = "How many 5G base stations does Beijing have?"
    done = run("ask", question, "--index", made / "index", "--json")
    assert (done.code, done.err) == (0, "")
    answer = done.json
    assert list(answer) == ANSWER_KEYS
    assert (answer["schema"], answer["kind"], answer["answered"]) == (2, "answer", True)
    assert answer["question"] == question
    assert 0 <= answer["confidence"] <= 1
    (citation,) = answer["citations"]
    located = {"number", "document", "source", "title", "page", "section", "date", "start", "end", "quote", "cells",
               "marks"}  # fmt: skip
    assert set(citation) == located
    assert citation["source"] == str(made / "files" / "stations.txt")
    assert STATIONS[citation["start"] : citation["end"]] == citation["quote"]
    assert citation["quote"] == STATIONS
    assert [STATIONS[start:end] for start, end in citation["marks"]] == [answer["short_answer"]]
    (statement,) = answer["statements"]
    assert set(statement) == {"text", "citations", "support", "status", "role", "part"}
    assert set(answer["passages"][0]) == {"source", "start", "end", "score", "stage_scores"}
    assert answer["model"]["embedder"].startswith(f"{DEFAULT_EMBEDDER}@")
    assert answer["model"]["reranker"] == answer["model"]["reader"] == JUDGE
    shown = run("ask", question, "--index", made / "index")
    assert f"{STATIONS}[1]" in shown.out
    assert f"[1] stations.txt, characters 0–{len(STATIONS)}" in shown.out
    assert "\nwhy: " in shown.out


def test_ask_refuses_with_exit_code_0(run: Run, made: Path) -> None:
    done = run("ask", "Who painted the ceiling of the Sistine Chapel?", "--index", made / "index", "--json")
    assert (done.code, done.err) == (0, "")
    answer = done.json
    assert list(answer) == ANSWER_KEYS
    assert (answer["kind"], answer["answered"], answer["statements"], answer["citations"]) == ("refusal", False, [], [])
    assert answer["text"]
    shown = run("ask", "Who painted the ceiling of the Sistine Chapel?", "--index", made / "index")
    assert shown.code == 0
    assert "Closest I found:" in shown.out


@pytest.mark.parametrize("command", ["index", "remove"])
def test_an_empty_path_is_not_the_working_folder(run: Run, made: Path, command: str) -> None:
    done = run(command, "", "--index", made / "index")
    assert done.code == 2
    assert "a path is empty" in " ".join(done.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), 2),
        (("--type", "md"), 1),
        (("--source", "stat*"), 1),
        (("--folder", "files"), 2),
        (("--since", "2000-01-01", "--before", "2001-01-01"), None),
        (("--since", "2000-01-01"), 2),
        (("--field", "author=Ann"), None),
        (("--folder", "elsewhere"), None),
    ],
)
def test_only_the_sources_asked_for_are_listed_and_searched(
    run: Run, made: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], found: int | None
) -> None:
    monkeypatch.chdir(made)
    listed = run("documents", "--index", made / "index", "--json", *options).json["documents"]
    assert len(listed) == (found or 0)
    assert all(row["modified"].startswith("20") for row in listed)
    done = run("ask", "How many tons of wheat does the granary hold?", "--index", made / "index", "--json", *options)
    if found is None:
        fails(done, "has that name, folder, type, date or field: refdesk documents lists what there is")
    else:
        names = {Path(passage["source"]).name for passage in done.json["passages"]}
        assert names == {Path(row["source"]).name for row in listed}


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [("--since", "yesterday", "'yesterday' is no day: write it as 2024-01-31"), ("--field", "author", "NAME=VALUE")],
)
def test_a_filter_that_cannot_be_understood_is_wrong_usage(
    run: Run, made: Path, option: str, value: str, reason: str
) -> None:
    done = run("ask", "How many?", "--index", made / "index", option, value)
    assert done.code == 2
    assert reason in " ".join(done.err.replace("│", " ").split())


def test_a_question_in_another_language_is_told_what_to_install(run: Run, made: Path) -> None:
    done = run("ask", "北京有多少个5G基站？", "--index", made / "index", "--json")
    assert done.code == 0
    assert done.json["kind"] == "notice"
    assert "refdesk[multilingual]" in done.json["text"]


def test_with_the_multilingual_embedder_it_is_answered(run: Run, made: Path, tmp_path: Path) -> None:
    index = tmp_path / "many"
    assert run("index", made / "files", "--index", index, "--embedder", MULTILINGUAL_EMBEDDER).code == 0
    answer = run("ask", "北京有多少个5G基站？", "--index", index, "--json").json
    assert answer["statements"][0]["text"] == STATIONS
    assert answer["model"]["calibration"] == "not calibrated for these models"
    assert answer["model"]["embedder"].startswith(MULTILINGUAL_EMBEDDER)
    english = run("ask", "How many 5G base stations does Beijing have?", "--index", index, "--json").json
    assert "100,000" in english["short_answer"]


def test_ask_looks_in_the_named_collection_only(run: Run, copy: Path, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("Nothing about it here.")
    assert run("index", tmp_path / "more.txt", "--index", copy, "--collection", "other").code == 0
    done = run("ask", "How many 5G base stations?", "--index", copy, "--collection", "other", "--json")
    assert done.code == 0
    assert [passage["source"] for passage in done.json["passages"]] == [str(tmp_path / "more.txt")]
    fails(
        run("ask", "How many?", "--index", copy, "--collection", "othr"),
        "no collection othr: there is default",
    )


def test_small_talk_is_a_notice(run: Run, made: Path) -> None:
    done = run("ask", "hello", "--index", made / "index", "--json")
    assert (done.code, done.json["kind"]) == (0, "notice")


def test_the_same_question_is_answered_byte_for_byte_the_same(run: Run, made: Path) -> None:
    answers = [run("ask", "Who built the granary?", "--index", made / "index", "--json").json for _ in range(2)]
    for answer in answers:
        answer.pop("timings_ms")
    assert json.dumps(answers[0]) == json.dumps(answers[1])


def test_the_index_is_found_by_variable_and_in_the_working_folder(
    run: Run, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(run("info"), "there is no index in .refdesk: make one with refdesk index PATH")
    shutil.copytree(made / "index", ".refdesk")
    assert run("info", "--json").json["index"] == str(Path.cwd() / ".refdesk")
    monkeypatch.setenv("REFDESK_INDEX", str(made / "index"))
    assert run("info", "--json").json["index"] == str(made / "index")


def test_info_says_what_the_index_holds(run: Run, made: Path) -> None:
    info = run("info", "--index", made / "index", "--json").json
    assert (info["sources"], info["documents"], info["passages"]) == (2, 2, 2)
    assert info["embedder"].startswith(f"{DEFAULT_EMBEDDER}@")
    assert info["collections"] == ["default"]
    assert info["bytes"] > 0
    lines = run("info", "--index", made / "index").out.splitlines()
    assert [line.split()[0] for line in lines] == list(info)


def test_documents_lists_the_sources(run: Run, made: Path) -> None:
    rows = run("documents", "--index", made / "index", "--json").json["documents"]
    assert [Path(row["source"]).name for row in rows] == ["stations.txt", "北京.md"]
    assert rows[0]["characters"] == len(STATIONS)
    assert rows[1]["title"] == "粮食 – Grain"
    assert run("documents", "--index", made / "index", "--collection", "other", "--json").json == {"documents": []}
    assert "粮食 – Grain" in run("documents", "--index", made / "index").out


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_standard_output_of_any_encoding_holds_the_same_json(run: Run, made: Path, encoding: str) -> None:
    def printed(*options: str) -> str:
        with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding)) as output:
            assert (run("documents", "--index", made / "index", *options)) == Done(0, "", "")
            output.flush()
            return output.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]

    assert json.loads(printed("--json"))["documents"][1]["title"] == "粮食 – Grain"
    assert "stations.txt" in printed()


def test_documents_shows_date_version_and_family(run: Run, copy: Path, tmp_path: Path) -> None:
    for year in (2024, 2025):
        (tmp_path / f"rules-{year}.md").write_text(
            f"# Rules\n\nVersion {year - 2020}, valid from 1 May {year}", "utf-8"
        )
    run("index", *sorted(tmp_path.glob("rules-*.md")), "--index", copy)
    rows = {Path(row["source"]).name: row for row in run("documents", "--index", copy, "--json").json["documents"]}
    new, old, other = rows["rules-2025.md"], rows["rules-2024.md"], rows["stations.txt"]
    assert (new["date"], new["dated_by"], new["version"]) == ("2025-05-01", "text", "5")
    assert new["family"] == old["family"] is not None
    assert (other["date"], other["dated_by"], other["version"], other["family"]) == (None, None, None, None)
    shown = run("documents", "--index", copy).out
    assert "2025-05-01 by its text  version 5  family rules\n" in shown


def test_remove_takes_out_and_says_when_there_was_nothing(run: Run, made: Path, copy: Path) -> None:
    path = made / "files" / "stations.txt"
    assert run("remove", path, "--index", copy, "--json").json == {"removed": [str(path)]}
    fails(run("remove", path, "--index", copy), "nothing in")
    assert path.exists()
    assert run("info", "--index", copy, "--json").json["sources"] == 1


def test_verify_passes_what_ask_wrote_and_fails_what_was_changed(run: Run, made: Path, tmp_path: Path) -> None:
    written = run("ask", "How many tons does the granary hold?", "--index", made / "index", "--json").out
    path = tmp_path / "answer.json"
    path.write_text(written, "utf-8")
    done = run("verify", path, "--index", made / "index", "--json")
    assert (done.code, done.json["problems"], done.json["answers"]) == (0, [], 1)
    assert done.json["citations"] >= 1
    path.write_text(written.replace("300 tons", "900 tons"), "utf-8")
    done = run("verify", path, "--index", made / "index", "--json")
    assert done.code == 1
    assert all(set(row) == {"record", "question", "problem"} for row in done.json["problems"])
    assert "are not the quote" in run("verify", path, "--index", made / "index").out


# --- what fails ---


def garbage(index: Path) -> None:
    (index / FILE).write_bytes(b"\x07garbage" * 999)


def truncated(index: Path) -> None:
    path = index / FILE
    path.write_bytes(path.read_bytes()[:5000])


def another_format(index: Path) -> None:
    db = sqlite3.connect(index / FILE)
    with db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (FORMAT + 1,))
    db.close()


@pytest.mark.parametrize("command", [["ask", "What?"], ["info"], ["documents"], ["remove", "x"], ["index", "{files}"]])
@pytest.mark.parametrize(
    ("harm", "reason"), [(garbage, "is damaged"), (truncated, "is damaged"), (another_format, "is of another version")]
)
def test_an_unusable_index(
    run: Run, made: Path, copy: Path, command: list[str], harm: Callable[[Path], None], reason: str
) -> None:
    harm(copy)
    arguments = [part.format(files=made / "files") for part in command]
    fails(run(*arguments, "--index", copy), reason)


@pytest.mark.parametrize("command", [["ask", "What?"], ["info"], ["documents"], ["remove", "x"]])
def test_no_index(run: Run, tmp_path: Path, command: list[str]) -> None:
    fails(run(*command, "--index", tmp_path / "none"), "make one with refdesk index PATH")
    assert not (tmp_path / "none").exists()


def test_an_empty_index(run: Run, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    assert run("index", tmp_path / "files", "--index", tmp_path / "index").code == 0
    fails(
        run("ask", "How many stations?", "--index", tmp_path / "index"),
        "holds no documents: add some with refdesk index",
    )


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("", "the question is empty"),
        (" ?! ", "the question is empty"),
        ("why " * 2500, "the question has 9,999 characters, more than the 2,000 allowed"),
    ],
)
def test_a_question_that_cannot_be_asked(run: Run, made: Path, question: str, reason: str) -> None:
    fails(run("ask", question, "--index", made / "index"), reason)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.txt", None, "no such file or folder"),
        ("picture.raw", b"x", "unknown format"),
    ],
)
def test_a_path_that_cannot_be_indexed(run: Run, tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    fails(run("index", tmp_path / name, "--index", tmp_path / "index"), reason)
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "the file is empty"), (bytes(range(256)) * 9, "not a text file")]
)
def test_a_file_that_cannot_be_read(run: Run, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    done = run("index", tmp_path / "a.txt", "--index", tmp_path / "index", "--json")
    assert (done.code, done.json["added"]) == (1, [])
    assert done.err.startswith(f"refdesk: {tmp_path / 'a.txt'}: ")
    assert reason in done.err
    assert done.err.count("\n") == 1


def test_another_embedder(run: Run, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "embedder"
    shutil.copytree(resolve(BGE_SMALL, "embedder").folder, folder)
    arguments = ("index", made / "files", "--index", made / "index", "--embedder", folder)
    fails(run(*arguments), f"holds vectors of embedder {DEFAULT_EMBEDDER}@")
    monkeypatch.setenv("REFDESK_EMBEDDER", str(folder))
    fails(run("ask", "What?", "--index", made / "index"), f"was made with embedder {DEFAULT_EMBEDDER}@")


def test_an_index_of_the_earlier_default_goes_on_and_is_told_how_to_move(run: Run, made: Path, tmp_path: Path) -> None:
    where = (made / "files", "--index", tmp_path / "earlier")
    assert "earlier versions" not in run("index", *where, "--embedder", BGE_SMALL).err
    again = run("index", *where)
    assert (again.code, again.err.count("\n")) == (0, 1)
    assert f"keeps {BGE_SMALL}" in again.err
    assert DEFAULT_EMBEDDER in again.err
    asked = run("ask", "How many base stations are there?", "--index", tmp_path / "earlier", "--json").json
    assert asked["model"]["embedder"].startswith(f"{BGE_SMALL}@")
    assert "calibrat" not in str(asked.get("caution"))
    assert "earlier versions" not in run("index", made / "files", "--index", made / "index").err


def test_a_model_of_the_wrong_kind(run: Run, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_RERANKER", DEFAULT_EMBEDDER)
    fails(run("ask", "What?", "--index", made / "index"), "is a model of kind embedder, not reranker")


def test_a_bad_setting(run: Run, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(run("ask", "What?", "--index", made / "index", "--backend", "magic"), "setting backend = 'magic': ")
    monkeypatch.setenv("REFDESK_PORT", "many")
    fails(run("info", "--index", made / "index"), "setting port = 'many': ")


def test_a_port_that_is_taken(run: Run, made: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fails(run("chat", "--index", made / "index", "--port", port), str(port))


def test_a_file_that_holds_no_answer(run: Run, made: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    fails(run("verify", tmp_path / "a.json", "--index", made / "index"), "is no answer")
    fails(run("verify", tmp_path / "b.json", "--index", made / "index"), "cannot be read")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["index"],
        ["frobnicate"],
        ["--nonsense"],
        ["ask", "x", "--top-k", "many"],
        ["ask", "x", "--top-k", "0"],
        ["chat", "--port", "99999"],
        ["info", "extra"],
        ["remove"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Usage: refdesk" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["index", "ask", "chat", "info", "documents", "remove", "verify"])
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Usage: refdesk {command}" in done.out


def broken(*_: object) -> Models:
    raise ZeroDivisionError("two\nlines")


@pytest.mark.parametrize("harness", [Harness(load=broken)], ids=["broken"])
def test_an_unforeseen_error_is_one_line_too(
    run: Run, tmp_path: Path, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["eval", str(squad(tmp_path)), "--task", "qa"]
    fails(run(*arguments), "unexpected ZeroDivisionError: two lines (REFDESK_DEBUG=1 shows where)")
    monkeypatch.setenv("REFDESK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(arguments, harness)


# --- in a process of its own ---


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **variables}


def test_an_answer_needs_none_of_the_slow_imports_and_ascii_suffices_for_its_json(made: Path) -> None:
    code = (
        "import sys, qa.cli.app, qa.assistant.compose\n"
        "try: qa.cli.app.main(['ask', 'Who built the granary?', '--index', sys.argv[1], '--json'])\n"
        "except SystemExit as left: assert not left.code\n"
        "print(sorted(sys.modules.keys() & {'gradio', 'torch', 'sentence_transformers', 'fastapi'}), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, made / "index"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=environment(PYTHONIOENCODING="ascii"),
    )
    assert done.stderr == "[]\n"
    assert done.stdout.isascii()
    answer = json.loads(done.stdout)
    assert answer["kind"] == "answer"
    assert Path(answer["citations"][0]["source"]).name == "北京.md"
    assert answer["citations"][0]["title"] == "粮食 – Grain"


def test_whoever_stops_reading_is_no_error(made: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "documents", "--index", made / "index", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


def test_patterns_choose_what_is_indexed(run: Run, tmp_path: Path) -> None:
    for name in ("a.txt", "b.md", "drafts/c.txt"):
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_text(f"{STATIONS} In {name}.")
    chosen = ("--include", "*.txt", "--exclude", "drafts/", "--json")
    done = run("index", tmp_path / "files", "--index", tmp_path / "index", *chosen)
    assert done.json["added"] == [str(tmp_path / "files" / "a.txt")]
    done = run("index", tmp_path / "files" / "*.md", "--index", tmp_path / "index", "--json")
    assert done.json["added"] == [str(tmp_path / "files" / "b.md")]
    fails(run("index", tmp_path / "files" / "*.pdf", "--index", tmp_path / "index"), "nothing matches")


def test_nearly_equal_documents_are_named(run: Run, tmp_path: Path) -> None:
    text = f"{STATIONS} {GRAIN} " * 2 + "The last of these sentences is only in two of the files, or so it seems to be."
    for name, content in (("a", text), ("b", text), ("c", text.replace("seems", "appears"))):
        (tmp_path / f"{name}.txt").write_text(content)
    done = run("index", tmp_path / "?.txt", "--index", tmp_path / "index")
    assert done.out.splitlines()[1:] == [
        f"{tmp_path / 'b.txt'} has the same text as {tmp_path / 'a.txt'}",
        f"{tmp_path / 'c.txt'} is nearly the same as {tmp_path / 'a.txt'}",
    ]


def test_watching_prints_lines_and_no_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(STATIONS)
    done = run("index", tmp_path / "a.txt", "--index", tmp_path / "index", "--watch", "--json")
    assert done.code == 2
    assert "--watch prints" in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_index_is_kept_current_until_interrupted(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(STATIONS)
    command = [sys.executable, "-m", "qa", "index", "files", "--watch"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=tmp_path
    ) as process:
        assert process.stderr
        assert process.stdout
        assert process.stderr.readline() == "Watching for changes; Ctrl-C ends it.\n"
        (tmp_path / "files" / "b.txt").write_text(GRAIN)
        said = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert said[1] == f"added {tmp_path / 'files' / 'b.txt'}\n"
    assert (process.returncode, out, err) == (0, "", "")
    assert sources(tmp_path / ".refdesk") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupted_run_keeps_what_was_finished_and_goes_on(tmp_path: Path) -> None:
    files, index = tmp_path / "files", tmp_path / "index"
    files.mkdir()
    for number in range(SHORT):  # written in the first transaction
        (files / f"{number:03}.txt").write_text(f"File {number} is short.")
    for number in range(5):  # which take seconds to embed
        text = " ".join(f"Sentence {line} of file {number} says nothing that matters to anyone." for line in range(150))
        (files / f"long-{number}.txt").write_text(text)
    with subprocess.Popen(
        [sys.executable, "-m", "qa", "index", files, "--index", index, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        while sources(index) == 0:
            assert process.poll() is None
            time.sleep(0.05)  # leave it the processor
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err == b"refdesk: interrupted; what was finished is kept\n"
    assert 0 < sources(index) < SHORT + 5


def sources(index: Path) -> int:
    store = Store(index)
    if not store.exists:
        return 0
    with store.snapshot() as snapshot:
        return snapshot.count("sources")


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_is_one_line_and_leaves_the_state_before(run: Run, copy: Path, tmp_path: Path) -> None:
    before = run("info", "--index", copy, "--json").json
    (tmp_path / "long.txt").write_text(" ".join(f"Sentence {n} tells of thing number {n * n}." for n in range(200)))
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)\n"
        "from qa.cli.app import main\n"
        "main(sys.argv[2:])\n"
    )
    limit = (copy / FILE).stat().st_size + 4096
    done = subprocess.run(
        [sys.executable, "-c", code, str(limit), "index", tmp_path / "long.txt", "--index", copy],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment(),
    )
    fails(Done(done.returncode, done.stdout, done.stderr), "free some space or choose another folder with --index")
    after = run("info", "--index", copy, "--json").json
    assert {**after, "bytes": 0} == {**before, "bytes": 0}
    with closing(sqlite3.connect(copy / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    question = "How many 5G base stations does Beijing have?"
    assert run("ask", question, "--index", copy, "--json").json["answered"]
    (tmp_path / "long.txt").write_text("It is short now.")
    done = run("index", tmp_path / "long.txt", "--index", copy, "--json")
    assert done.json["added"] == [str(tmp_path / "long.txt")]
