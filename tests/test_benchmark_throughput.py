"""The arithmetic of the benchmarks of a server: what a request takes besides, and the memory of its processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.memory import descendants, megabytes
from benchmarks.throughput import besides, distinct_questions, p95

GRANDCHILD = "import sys; print('ready', flush=True); sys.stdin.read()"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {GRANDCHILD!r}])"


def test_a_request_takes_what_its_stages_do_not() -> None:
    stages = {"retrieve": 10.0, "rerank": 300.0, "read": 170.0}
    assert besides(0.5, {**stages, "total": sum(stages.values())}) == pytest.approx(20.0)
    assert p95([1.0] * 19 + [3.0]) == pytest.approx(1.1)


def test_each_question_is_about_another_word() -> None:
    assert distinct_questions(9, "{}?", ["Wool is spun.", "Wool, carded; spinning CARDED carded"]) == [
        "carded?", "spinning?", "CARDED?",
    ]  # fmt: skip
    assert distinct_questions(1, "{}?", ["spinning carded"]) == ["spinning?"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_processes_of_a_server_are_its_children_and_theirs() -> None:
    before = set(descendants(os.getpid()))
    with subprocess.Popen(
        [sys.executable, "-S", "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stdin
        assert child.stdout.readline() == "ready\n"
        found = [process for process in descendants(os.getpid()) if process not in before]
        assert found[0] == child.pid
        assert len(found) == 2
        assert all(0 < megabytes(process, "Pss") <= megabytes(process, "Rss") < 100 for process in found)
        child.stdin.close()
