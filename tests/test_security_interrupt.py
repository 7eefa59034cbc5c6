"""Ctrl-C ends the command in one line at any moment, also while it is still being imported.

The moments are counted, not timed: the process interrupts itself at its n-th import, in a finaliser or at its end.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commands import Done
from fakes import ROOT

import qa.__main__

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
INTERRUPTED = "refdesk: interrupted; what was finished is kept\n"
# Of the some 600 imports of ``refdesk ask``: first of the command line's, then of what answers.
MOMENTS = sorted(random.Random(11).sample(range(1, 550), 4))

START = """
import os, signal, sys
from qa.__main__ import main
number = getattr(signal, sys.argv.pop(1))
def interrupt():
    signal.raise_signal(number)
"""
AT_IMPORT = """
left = int(sys.argv.pop(1))
def at_import(event, _):
    global left
    if event == "import":
        left -= 1
        if left == 0:
            interrupt()
sys.addaudithook(at_import)
main()
"""
IN_AN_EXTENSION = """
import pathlib, qa.cli.app
pathlib.Path("extension.py").write_text('''
import __main__
try:
    __main__.interrupt()
except BaseException:
    raise ImportError("initialization failed")
''')
sys.path.insert(0, ".")
qa.cli.app.main = lambda: __import__("extension")
main()
"""
IN_FINALISER = """
import qa.cli.app
class Late:
    def __del__(self):
        interrupt()
def run():
    late = Late()
    del late
    print("went on")
qa.cli.app.main = run
main()
"""
AT_END = """
import atexit, qa.cli.app
atexit.register(interrupt)
qa.cli.app.main = lambda: print("done", flush=True)
main()
"""
AFTER = """
import qa.cli.app
qa.cli.app.main = lambda: print("done", flush=True)
main()
interrupt()
"""


def ended(code: str, *arguments: object, folder: Path) -> Done:
    command = [sys.executable, "-c", START + code, *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=False, env=ENVIRONMENT, cwd=folder, text=True
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_it_is_imported(tmp_path: Path, moment: int) -> None:
    done = ended(AT_IMPORT, "SIGINT", moment, "ask", "Who?", folder=tmp_path)
    assert (done.code, done.out, done.err) == (130, "", INTERRUPTED)


@pytest.mark.parametrize(
    ("code", "out"),
    [(IN_AN_EXTENSION, ""), (IN_FINALISER, ""), (AFTER, "done\n"), (AT_END, "done\n")],
    ids=["extension", "finaliser", "after", "end"],
)
def test_where_python_would_lose_it_or_print_a_traceback(tmp_path: Path, code: str, out: str) -> None:
    done = ended(code, "SIGINT", folder=tmp_path)
    assert (done.code, done.out, done.err) == (130, out, INTERRUPTED)


def test_a_signal_to_end_is_no_traceback(tmp_path: Path) -> None:
    done = ended(AT_IMPORT, "SIGTERM", MOMENTS[0], "ask", "Who?", folder=tmp_path)
    assert (done.code, done.out, done.err) == (-signal.SIGTERM, "", "")


def test_who_ignores_interrupts_goes_on(tmp_path: Path) -> None:
    """As nohup does, and shells for what runs in the background."""
    done = ended(
        "signal.signal(signal.SIGINT, signal.SIG_IGN)" + AT_IMPORT, "SIGINT", MOMENTS[0], "--help", folder=tmp_path
    )
    assert (done.code, done.err) == (0, "")
    assert "Usage: refdesk" in done.out


def test_the_command_begins_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"refdesk": f"{qa.__main__.__name__}:{qa.__main__.main.__name__}"}
    done = subprocess.run([sys.executable, "-m", "qa", "info", "--help"], capture_output=True, env=ENVIRONMENT)
    assert b"Usage: refdesk info" in done.stdout
