"""Workers on a Ray cluster of two nodes, of which one is killed: no document is lost, none is there twice."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import Run, fails
from components import lacking

from index.address import DatabaseUrl
from index.integrity import damage
from index.postgres.jobs import Jobs
from index.postgres.store import PostgresStore

FILES = 300


@pytest.mark.slow
def test_a_node_that_is_killed_loses_and_doubles_nothing(postgres: str, tmp_path: Path) -> None:
    if find_spec("ray") is None:
        lacking("ray", 'pip install "refdesk[ray]"')
    for number in range(FILES):
        text = f"Ship {number} carries wood. Its captain has sailed for {number} years."
        (tmp_path / f"{number}.txt").write_text(text)
    store = PostgresStore(DatabaseUrl(postgres))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "REFDESK_INDEX": postgres,
                   "RAY_USAGE_STATS_ENABLED": "0"}  # fmt: skip

    def refdesk(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "qa", *arguments]
        return subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True)

    with refdesk("index", str(tmp_path), "--queue") as queueing:
        assert queueing.wait() == 0
    driver = Path(__file__).with_name("ray_cluster.py")
    with (
        subprocess.Popen(
            [sys.executable, str(driver)], env=environment, cwd=tmp_path,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as cluster,
    ):  # fmt: skip
        assert cluster.stdout
        assert cluster.stdin
        address = cluster.stdout.readline().strip()
        with refdesk("work", "--ray", address, "--json") as working:
            while Jobs(store).counts().get("done", 0) < FILES // 6:
                assert working.poll() is None
            cluster.stdin.write("kill\n")
            cluster.stdin.flush()
            assert working.wait(300) == 0
        cluster.stdin.close()
    assert Jobs(store).counts() == {"done": FILES}
    with store.snapshot() as snapshot:
        assert sorted(int(Path(source.path).stem) for source in snapshot.sources()) == list(range(FILES))
        assert (snapshot.count("documents"), snapshot.count("chunks")) == (FILES, FILES)
        assert damage(snapshot) == []
    store.close()


def test_what_a_cluster_needs_is_said_in_a_line(run: Run) -> None:
    missing = "jobs are kept in a database" if find_spec("ray") else "need Ray: pip install 'refdesk[ray]'"
    fails(run("work", "--ray", "auto", "--index", "folder"), missing)
