"""What so many passages and questions need of machines and money, on paper, from measured unit costs.

    python -m benchmarks.scale_model [--measure]

Prints the tables of docs/scale.md. ``COSTS`` are figures of the commands beside them, on cores of an AMD EPYC with
AVX-512; ``MACHINE`` and ``PRICES`` are assumptions; nothing was run at these sizes. ``--measure`` prints what
embedding a passage and answering a question cost on this machine instead.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.machine import machine
from benchmarks.throughput import distinct_questions
from documents.load import load, sample_paths
from documents.split import Splitter
from index.embed import load_embedder
from qa import open_assistant, read_settings
from qa.assistant.compose import open_ingest

GB, TB = 1e9, 1e12
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds are of one core.

    - ``question`` and ``question_a_passage``: the database's seconds for a question, whatever it holds, and for each
      passage that it holds;
    - ``bytes_a_passage``: on disk; ``hot_bytes_a_passage``: of these what questions read, which memory must hold;
    - ``loading``: of the database and of who writes, for a passage; ``indexing``: its place in the index of vectors;
    - ``embedding``: a passage; ``answering``: a question, without the database.
    """

    question: float
    question_a_passage: float
    bytes_a_passage: float
    hot_bytes_a_passage: float
    loading: float
    indexing: float
    embedding: float
    answering: float


# Of `python -m benchmarks.postgres URL --data DATA --passages N` for N = 100,000 and 1,000,000 on an idle machine, and
# of --measure.
COSTS = Costs(
    question=0.0154,  # 18.1 ms at 100,000 passages and 42.3 ms at 1,000,000: a line through both
    question_a_passage=2.69e-8,
    bytes_a_passage=19_400,
    hot_bytes_a_passage=12_000,  # postings_pkey, passages_nearest, passages, embeddings
    loading=1.56e-3,
    indexing=0.84e-3,  # 41.8 s for 100,000 passages on both cores
    embedding=0.0176,
    answering=0.238,
)


@dataclass(frozen=True, slots=True)
class Machine:
    """Of the database and of who answers; ``busy``: the share of its cores that may be used when most is asked."""

    cores: int = 16
    memory: float = 128 * GB
    busy: float = 0.6
    filled: float = 0.75  # of the memory


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a month, without a discount for reserving: assumed, not asked for."""

    machine: float = 600.0
    terabyte: float = 100.0  # of solid-state disk


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes; ``seconds``: the database's of a question on all shards, ``slowest``: on one of them."""

    passages: int
    questions: int
    shards: int
    seconds: float
    slowest: float
    databases: int
    answering: int
    memory: float
    disk: float
    money: float


COPIES = 2  # of each shard, on machines of their own: none is lost with a machine
ROOM = 1.5  # times what is held: of disk, for the log, for rows that are to go, and for a copy
SHARD = 1_000_000  # passages


def plan(
    passages: int,
    questions: int,
    costs: Costs = COSTS,
    kind: Machine = Machine(),
    prices: Prices = Prices(),
    shard: int = SHARD,
) -> Plan:
    """What so many passages, in shards, and so many questions a second need. Every question is put to every shard."""
    shards = math.ceil(passages / shard)
    slowest = costs.question + costs.question_a_passage * min(passages, shard)
    seconds = shards * costs.question + costs.question_a_passage * passages
    cores = kind.cores * kind.busy
    memory, disk = COPIES * costs.hot_bytes_a_passage * passages, COPIES * ROOM * costs.bytes_a_passage * passages
    databases = max(COPIES, math.ceil(questions * seconds / cores), math.ceil(memory / (kind.memory * kind.filled)))
    answering = max(2, math.ceil(questions * costs.answering / cores))
    money = (databases + answering) * prices.machine + disk / TB * prices.terabyte
    return Plan(passages, questions, shards, seconds, slowest, databases, answering, memory, disk, money)


CASES = ((10**5, 10), (10**6, 10), (10**6, 100), (10**7, 100), (10**8, 100), (10**8, 1000))
SHARDS = (10**5, 10**6, 10**7)


def rows(header: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(line)} |" for line in lines)


def needed() -> Iterator[str]:
    """The table of what the cases need."""
    yield from rows(
        ("passages", "questions a second", "shards", "database, core-seconds a question", "machines: database",
         "machines: answering", "memory, GB", "disk, TB", "US$ a month"),
        [
            (f"{one.passages:,}", f"{one.questions:,}", f"{one.shards}", f"{one.seconds:.3f}", f"{one.databases:,}",
             f"{one.answering:,}", f"{one.memory / GB:,.0f}", f"{one.disk / TB:,.2f}", f"{one.money:,.0f}")
            for one in (plan(*case) for case in CASES)
        ],
    )  # fmt: skip


def by_shard() -> Iterator[str]:
    """The table of shards of different sizes, for the largest case."""
    yield from rows(
        ("passages a shard", "shards", "core-seconds on one shard", "core-seconds on all", "machines: database"),
        [
            (f"{size:,}", f"{one.shards:,}", f"{one.slowest:.3f}", f"{one.seconds:.2f}", f"{one.databases:,}")
            for size, one in ((size, plan(*CASES[-1], shard=size)) for size in SHARDS)
        ],
    )


def loading(costs: Costs = COSTS) -> Iterator[str]:
    """The table of how long it takes to bring passages in; writers take turns."""
    yield from rows(
        ("passages", "embedding, core-hours", "loading, hours of one writer", "indexing vectors, core-hours"),
        [
            (f"{count:,}", f"{count * costs.embedding / HOUR:,.1f}",
             f"{count * costs.loading / HOUR:,.1f}", f"{count * costs.indexing / HOUR:,.1f}")
            for count in (10**6, 10**7, 10**8)
        ],
    )  # fmt: skip


TABLES: tuple[Callable[[], Iterator[str]], ...] = (needed, by_shard, loading)


def measured() -> Iterator[str]:
    """Core-seconds of embedding a passage, and of answering a question of the samples without a database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(index=folder)
        open_ingest(settings).update(sample_paths())
        assistant, embedder = open_assistant(settings), load_embedder(settings.new_embedder)
        questions = distinct_questions(41)
        texts = [chunk.text for path in sample_paths() for chunk in Splitter().split(load(path))]
        assistant.ask(questions[0])
        embedder.embed(texts[:1], "passage")
        for name, act, count in (
            ("answering a question", lambda: [assistant.ask(question) for question in questions[1:]], 40),
            ("embedding a passage", lambda: embedder.embed(texts, "passage"), len(texts)),
        ):
            began = time.process_time()
            act()
            yield f"{name}: {(time.process_time() - began) / count:.4f} core-seconds"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        print(machine(), *measured(), sep="\n")
        return
    print("\n\n".join("\n".join(table()) for table in TABLES))


if __name__ == "__main__":
    main()
