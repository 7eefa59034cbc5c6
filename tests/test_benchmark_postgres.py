"""``benchmarks.postgres``: its figures on a small set, by deterministic models, in a real database."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import WordEmbedder

from benchmarks.postgres import Set, compare, measure
from documents.document import Document
from index.address import DatabaseUrl
from qa.evaluation import Item

HARBOURS = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]


@pytest.fixture
def harbours() -> Set:
    documents = {
        f"{name}{number}.txt": Document(f"The harbour of {name} has {number} cranes. It lies {number} miles away.")
        for name in HARBOURS
        for number in range(6)
    }
    items = [
        Item(f"{name}{number}", f"harbour {name} {number} cranes", name, relevant={f"{name}{number}.txt": 1})
        for name in HARBOURS
        for number in range(2)
    ]
    return Set("harbours", documents, items)


def test_both_indexes_are_compared(postgres: str, harbours: Set, tmp_path: Path) -> None:
    figures = compare(DatabaseUrl(postgres), harbours, tmp_path, WordEmbedder())
    assert figures["nDCG@10 in files"] == figures["nDCG@10 in PostgreSQL"] > 0.9
    assert figures["same first passage, of questions"] == 1
    assert figures["question in PostgreSQL, p50, ms"] <= figures["question in PostgreSQL, p95, ms"]


def test_what_is_loaded_is_measured_and_not_loaded_again(postgres: str, harbours: Set, tmp_path: Path) -> None:
    first = measure(DatabaseUrl(postgres), [harbours], 120, tmp_path, WordEmbedder())
    assert first["passages loaded a second, embedding apart"] > 0
    assert first["recall@10, exact (pgvector)"] == 1
    assert first["question with a filter for a tenth, p95, ms"] > 0
    assert first["bytes a passage"] > first["bytes a passage: postings"] > 0
    again = measure(DatabaseUrl(postgres), [harbours], 120, tmp_path, WordEmbedder())
    assert again.keys() == first.keys() - {
        "passages loaded a second, embedding apart", "processor time of making and loading a passage, ms",
        "processor time of the database, indexing too, ms", "indexing the vectors, s", "vacuum, s",
    }  # fmt: skip
