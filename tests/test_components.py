"""What a machine lacks for some tests is said in the last line of the run, and fails it where everything is to run."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from components import lacking, shared_data, told
from fakes import ROOT


def report(reason: str) -> SimpleNamespace:
    return SimpleNamespace(longrepr=("tests/test_a.py", 1, f"Skipped: {reason}"))


def test_components_are_counted_the_commonest_first() -> None:
    reasons = ["for want of node: a", "for want of PostgreSQL: b: c", "for want of PostgreSQL: d", "signals"]
    assert told(map(report, reasons)) == "skipped for want of: PostgreSQL 2, node 1"
    assert told([report("signals"), SimpleNamespace(longrepr=None)]) == ""


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_test_that_lacks_something_is_skipped_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="for want of node: apt-get install nodejs"):
        lacking("node", "apt-get install nodejs")
    with pytest.raises(pytest.skip.Exception, match=r"for want of REFDESK_DATA: .* is not there"):
        shared_data("nothing/of/the/kind")


def test_the_last_line_of_a_run_says_what_was_skipped_for_want_of_what() -> None:
    environment = {**os.environ, "CI": "", "PATH": ""}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_qa_page_scripts.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "skipped for want of: node 1"


def test_whatever_a_test_is_skipped_for_is_counted_in_the_last_line() -> None:
    """What a system cannot do at all, which marks tell before a test begins, is nothing that it lacks."""
    uncounted = [
        f"{file.name}: {call}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if "skip" in (text := file.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("skip", "importorskip") and ast.unparse(node.func.value) == "pytest"
        if "for want of " not in (call := ast.unparse(node))
    ]
    assert uncounted == []
