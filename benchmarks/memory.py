"""How much memory `refdesk serve` takes over an index: when it is ready, and when it has answered distinct questions.

    refdesk eval DATA/scifact --limit 1      (which leaves the data set's index in runs/indexes)
    python -m benchmarks.memory --index runs/indexes/NAME [--workers 1] [--questions 100] [--clients 4]

The questions are about words of the index's own documents. RSS is that of the process that serves; PSS is that of all
its processes, in which memory that several share is counted once. Linux only. Serve nothing else meanwhile: what two
servers share, such as libraries, is divided between them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.throughput import distinct_questions, serving, waits
from qa import Client

DOCUMENTS = 100  # whose words are asked about


def children(process: int) -> list[int]:
    """The processes that a process has started and that live."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for own in lists for child in own.read_text().split()]


def descendants(process: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have started."""
    for child in children(process):
        yield child
        yield from descendants(child)


def megabytes(process: int, name: str) -> float:
    """The ``Rss`` or ``Pss`` of a process."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def told(when: str) -> str:
    """What the server that this process has started takes."""
    (server,) = children(os.getpid())
    everything = [server, *descendants(server)]
    pss = sum(megabytes(process, "Pss") for process in everything)
    return f"{when}: RSS {megabytes(server, 'Rss'):,.0f} MB; PSS of {len(everything)} processes {pss:,.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with serving(options.index, options.workers) as url:
        print(told("ready"))
        with Client(url) as desk:
            listed = desk.documents(limit=DOCUMENTS)
            texts = [desk.document(own.document).text for own in listed.documents]
        questions = distinct_questions(options.questions, texts=texts)
        waits(url, questions, options.clients)
        print(f"{listed.total:,} documents, {options.workers} workers, {options.clients} clients")
        print(told(f"after {len(questions)} distinct questions"))


if __name__ == "__main__":
    main()
