"""The formats that are known are told by the command, by the page and by the error of an unknown file alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commands import Run, fails
from fakes import ROOT

from qa.evaluation import DatasetError, load_dataset
from qa.evaluation.datasets.formats import FORMATS
from qa.evaluation.tasks import TASK_NAMES


def test_the_page_has_the_table_of_the_command(run: Run) -> None:
    page = (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    table = page.partition("| format | file | what it measures | where it comes from |\n|---|---|---|---|\n")[2]
    rows = [tuple(row.strip("| ").split(" | ")) for row in table.partition("\n\n")[0].splitlines()]
    assert rows == [tuple(one) for one in FORMATS]
    listed = run("eval", "--list")
    assert (listed.code, listed.err) == (0, "")
    assert re.findall(r"^(\S.*)$", listed.out, re.MULTILINE) == [one.name for one in FORMATS]
    told = run("eval", "--list", "--json").json["formats"]
    assert [tuple(one.values()) for one in told] == rows


def test_every_format_names_the_task_that_it_is_for() -> None:
    assert [one.name for one in FORMATS if one.measures.partition(":")[0] not in TASK_NAMES] == []
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_the_error_for_an_unknown_file_names_all_formats_in_a_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"colour": "red"}\n')
    fails(run("eval", path), "no known format (fields: colour); known are SQuAD 1.1, 2.0, BEIR, ")
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert all(one.name in str(caught.value) for one in FORMATS)
    assert "refdesk eval --list" in str(caught.value)
