"""Lists, steps, fields and tables of everyday Markdown and text files, against what a person reads off them.

The files are the corpora ``visitors`` of the shared data; ``fixtures/visitors_structure.txt``, checked by eye, has the
beginning and the length of each line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from components import shared_data
from outlines import brief

from documents.document import Document
from documents.grid import Grid
from documents.load import load

ROOT = Path(__file__).parent.parent
EXPECTED = Path(__file__).parent / "fixtures" / "visitors_structure.txt"


def expected() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = found.setdefault(line[3:], [])
        else:
            lines.append(line)
    return found


def structure(document: Document) -> Iterator[str]:
    """A line for each item, step, field and row, nested by indentation; text of several lines in one."""
    text = document.text
    shown = [(table.start, line) for table in document.tables for line in _rows(document, Grid(text, table))]
    for block in document.blocks:
        if block.kind == "list":
            continue
        around = [own.kind for own in document.blocks_at(block.start) if own.end >= block.end]
        inner = [own.start for own in document.blocks if own.kind == "list" and block.start < own.start < block.end]
        own = " ".join(text[block.start : min([*inner, block.end])].split())
        shown.append((block.start, "  " * (around.count("list") - 1) + f"{block.kind}: {own}"))
    return (line for _, line in sorted(shown, key=lambda place: place[0]))


def _rows(document: Document, grid: Grid) -> Iterator[str]:
    for row in range(len(grid)):
        cells = " / ".join(document.text[cell.start : cell.end] for cell in grid.cells(row))
        if not grid.is_rule(row):
            yield f"{'heading' if grid.is_heading(row) else 'row'}: {cells}"


@pytest.mark.parametrize("name", expected())
def test_lists_steps_fields_and_tables_are_those_of_the_file(name: str) -> None:
    assert list(map(brief, structure(load(shared_data(f"visitors/{name}"))))) == expected()[name]


def test_every_text_file_is_expected() -> None:
    folder = shared_data("visitors")
    files = {path.relative_to(folder).as_posix() for end in ("md", "txt") for path in folder.glob(f"*/*.{end}")}
    assert files == set(expected())
