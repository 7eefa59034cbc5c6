"""What comes from elsewhere is shown on a terminal, never obeyed, and makes no line of its own.

Against: escape sequences and line breaks in names of files, titles, forged answers, indexes and runs, servers' errors
and arguments. Seen through a pipe, and where a terminal changes what is printed, through a terminal.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from commands import Done, Run
from evaluation_data import squad, word_harness
from fakes import ROOT
from llm_server import ScriptedServer, sends
from rich.console import Console

from index.ingest import Progress as Indexing
from index.store import FILE
from qa.assistant import compose
from qa.cli import console
from qa.cli.console import LineFormatter
from qa.cli.visible import visible, visible_json, visible_lines
from qa.evaluation import Harness, RunProgress
from qa.settings import read

TEXT = "The granary of the old town holds 300 tons of wheat. It was built by Ann Miller."
QUESTION = "Who built the granary?"
# Sets the terminal's title, clears the screen, makes a line of its own, turns the reading order around; C1, DEL.
EVIL = "a\x1b]0;owned\x07\x1b[2J\nrefdesk: 0 problems\r\u202e\x9b31m\x7f\u2028z"
SHOWN = r"a\x1b]0;owned\x07\x1b[2J\nrefdesk: 0 problems\r\u202e\x9b31m\x7f\u2028z"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def is_shown(text: str) -> None:
    """Nothing in it is obeyed, and nothing from elsewhere begins a line."""
    assert not OBEYED.search(text), ascii(text)
    assert not any(line.startswith("refdesk: 0 problems") for line in text.split("\n"))


def shows(done: Done, part: str = SHOWN) -> None:
    is_shown(done.out)
    is_shown(done.err)
    assert part in " ".join((done.out + done.err).split())


@pytest.fixture
def harness() -> Harness:
    return word_harness()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the index of a document of an evil name, whose title and sections are evil too."""
    folder = tmp_path_factory.mktemp("made")
    (folder / f"{EVIL}.txt").write_text(TEXT)
    compose.open_ingest(read(index=folder / "index")).update([folder / f"{EVIL}.txt"])
    with closing(sqlite3.connect(folder / "index" / FILE)) as db:
        sections = json.dumps([[EVIL, 1, 0, 5, len(TEXT)]])
        db.execute("UPDATE documents SET title = ?, sections = ?", (EVIL, sections))
        db.commit()
    return folder


# --- the function that all goes through ---


def test_what_is_shown_of_a_text() -> None:
    assert visible(EVIL) == SHOWN
    assert visible("\udcff \u2066") == r"\udcff \u2066"
    assert visible("Zürich – 北京 – می‌خواهم – 👩‍🌾 [bold] :smile:") == "Zürich – 北京 – می‌خواهم – 👩‍🌾 [bold] :smile:"
    assert visible_lines("one\ntwo\x1b\r\nthree") == "one\ntwo\\x1b\\r\nthree"


def test_json_says_the_same_in_characters_that_are_shown() -> None:
    text = visible_json(json.dumps({EVIL: ["\x85", "北京"]}, ensure_ascii=False, indent=2))
    is_shown(text)
    assert json.loads(text) == {EVIL: ["\x85", "北京"]}
    assert "北京" in text


def test_a_log_record_is_a_line_and_a_traceback_keeps_its_own() -> None:
    try:
        raise ValueError(EVIL)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "no: %s", (EVIL,), sys.exc_info())
    text = LineFormatter("refdesk: %(message)s").format(record)
    assert not OBEYED.search(text)
    assert text.split("\n")[0] == f"refdesk: no: {SHOWN}"
    assert text.split("\n")[1] == "Traceback (most recent call last):"


# --- commands ---


def test_indexing(run: Run, tmp_path: Path) -> None:
    (tmp_path / f"{EVIL}.txt").write_bytes(b"")
    (tmp_path / f"{EVIL}2.txt").write_text(TEXT)
    (tmp_path / f"{EVIL}3.txt").write_text(TEXT)
    done = run("index", tmp_path, "--index", tmp_path / "index")
    assert done.code == 3
    shows(done)
    assert done.err.count("\n") == 1
    assert "has the same text as" in done.out
    for failed in (
        run("index", f"{EVIL}.pdf"), run("remove", f"{EVIL}.pdf", "--index", tmp_path / "index"),
        run("info", "--index", EVIL),
    ):  # fmt: skip
        assert failed.code == 1
        is_shown(failed.err)


def test_documents_and_answers(run: Run, made: Path) -> None:
    index = made / "index"
    listed = run("documents", "--index", index)
    shows(listed)
    assert listed.out.count("\n") == 1
    answered = run("ask", QUESTION, "--index", index)
    shows(answered)
    assert f"[1] {SHOWN}.txt, {SHOWN}, characters" in answered.out
    refused = run("ask", "Who won the cup in Rome?", "--index", index)
    assert "Closest I found" in refused.out
    shows(refused)
    as_json = run("documents", "--index", index, "--json")
    is_shown(as_json.out)
    assert as_json.json["documents"][0]["title"] == EVIL


def test_a_servers_error(run: Run, made: Path) -> None:
    body = {"error": {"message": f"so {EVIL}"}}
    with ScriptedServer(sends(400, body, Content_Type="application/json")) as server:
        done = run(
            "ask", QUESTION, "--index", made / "index", "--backend", "openai", "--model", EVIL, "--base-url", server.url
        )
    assert server.requests
    is_shown(done.out + done.err)


def test_a_forged_answer(run: Run, made: Path, tmp_path: Path) -> None:
    answer = run("ask", QUESTION, "--index", made / "index", "--json").json
    for name in ("source", "title", "section", "quote", "document"):
        forged = json.loads(json.dumps(answer))
        forged["citations"][0][name] = EVIL
        (tmp_path / f"{EVIL}.json").write_text(json.dumps(forged))
        done = run("verify", tmp_path / f"{EVIL}.json", "--index", made / "index")
        is_shown(done.out)
        is_shown(done.err)
    (tmp_path / f"{EVIL}.json").write_text("{}")
    is_shown(run("verify", tmp_path / f"{EVIL}.json", "--index", made / "index").err)


def test_a_run_of_a_dataset(run: Run, tmp_path: Path) -> None:
    data = squad(tmp_path, name=f"{EVIL}{{task}}[b].json")
    done = run("eval", data, "--task", "qa")
    assert done.code == 0
    is_shown(done.out)
    folder = next((tmp_path / "runs").glob("*-qa-default"))
    assert run("compare", folder, folder).code == 0
    is_shown(run("compare", folder, folder).out)
    is_shown(run("compare", EVIL, folder).err)


@pytest.mark.parametrize(
    "arguments",
    [[EVIL], ["ask"], ["info", f"--{EVIL}"], ["ask", QUESTION, "--since", EVIL], ["ask", QUESTION, "--field", EVIL],
     ["ask", QUESTION, "--backend", EVIL], ["info", EVIL], ["eval", "x", "--task", EVIL], ["chat", "--host", EVIL],
     ["ask", QUESTION, "--collection", EVIL], ["replay", EVIL], ["eval", EVIL], ["eval", "--make-template", EVIL]],
    ids=lambda arguments: ascii(arguments[0])[:12],
)  # fmt: skip
def test_arguments(run: Run, made: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_INDEX", str(made / "index"))
    done = run(*arguments)
    assert done.code in (1, 2)
    is_shown(done.out)
    is_shown(done.err)


# --- a terminal ---

PTY = """
import os, pty, sys
code = pty.spawn([sys.executable, "-m", "qa", *sys.argv[1:]], lambda fd: os.read(fd, 65536))
sys.exit(os.waitstatus_to_exitcode(code))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_a_terminal_sees_no_more_than_a_bar(tmp_path: Path) -> None:
    """The bar names the files at hand, one of which looks like markup that is wrong."""
    for number in range(8):
        (tmp_path / f"[b]{EVIL}{number}.txt").write_text(TEXT * (number + 1))
    (tmp_path / f"{EVIL}.txt").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-c", PTY, "index", ".", "--index", "index"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "300"},
    )  # fmt: skip
    text = done.stdout.decode().replace("\r\n", "\n")
    assert done.returncode == 3, text
    assert SHOWN in text
    of_the_bar = re.compile("\x1b\\[(?:[0-9;]*m|\\?25[lh]|[0-9]*[AK]|2K)|\r")
    assert of_the_bar.search(text)  # there is one
    is_shown(of_the_bar.sub("", text))


def test_a_bar_escapes_names_and_titles() -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=300)
    with console.indexing(terminal) as show:
        show(Indexing(1, 4, 50, 200, 12, f"/d/[b]{EVIL}.txt"))
    with console.asking(f"{{task.fields[no]}} [/] {EVIL}", terminal) as ask:
        ask(RunProgress(3, 7, "[/]", 0.5, 0.25))
    assert f"[b]{SHOWN}" in screen.getvalue()
    assert f"{{task.fields[no]}} [/] {SHOWN}" in screen.getvalue()
