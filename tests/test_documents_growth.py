"""What the shape of a document costs grows as its size does, where it is read, written and asked about.

Work is counted in calls of Python's functions, not in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from counting import counted, word_count

from documents.blocks import MAX_COLUMNS, Table
from documents.document import Chunk, Part
from documents.grid import Grid
from documents.linearise import linearise
from documents.load import parts_of
from documents.prepare import Preparing, prepared
from documents.split import Splitter
from documents.wire import pack, unpack
from index.embedding_policy import is_embedded
from index.labels import label_said
from index.snapshot import embedding_text
from qa.answer.cells import cited_cells

SPLITTER = Splitter(count=word_count)


def row(text: str, columns: int) -> str:
    return f"|{f' {text} |' * columns}"


def table(columns: int, rows: int) -> str:
    """Two rows of headings above a rule and rows of data."""
    heads = [row("first", columns), row("second", columns), row("--", columns)]
    return "\n".join([*heads, *[row("7", columns)] * rows])


def html(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{own}</tr>' for own in rows)}</table>"


HEAD, BODY, TALL = "<th>a</th><th>b</th>", "<td>1</td><td>2</td>", '<td rowspan="10">x</td><td>1</td>'
SHAPES: dict[str, tuple[str, Callable[[int], str]]] = {
    "columns": ("a.txt", lambda size: table(3 * size, 3)),
    "columns beyond those of a table": ("a.md", lambda size: table(26 * size, 1)),
    "rows": ("a.txt", lambda size: table(3, 4 * size)),
    "tables": ("a.md", lambda size: "\n\n".join([table(3, 2)] * size)),
    "rows beside merged cells": ("a.html", lambda size: html(HEAD, *[TALL, *["<td>1</td>"] * 9] * size)),
    "rows below empty cells": ("a.html", lambda size: html(TALL, *["<td></td><td>1</td>"] * 4 * size)),
    "headings of columns": ("a.html", lambda size: html(*[HEAD, BODY] * 2 * size)),
    "words in a cell": ("a.csv", lambda size: "a,b\n" + "\n".join(["1," + "word " * 8 * size] * 2)),
    "items": ("a.md", lambda size: "\n".join(["- item"] * 4 * size)),
    "lists in lists": ("a.md", lambda size: "\n".join("  " * (n % 20) + "- item" for n in range(4 * size))),
    "headings": ("a.md", lambda size: "# heading\n\ntext\n\n" * 4 * size),
    "one line": ("a.txt", lambda size: "word | " * 40 * size),
}  # fmt: skip


def read(name: str, size: int) -> Part:
    file, make = SHAPES[name]
    (part,) = prepared(parts_of(make(size).encode(), file), Preparing(SPLITTER), file)
    return part


def received(part: Part) -> list[Chunk]:
    """The passages as they come from the process that reads files."""
    part = unpack(pack(part))
    assert part.document, part.reason
    assert part.prepared
    return [Chunk(part.document, *place) for place in part.prepared.chunks]


def write(chunks: Sequence[Chunk]) -> None:
    """What is done with passages when they are stored."""
    for chunk in chunks:
        embedding_text(chunk)
        is_embedded(chunk)


def ask(chunks: Sequence[Chunk]) -> None:
    """What is done with passages when a question is asked."""
    for chunk in chunks:
        embedding_text(chunk)
        label_said("What is the first of the second?", chunk, chunk.start, chunk.end)
        cited_cells(chunk.document, chunk.start, chunk.end)


@pytest.mark.parametrize("name", SHAPES)
def test_four_times_the_size_costs_four_times_as_much_and_a_question_no_more(name: str) -> None:
    (few, small), (many, large) = counted(read, name, 40), counted(read, name, 160)
    assert many < 6 * few
    fewer, more = received(small), received(large)
    assert counted(write, more)[0] < 6 * counted(write, fewer)[0]
    longer = 4 if name == "columns" else 1  # as a row is
    assert counted(ask, more[-3:])[0] < 1.5 * longer * counted(ask, fewer[-3:])[0]


def test_a_row_is_read_once_however_many_cells_it_has() -> None:
    text = table(MAX_COLUMNS, 1)
    grid = Grid(text, Table(0, len(text), (0, 1), 1))
    work, _ = counted(lambda: [grid.column_headings(3, column) for column in range(MAX_COLUMNS)])
    assert work < 40 * MAX_COLUMNS
    assert [text[cell.start : cell.end] for cell in grid.column_headings(3, MAX_COLUMNS - 1)] == ["first", "second"]


def test_cells_beyond_the_columns_of_a_table_are_one_without_headings() -> None:
    text = f"{row('a', MAX_COLUMNS + 5)}\n{row('7', MAX_COLUMNS + 5)}"
    grid = Grid(text, Table(0, len(text), (0,)))
    *cells, beyond = grid.cells(1)
    assert len(cells) == MAX_COLUMNS
    assert text[beyond.start : beyond.end] == "7 | 7 | 7 | 7 | 7 |"
    assert [len(grid.column_headings(1, column)) for column in (MAX_COLUMNS - 1, MAX_COLUMNS)] == [1, 0]


def test_long_headings_are_read_with_a_row_as_far_as_a_model_reads() -> None:
    text = f"{row('heading ' * 10_000, 30)}\n{row('7', 30)}"
    read = linearise(text, [Table(0, len(text), (0,))], text.rindex("\n") + 1, len(text)).text
    assert read.startswith("| heading heading")
    assert read.endswith(" 7 | 7 | 7 |")
    assert len(read) < 5_000
