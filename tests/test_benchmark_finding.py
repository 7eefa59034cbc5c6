"""The benchmark of finding: ranks of right passages, and which questions share no word with their answer."""

from __future__ import annotations

from pathlib import Path

from benchmarks.finding import TOP, asked_of, measured
from tests.evaluation_data import word_models

FILE = """=== Pool | leaflet | leisure
# Pool

Lockers take a coin. The pool opens at nine and closes at ten.
---
Q: When does the pool open?
A: nine
E: The pool opens at nine

Q: Where do I leave my bag?
A: Lockers
E: Lockers take a coin

Q: Is it heated?
E: This is said nowhere

=== Cats | notes | animals
# Cats

Cats sleep. The pool is no place for them.
---
"""


def test_questions_are_those_whose_evidence_stands_in_the_document(tmp_path: Path) -> None:
    (tmp_path / "k01.txt").write_text(FILE)
    documents, asked = asked_of(tmp_path / "k01.txt")
    assert [own.title for own in documents] == ["Pool", "Cats"]
    assert [(own.question, own.is_far) for own in asked] == [
        ("When does the pool open?", False),
        ("Where do I leave my bag?", True),
    ]
    assert asked[0].rank_in([]) == TOP


def test_shares_of_right_passages_are_told_for_all_questions_and_for_far_ones(tmp_path: Path) -> None:
    (tmp_path / "k01.txt").write_text(FILE)
    header, *lines = measured({"k01": asked_of(tmp_path / "k01.txt")}, word_models(), [0, 2])
    assert header.split() == ["questions", "@1", "@5", "@15"]
    told = {(line[:8].strip(), line[8:14].strip()): line[14:].split() for line in lines}
    assert told["ranked", "all"][0] == "2"
    assert told["ranked", "far"][0] == "1"
    assert told["found", "all"][-1] == "1.000"
    assert told["read 0", "all"] == told["read 2", "all"] == ["2", "0.500", "1.000", "1.000"]
