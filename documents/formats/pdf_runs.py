"""Headings above several columns that belong together: periods side by side, or headings that repeat.

Without a rule below it, a heading such as "Year ended December 31," above 2024, 2023 and 2022 seems to be above the
column that it is nearest to: it is centred over the cells, while numbers stand at the right of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from documents.formats.pdf_cells import Cell
from documents.formats.pdf_columns import Column, nearest
from documents.month_names import names_of

_PERIOD = re.compile(
    r"(?:(?:FY|CY|fiscal|year|Q[1-4]|H[12])\s?)?'?(?:19|20)\d\d(?!\d)|[QH][1-4]\b|(?:first|second|third|fourth)\s"
    r"(?:quarter|half)|(?:(?:full|whole|fiscal)\s)?year\Z",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_CHANGE = re.compile(r"\d\s?[-–—]\s?(?:19|20)\d\d|change", re.IGNORECASE)  # "2022-2021" heads a column of changes
_OFF = 0.42  # farthest from the middle of the columns, relative to the distance between two of them


def over_runs(lines: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> dict[int, range]:
    """By ``id`` of the cells in ``lines`` of headings, the columns that each is surely above.

    A single heading is above all periods side by side; several are so where what is below them repeats.
    """
    found = dict[int, range]()
    for number, upper in enumerate(lines[:-1]):
        texts = _by_column(lines[number + 1 :], columns)
        for run in _runs(texts):
            found.update(_over(upper, run, texts, columns))
    return found


def _by_column(lines: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> list[str]:
    """What the lines say above each column."""
    pitch = (columns[-1].middle - columns[0].middle) / max(1, len(columns) - 1)
    found: list[list[str]] = [[] for _ in columns]
    for cell in (cell for cells in lines for cell in cells):
        if cell.middle > columns[0].left - pitch / 2:
            found[nearest(cell, columns)].append(cell.text)
    return [" ".join(texts) for texts in found]


def _runs(texts: Sequence[str]) -> Iterator[range]:
    """Columns side by side with headings, all of them; and those whose headings are periods."""
    for is_one in (bool, _is_period):
        first = 0
        for number, text in enumerate([*texts, ""]):
            if not is_one(text):
                if number - first > 1:
                    yield range(first, number)
                first = number + 1


def _over(
    upper: Sequence[Cell], run: range, texts: Sequence[str], columns: Sequence[Column]
) -> Iterator[tuple[int, range]]:
    left, right = columns[run[0]].middle, columns[run[-1]].middle
    pitch = (right - left) / (len(run) - 1)
    over = [cell for cell in upper if left - pitch / 2 < cell.middle < right + pitch / 2]
    size, rest = divmod(len(run), len(over) or 1)
    own = [texts[number] for number in run]
    if rest or size < 2 or any(text != own[number % size] for number, text in enumerate(own)):
        return
    if len(over) == 1 and not all(map(_is_period, own)):
        return
    for number, cell in enumerate(over):
        part = run[number * size : (number + 1) * size]
        middle = (columns[part[0]].left + columns[part[-1]].right) / 2
        if abs(cell.middle - middle) < _OFF * pitch:
            yield id(cell), part


def _is_period(text: str) -> bool:
    """Whether the text is a year, a part of a year or a date."""
    word = _WORD.match(text)
    is_month = word is not None and word[0].casefold() in names_of("en").months
    return (is_month or _PERIOD.match(text) is not None) and not _CHANGE.search(text)
