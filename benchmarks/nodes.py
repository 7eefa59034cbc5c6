"""Indexing by workers on one and on two nodes of a Ray cluster, of one core each: how much faster are two?

    python -m benchmarks.nodes postgresql://USER@HOST/DATABASE [--files 2000] [--words 300] [--rounds 2]

The extra ``ray`` must be installed, and the database be empty: its index is deleted before each run. The nodes are on
this machine, each on a core of its own; the database takes its part of the same cores. A first run, which is not
counted, brings files and models into memory. Printed are the best passages a second of each.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from benchmarks.ingest import make
from benchmarks.machine import machine
from index.address import DatabaseUrl
from index.opened import open_jobs
from index.postgres.store import SCHEMA, PostgresStore
from qa.assistant.compose import open_ingest
from qa.serving.operations.ray_work import work_on
from qa.settings import read

ROUNDS = 2


@contextmanager
def cluster(cores: list[int]) -> Iterator[str]:
    """A Ray cluster with a node on each of the cores; its address."""
    from ray.cluster_utils import Cluster

    whole, own = os.sched_getaffinity(0), Cluster()
    try:
        for core in cores:
            os.sched_setaffinity(0, {core})  # what a node starts inherits it
            own.add_node(num_cpus=1)
        os.sched_setaffinity(0, whole)
        yield own.address
    finally:
        os.sched_setaffinity(0, whole)
        own.shutdown()


def clear(url: DatabaseUrl) -> None:
    """Delete the index."""
    with closing(psycopg.connect(url.reveal(), autocommit=True)) as db:
        db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def passages_a_second(url: DatabaseUrl, folder: Path, cores: list[int]) -> float:
    """How fast workers on such nodes index the folder, from their start to the last one's end."""
    clear(url)
    settings = read(index=url.reveal())
    files, _ = open_ingest(settings).files([folder], include=(), exclude=())
    open_jobs(settings.index).add(files, "default")
    with cluster(cores) as address:
        began = time.perf_counter()
        failed = [path for report in work_on(address, settings) for path in report.failed]
        seconds = time.perf_counter() - began
    assert not failed, failed
    with closing(PostgresStore(url)) as store, store.snapshot() as snapshot:
        return snapshot.count("chunks") / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", type=DatabaseUrl)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--words", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        parser.error("two nodes need two cores")
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, options.files, options.words)
        passages_a_second(options.url, folder, cores[:2])
        best = dict.fromkeys((1, 2), 0.0)
        for _ in range(options.rounds):
            for count in best:
                best[count] = max(best[count], passages_a_second(options.url, folder, cores[:count]))
    for count, speed in best.items():
        print(f"nodes: {count}, passages a second: {speed:.1f}")
    print(f"two nodes: {best[2] / best[1]:.2f} times one")


if __name__ == "__main__":
    main()
