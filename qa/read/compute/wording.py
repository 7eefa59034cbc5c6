"""The sentences that state a count, sum or extreme, and whether such a sentence follows from what it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.read.compute.measures import measure
from qa.read.tables.amounts import amount, has_decimal_comma, total

_LONGEST_NAME = 80  # characters of the name of a table or list
_DASH = " — "
_COUNTED, _ADDED = "counted from", "the sum of"
_EXTREME = re.compile(r"the (largest|smallest) of (\d+) cells of “")


def counted(count: int, name: str, where: str = "") -> str:
    """The sentence that says how many rows of the table there are."""
    return f"{count}{_DASH}{_COUNTED} {count} {_plural('row', count)} of “{named(name)}”{_with(where)}."


def added(short: str, count: int, column: str, name: str, where: str = "") -> str:
    """The sentence that says the sum ``short`` of ``count`` cells of a column."""
    cells = f"{count} {_plural('cell', count)} of “{named(column)}”"
    return f"{short}{_DASH}{_ADDED} {cells} in “{named(name)}”{_with(where)}."


def extreme(short: str, way: str, count: int, column: str, name: str) -> str:
    """The sentence that says which of ``count`` cells of a column is the largest or smallest; ``short`` names it."""
    return f"{short}{_DASH}the {way} of {count} cells of “{named(column)}” in “{named(name)}”."


def says(text: str, short: str | None) -> bool:
    """Whether ``text`` is a sentence of this module that says ``short``."""
    return short is not None and text.startswith(f"{short}{_DASH}")


def follows(text: str, count: int, cells: Sequence[str]) -> bool:
    """Whether ``text`` states the number of the ``count`` citations, or the sum or extreme of their cells."""
    short, _, rest = text.partition(_DASH)
    if found := _EXTREME.match(rest):
        return found[2] == str(count) == str(len(cells)) and _is_extreme(short, found[1], cells)
    if rest.startswith(_COUNTED):
        return short == str(count)
    comma = has_decimal_comma(cells)
    amounts = [amount(cell, decimal_comma=comma) for cell in cells]
    if not rest.startswith(_ADDED) or not all(amounts):
        return False
    right = total([each for each in amounts if each])
    number = re.search(r"-?\d[\d,]*(?:\.\d+)?", re.sub(r"[^\d.,-]", "", short))
    return bool(right and number and number[0].replace(",", "") == f"{right.value:.{right.decimals}f}")


def _is_extreme(short: str, way: str, cells: Sequence[str]) -> bool:
    """Whether ``short`` ends with the first cell, perhaps with its unit, and no cell goes beyond it."""
    found = [measure(cell) for cell in cells]
    values = [each.value for each in found if each]
    beyond = max(values, default=0) if way == "largest" else min(values, default=0)
    return len(values) == len(cells) > 0 and values[0] == beyond and cells[0] in short.rpartition(", ")[2]


def named(name: str) -> str:
    """The name of a table or list in one short line, without anything like a citation marker."""
    flat = " ".join(re.sub(r"\[\d{1,3}\]", "", name).split()).strip(" :")
    return flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1].rsplit(" ", 1)[0] + "…"


def _plural(thing: str, count: int) -> str:
    return thing if count == 1 else f"{thing}s"


def _with(where: str) -> str:
    return f" with {where}" if where else ""
