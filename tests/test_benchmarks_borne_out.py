"""Sentences that a language model wrote: what the file holds, and what the shipped verifier makes of some of them."""

from __future__ import annotations

import json

import pytest

from benchmarks.borne_out import FILE, SETS, judge, print_table, row_of
from qa.check.entailment import OnnxEntailment
from qa.check.verifier import SupportVerifier


def test_a_sentence_that_is_not_borne_out_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    assert {row["set"] for row in rows} == set(SETS)
    few = [row for row in rows if len(row["passages"]) == 1][:20]
    assert {row["borne_out"] for row in few} == {True, False}
    judged = list(judge(SupportVerifier(OnnxEntailment()), few))
    shown = [own for own in judged if own.verdict.supported]
    assert shown
    assert all(own.row["borne_out"] for own in shown)
    print_table(judged)
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == [
        "dev",
        "20",
        str(sum(row["borne_out"] for row in few)),
        str(len(shown)),
        "1.000",
        line.split()[-1],
    ]
    assert row_of(shown[0])["shown"] is True
