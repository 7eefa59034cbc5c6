"""Attacks on the command line through its input: names, arguments, settings, indexes, answers and signals."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.attacks import Tried
from index.models import PINNED
from index.store import FILE
from qa.settings import Settings

TEXT = "The granary of the old town holds 300 tons of wheat. It was built by Ann Miller."
QUESTION = "Who built the granary?"
KEY = "sk-of-the-environment"
ROOT = Path(__file__).parents[2]

# Every character that a terminal obeys, makes a line of, or turns the reading order by; no name holds a zero.
OBEYED = [chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))]
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
FORGED = "refdesk: 0 problems"
EVIL = [f"a{char}]0;owned\x07{char}[2J" for char in OBEYED] + [f"b\n{FORGED}", f"c\r{FORGED}", f"d\x0b{FORGED}"]
ALL = "".join(OBEYED)


def attack(folder: Path) -> Iterator[Tried]:
    """See ``benchmarks.attacks``."""
    yield from _names(folder / "names")
    yield from _forgeries(folder / "names")
    yield _arguments(folder / "names")
    yield from _settings(folder / "settings", folder / "names" / "index")
    yield _mistyped(folder)
    yield from _models(folder / "models", folder / "names" / "index")
    yield _permissions(folder / "private")
    yield from _interrupts(folder / "names")


def refdesk(*arguments: object, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "qa", *map(str, arguments)],
        cwd=cwd, env=_environment(**variables), capture_output=True, timeout=120, check=False,
        stdin=subprocess.DEVNULL, encoding="utf-8", errors="surrogateescape",
    )  # fmt: skip


def _environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("REFDESK_", "OPENAI_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "500", **variables}


def _obeyed(text: str) -> bool:
    """Whether the output has a control sequence that a terminal would obey, or a forged line."""
    return bool(_OBEYED.search(text)) or any(line.startswith(FORGED) for line in text.split("\n"))


def _lines_obeyed(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [ascii(line)[:120] for line in f"{done.stdout}\n{done.stderr}".split("\n") if _obeyed(line)]


def _names(folder: Path) -> Iterator[Tried]:
    """Every command that prints file names, with readable and unreadable files whose names have each character."""
    folder.mkdir(parents=True)
    files = folder / "files"
    files.mkdir()
    for number, name in enumerate(EVIL):
        (files / f"{name}{number}.txt").write_bytes(TEXT.encode() if number % 2 else b"")
    commands: Sequence[Sequence[object]] = [
        ["index", "files", "--index", "index"],
        ["index", "files", "--index", "index", "--json"],
        ["documents", "--index", "index"],
        ["documents", "--index", "index", "--json"],
        ["ask", QUESTION, "--index", "index"],
        ["ask", "Who won the cup in Rome?", "--index", "index"],
        ["ask", QUESTION, "--index", "index", "--json"],
        ["remove", *sorted(files.iterdir())[:20], "--index", "index"],
    ]
    for command in commands:
        yield Tried(
            f"names of files: {' '.join(map(str, command[:1]))}",
            len(EVIL),
            tuple(_lines_obeyed(refdesk(*command, cwd=folder))),
        )


def _forgeries(folder: Path) -> Iterator[Tried]:
    """Answers with each field forged are verified, and an index with forged titles is asked."""
    answer = json.loads(refdesk("ask", QUESTION, "--index", "index", "--json", cwd=folder).stdout)
    forged = []
    for evil, field in itertools.product((*EVIL[::8], ALL), ("document", "source", "title", "section", "quote")):
        copy = json.loads(json.dumps(answer))
        copy["citations"][0][field] = evil
        forged.append(json.dumps(copy))
    for evil, field in itertools.product((*EVIL[::8], ALL), ("question", "text", "short_answer", "note", "kind")):
        forged.append(json.dumps({**answer, field: evil}))
    succeeded = []
    for number, line in enumerate(forged[::12]):
        (folder / f"{number}.json").write_text(line)
        succeeded += _lines_obeyed(refdesk("verify", f"{number}.json", "--index", "index", cwd=folder))
    (folder / "forged.jsonl").write_text("\n".join(forged))
    succeeded += _lines_obeyed(refdesk("verify", "forged.jsonl", "--index", "index", cwd=folder))
    yield Tried("forged answers: verify", len(forged), tuple(succeeded))
    shutil.copytree(folder / "index", folder / "received")
    with closing(sqlite3.connect(folder / "received" / FILE)) as db:
        db.execute("UPDATE documents SET title = ?, sections = ?", (ALL, json.dumps([[ALL, 1, 0, 5, len(TEXT)]])))
        db.commit()
    outputs = [
        refdesk(*command, "--index", "received", cwd=folder)
        for command in (
            ["documents"],
            ["documents", "--json"],
            ["ask", QUESTION],
            ["ask", QUESTION, "--json"],
            ["info"],
        )
    ]
    yield Tried(
        "forged titles and sections of an index",
        len(outputs),
        tuple(line for done in outputs for line in _lines_obeyed(done)),
    )


def _arguments(folder: Path) -> Tried:
    evil = f"x{ALL}\n{FORGED}"
    asked: Sequence[Sequence[str]] = [
        ["--index", evil], ["--collection", evil], ["--backend", evil], ["--top-k", evil], ["--after", evil],
        ["--since", evil], ["--field", evil], ["--source", evil], ["--folder", evil], ["--embedder", evil],
        ["--backend", "llamacpp", "--model", evil],
        ["--backend", "openai", "--model", evil, "--base-url", evil],
        ["--backend", "openai", "--model", evil, "--base-url", "http://127.0.0.1:9/v1"],
    ]  # fmt: skip
    commands = [
        [evil], [f"--{evil}"], ["index", evil], ["index", ".", "--index", evil, "--include", evil],
        ["index", ".", "--embedder", evil], *(["ask", QUESTION, *options] for options in asked), ["ask", evil],
        ["chat", "--host", evil], ["chat", "--port", evil],
        ["info", evil], ["documents", "--type", evil], ["remove", evil], ["verify", evil], ["eval", evil],
        ["eval", evil, "--task", evil], ["eval", ".", "--split", evil], ["eval", ".", "--corpus", evil],
        ["eval", "--make-template", evil], ["eval", ".", "--answers", evil], ["compare", evil, evil], ["replay", evil],
    ]  # fmt: skip
    succeeded = []
    for command in commands:
        done = refdesk(*command, cwd=folder, REFDESK_INDEX="index")
        if (lines := _lines_obeyed(done)) or "Traceback" in done.stderr or done.returncode not in (0, 1, 2):
            succeeded.append(f"{ascii(command[:3])[:80]}: {done.returncode} {lines[:1]}")
    return Tried("hostile arguments through every command", len(commands), tuple(succeeded))


class _Theirs(BaseHTTPRequestHandler):
    """The attacker's server: it records what it is sent, and answers with an error that has control sequences."""

    keys: list[str] = []  # noqa: RUF012 - shared by all connections

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.keys.append(str(self.headers))
        body = json.dumps({"error": {"message": f"x{ALL}\n{FORGED}"}}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _settings(folder: Path, index: Path) -> Iterator[Tried]:
    """Settings files in the working folder that send the environment's key elsewhere, or decide something silently."""
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Theirs)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    port = server.server_address[1]
    addresses = [
        f"http://127.0.0.1:{port}/v1",
        f"http://localhost:{port}",
        f"http://127.0.0.1:{port}/v1/?x=https://api.openai.com/v1",
    ]
    sent: list[str] = []
    for address, more in itertools.product(addresses, ("", 'api_key = ""', "write_always = true", "threshold = 0")):
        (folder / "refdesk.toml").write_text(
            f'backend = "openai"\nmodel = "m"\nbase_url = {json.dumps(address)}\n{more}\n'
        )
        _Theirs.keys.clear()
        done = refdesk("ask", QUESTION, "--index", index, cwd=folder, REFDESK_API_KEY=KEY, OPENAI_API_KEY=KEY)
        if any(KEY in key for key in _Theirs.keys) or KEY in done.stdout + done.stderr or _lines_obeyed(done):
            sent.append(f"{address} {more}")
    yield Tried("keys of the environment to a server that refdesk.toml names", 12, tuple(sent))
    (folder / "refdesk.toml").unlink()
    done = refdesk(
        "ask", QUESTION, "--index", index, "--backend", "openai", "--model", "m", "--base-url", addresses[0], cwd=folder
    )
    yield Tried("a server's error on the terminal", 1, tuple(_lines_obeyed(done)))
    server.shutdown()
    server.server_close()
    weighty: Mapping[str, object] = {
        "backend": "openai", "base_url": "http://192.0.2.1/v1", "model": "x", "api_key": "sk-x", "embedder": "x/y",
        "reranker": "./x", "host": "0.0.0.0",
    }  # fmt: skip
    silent = []
    for name, value in weighty.items():
        (folder / "refdesk.toml").write_text(f"{name} = {json.dumps(value)}\n")
        done = refdesk("info", "--index", index, cwd=folder)
        if f"refdesk.toml sets {name}" not in done.stderr:
            silent.append(name)
    yield Tried("settings that refdesk.toml decides without a word", len(weighty), tuple(silent))
    weakening: Mapping[str, object] = {
        "threshold": 0, "write_always": True, "defence": False, "hosts": ["x.example"], "trusted_proxy": "0.0.0.0/0",
        "rate_of_user": 0, "rate_of_address": 0, "file_memory": 1_048_576, "file_seconds": 86_400,
    }  # fmt: skip
    weakened = []
    for name, value in weakening.items():
        (folder / "refdesk.toml").write_text(f"{name} = {json.dumps(value)}\n")
        if refdesk("info", "--index", index, cwd=folder).returncode == 0:
            weakened.append(name)
    (folder / "refdesk.toml").unlink()
    yield Tried("defences that refdesk.toml weakens", len(weakening), tuple(weakened))


def _mistyped(folder: Path) -> Tried:
    """Each setting with a letter or line left out, doubled or swapped; it must not be ignored silently."""
    from qa.settings import SettingsError, read

    mistyped = {}
    for name in Settings.model_fields:
        for at in range(len(name)):
            mistyped[name[:at] + name[at + 1 :]] = name
            mistyped[name[:at] + name[at] + name[at:]] = name
            mistyped[name[:at] + name[at : at + 2][::-1] + name[at + 2 :]] = name
    tried = {typed: name for typed, name in mistyped.items() if typed not in Settings.model_fields and len(name) > 4}
    succeeded = []
    before = Path.cwd()
    os.chdir(folder)
    for typed, name in tried.items():
        variable = f"REFDESK_{typed.upper()}"
        os.environ[variable] = "3"
        try:
            read()
            succeeded.append(f"{variable}: passed over")
        except SettingsError as error:
            # HOSST may be meant for HOSTS or for HOST.
            if not re.search(rf"did you mean REFDESK_({name}|{name.rstrip('s')})\?", str(error), re.IGNORECASE):
                succeeded.append(str(error)[:100])
        finally:
            del os.environ[variable]
    os.chdir(before)
    return Tried("mistyped variables passed over", len(tried), tuple(succeeded))


def _models(folder: Path, index: Path) -> Iterator[Tried]:
    """Embedders named by a received index, and folders with the names of pinned models."""
    folder.mkdir()
    model = folder / "model"
    model.mkdir()
    (model / "model.onnx").write_bytes(b"theirs")
    names = [
        str(model), "model", "./model", "~/model", "somebody/model", "BAAI/bge-small-en-v1.5", "../models/model", "",
        ALL, *(f"{pin.id}/" for pin in PINNED), *(f"./{pin.id}" for pin in PINNED), *(pin.id.upper() for pin in PINNED),
    ]  # fmt: skip
    loaded = []
    for number, name in enumerate(names):
        received = folder / f"index{number}"
        shutil.copytree(index, received)
        with closing(sqlite3.connect(received / FILE)) as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'embedder'", (f"{name}@1",))
            db.commit()
        done = refdesk("ask", QUESTION, "--index", received, cwd=folder, HF_HUB_OFFLINE="1")
        if "none of Refdesk's own" not in done.stderr or _lines_obeyed(done):
            loaded.append(f"{ascii(name)[:40]}: {ascii(done.stderr)[:80]}")
    yield Tried("embedders that a received index names", len(names), tuple(loaded))
    for pin in PINNED:
        shutil.copytree(model, folder / pin.id, dirs_exist_ok=True)
    done = refdesk("ask", QUESTION, "--index", index, cwd=folder)
    yield Tried(
        "folders called as pinned models are", len(PINNED), () if done.returncode == 0 else (done.stderr[:100],)
    )


def _permissions(folder: Path) -> Tried:
    """Whether other users can read an index: under any umask, while it is written, or in a folder that was open."""
    succeeded = []
    umasks = (0o000, 0o002, 0o022, 0o077)
    for umask in umasks:
        here = folder / f"{umask:03o}"
        here.mkdir(parents=True)
        (here / "a.txt").write_text(TEXT)
        command = f"umask {umask:03o}; exec {sys.executable} -m qa index a.txt"
        process = subprocess.Popen(["sh", "-c", command], cwd=here, env=_environment(), stdout=subprocess.DEVNULL)
        index, open_to_others = here / ".refdesk", set()
        while process.poll() is None:
            if index.exists() and index.stat().st_mode & 0o077:
                open_to_others.add(".refdesk while it is written")
            time.sleep(0.005)
        open_to_others |= {path.name for path in (index, *index.rglob("*")) if path.lstat().st_mode & 0o077}
        succeeded += [f"umask {umask:03o}: {name}" for name in sorted(open_to_others)]
        for path in (index, *index.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        refdesk("index", "a.txt", cwd=here)
        succeeded += [f"again: {path.name}" for path in index.rglob("*") if path.lstat().st_mode & 0o077]
    return Tried("parts of an index that others may read", 2 * len(umasks), tuple(succeeded))


def _interrupts(folder: Path) -> Iterator[Tried]:
    """A signal while the command starts and runs, from Refdesk's first line on; before it, Python is responsible."""
    draw = random.Random(11)
    begin = "print(flush=True)\nfrom qa.__main__ import main\nmain()"
    # At its very end Python lets signals do what they do by default.
    for name, count, codes in (("SIGINT", 30, (0, 130, -signal.SIGINT)), ("SIGTERM", 6, (0, -signal.SIGTERM))):
        succeeded = []
        for _ in range(count):
            moment = draw.uniform(0.003, 1.6)
            command = [sys.executable, "-c", begin, "ask", QUESTION, "--index", "index"]
            with subprocess.Popen(
                command, cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process:
                assert process.stdout
                process.stdout.readline()
                time.sleep(moment)
                process.send_signal(getattr(signal, name))
                _, output = process.communicate(timeout=60)
            if process.returncode not in codes or b"Traceback" in output or b"Exception ignored" in output:
                succeeded.append(f"after {moment:.3f} s: {process.returncode} {output[-80:]!a}")
        yield Tried(f"{name} during start and run: traceback, or another exit code", count, tuple(succeeded))
