"""``benchmarks.scale_model``: its arithmetic on a small example, and that the page shows its tables."""

from __future__ import annotations

import pytest
from fakes import ROOT

from benchmarks.scale_model import GB, TABLES, TB, Costs, Machine, Prices, plan

COSTS = Costs(
    question=0.01, question_a_passage=1e-6, bytes_a_passage=10_000, hot_bytes_a_passage=1_000,
    loading=1e-3, indexing=1e-3, embedding=0.02, answering=0.5,
)  # fmt: skip


def test_the_page_shows_what_the_model_prints() -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    for table in TABLES:
        assert "\n".join(table()) in page, "replace the table by what python -m benchmarks.scale_model prints"


def test_a_plan_by_hand() -> None:
    kind = Machine(cores=10, memory=8 * GB, busy=0.5, filled=0.5)
    one = plan(10_000_000, 100, COSTS, kind, Prices(machine=100, terabyte=10), shard=1_000_000)
    assert (one.shards, one.seconds, one.slowest) == (10, pytest.approx(10.1), pytest.approx(1.01))
    assert one.databases == 202  # 1,010 cores of 5 that may be used on each
    assert one.answering == 10
    assert (one.memory, one.disk) == (pytest.approx(20 * GB), pytest.approx(0.3 * TB))
    assert one.money == pytest.approx(212 * 100 + 3)


def test_the_memory_decides_where_little_is_asked() -> None:
    one = plan(10_000_000, 1, COSTS, Machine(cores=1000, memory=1 * GB, filled=0.5))
    assert one.databases == 40
    assert one.answering == 2
