"""Groups of rows that go on with the table on the next page: rows further right than the heading of the group."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

from documents.blocks import Group, Table
from documents.formats.pdf_elements import Element
from documents.grid import EDGE

_INDENTED = 1.0  # points, at least


class Indented(NamedTuple):
    """A heading of rows that a page ends with: its row and its left edge, in points."""

    row: int
    left: float


def row_lefts(element: Element) -> list[float]:
    """The left edge of the first word of each row of a table, in points."""
    found = [float("inf")]
    for piece in element.pieces:
        if piece.text == "\n":
            found.append(float("inf"))
        elif piece.word and found[-1] == float("inf"):
            found[-1] = piece.word.left
    return found


def still_open(element: Element, table: Table, lefts: Sequence[float], first: int) -> list[Indented]:
    """The headings of groups that the part of a table ends with, outermost first; its first row is row ``first``."""
    last = len(lefts) - 1
    groups = [group for group in table.groups if group.last == last]
    found = [Indented(first + group.row, lefts[group.row]) for group in groups if _is_indented(group, lefts)]
    is_heading = len(EDGE.findall(element.text.rpartition("\n")[2])) <= 2  # it has no values
    return [*found, Indented(first + last, lefts[last])] if is_heading else found


def _is_indented(group: Group, lefts: Sequence[float]) -> bool:
    return all(left > lefts[group.row] + _INDENTED for left in lefts[group.row + 1 : group.last + 1])


def continued(
    groups: Sequence[Group], open_ones: Sequence[Indented], lefts: Sequence[float], first: int, headings: Set[int]
) -> list[Group]:
    """The groups with those that go on in rows from ``first`` on, which begin at ``lefts``."""
    own = [number for number in range(len(lefts)) if number not in headings]
    found = {group.row: group for group in groups}
    for heading in open_ones:
        end = next((number for number in own if lefts[number] <= heading.left + _INDENTED), len(lefts))
        inside = [number for number in own if number < end]
        if inside:
            found[heading.row] = Group(heading.row, first + inside[-1])
    return list(found.values())
