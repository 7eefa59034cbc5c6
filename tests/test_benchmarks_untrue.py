"""The untrue sentences: what the file holds, and what the shipped verifier does with some of them."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from benchmarks.untrue import FILE, TRUE, judge, print_table, rows_of
from qa.check.entailment import OnnxEntailment
from qa.check.verifier import SupportVerifier


def test_the_file_has_a_hundred_untrue_sentences_and_true_ones_beside_them() -> None:
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    assert (len(rows), sum(len(row["untrue"]) for row in rows)) == (25, 100)
    assert {kind: sum(len(row[kind]) for row in rows) for kind in TRUE} == {"whole": 30, "close": 30, "short": 25}
    assert all(whole in row["text"] for row in rows for whole in row["whole"])
    assert len([*rows_of(FILE, "even"), *rows_of(FILE, "odd")]) == len(rows)


def test_no_untrue_sentence_stands_and_no_whole_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    judged = list(judge(SupportVerifier(OnnxEntailment()), islice(rows_of(FILE, "even"), 4)))
    assert [own.claim for own in judged if not own.is_true and own.verdict.supported] == []
    assert [own.claim for own in judged if own.kind == "whole" and not own.verdict.supported] == []
    print_table(judged)
    assert "cut-outs" in capsys.readouterr().out
