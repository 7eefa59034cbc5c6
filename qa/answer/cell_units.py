"""What the numbers of a cell are counted in, as headings, signs beside it, the corner or the caption say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from documents.document import Document
from documents.grid import Cell, Grid, joint
from documents.number_words import MONTHS, MULTIPLIERS, UNIT_OF
from documents.outline import introductions
from documents.vocabulary import Vocabulary
from documents.words import WORD

_VOCABULARY = Vocabulary("qa")
MOST_HEADINGS = 100  # heading rows of a table that are looked at for what is said of all of it
_LONGEST_UNIT = 40  # characters
_CURRENCY = r"(?:US|C|A|NZ|HK)?[$€£¥₹]|\b(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR)\b"
_SCALE = rf"(?:{'|'.join(sorted(map(re.escape, MULTIPLIERS), key=len, reverse=True))}|thousands)"
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,80})[)\]]")
_LAST_PART = re.compile(r",\s*([^,;()]{1,20})\Z")
_BEHIND_COMMA = re.compile(r",\s*(in\s[^,;.]{1,60})")
_AFTER_IN = re.compile(r"(?<![\w-])(in\s[^,;()]{1,30}?)(?=[,;]|\.?\Z)", re.IGNORECASE)
_AT_END = re.compile(rf"(?:^|\s)((?:{_CURRENCY})(?:\s?{_SCALE})?|{_SCALE}\s(?:{_CURRENCY})|%)\s*$", re.IGNORECASE)
_EXCEPT = re.compile(rf",?\s*\b{_VOCABULARY.any_of('except')}\b(.*)", re.IGNORECASE)
_PARTS = re.compile(r"[^\W\d_]{4,}|%")
_SIGNS = frozenset({"$", "€", "£", "¥", "₹", "US$", "%"})
_FARTHEST_SIGN = 50  # rows above: the first and last rows of a statement have one
_ABBREVIATIONS = _VOCABULARY.words_of("units_only_in_tables")
_SYMBOLS = _VOCABULARY.words_of("units_at_the_end")
_POWER = re.compile(r"\b[ckm]?m[23]\b")
_COUNTS = _VOCABULARY.words_of("headings_of_counts")
_YEARS = _VOCABULARY.words_of("headings_of_years")
_UNIT_HEADINGS = _VOCABULARY.words_of("headings_of_units")
_CURRENCY_HEADINGS = _VOCABULARY.words_of("headings_of_currencies")
_MONEY = re.compile(rf"[-–−(]?(?:(?:{_CURRENCY})\s?[-–−(]?[\d.,]+|[\d.,]+\s?(?:{_CURRENCY}))\)?", re.IGNORECASE)
_ONLY_CURRENCY = re.compile(rf"(?:{_CURRENCY})\Z", re.IGNORECASE)
_HAS_SCALE = re.compile(rf"(?<![^\W\d_]){_SCALE}(?![^\W\d_])", re.IGNORECASE)


def cell_text(grid: Grid, cell: Cell) -> str:
    """What the cell says, as a person reads it."""
    parts = list[str]()
    last = cell.start
    for start, end in grid.words_of(cell):
        parts += [joint(grid.text, last, start) if parts else "", grid.text[start:end]]
        last = end
    return "".join(parts).replace(r"\|", "|")


def unit_of(document: Document, grid: Grid, cell: Cell) -> str:
    """What the cell's numbers are counted in, as the nearest heading says, or the corner, the caption or the lead-in.

    A currency in a heading goes with a scale that is farther away: "£, in thousands". A cell without digits has none.
    """
    own, row = cell_text(grid, cell), [cell_text(grid, label) for label in grid.row_headings(cell.row, cell.column)]
    if not any(map(str.isdigit, own)) or "%" in own or _is_date(own):
        return ""
    headings = [cell_text(grid, heading) for heading in grid.column_headings(cell.row, cell.column)]
    said = [_unit_in(text) for text in (*reversed(headings), *reversed(row))]
    is_count = any(map(_is_count, headings))
    of_all = [] if is_count else [_unit_in(text) for text in _of_table(document, grid)]
    if any(_MONEY.fullmatch(cell_text(grid, other)) for other in grid.cells(cell.row)):  # cells say what is money
        of_all = [unit for unit in of_all if _HAS_SCALE.search(unit) or not re.search(_CURRENCY, unit)]
    units = (_without_exceptions(unit, " ".join(row)) for unit in (_sign_beside(grid, cell), *said, *of_all))
    found = list(filter(None, units))
    if not found:
        return ""
    scale = next((unit for unit in found[1:] if _HAS_SCALE.search(unit)), "")
    if not scale or not _ONLY_CURRENCY.match(found[0]):
        return found[0]
    return scale if found[0] in scale else f"{found[0]}, {scale}"


def _is_date(text: str) -> bool:
    """Whether the cell names a month, as "April 2027" does."""
    return any(word in MONTHS for word in WORD.findall(text.casefold()))


def _is_count(heading: str) -> bool:
    """Whether the heading is that of a column of numbers of things, or of years ("Year", but not "Year ended …")."""
    words = WORD.findall(heading.casefold())
    return any(word in _COUNTS for word in words) or (len(words) == 1 and words[0] in _YEARS)


def is_sign(text: str) -> bool:
    """Whether a cell holds only the sign of the figure beside it."""
    return text in _SIGNS


def _sign_beside(grid: Grid, cell: Cell) -> str:
    """The sign in the cell before or behind this one, or before those above it; "" where there is none."""
    cells = grid.cells(cell.row)
    behind = cells[cell.column + 1] if cell.column + 1 < len(cells) else None
    if behind and (cell_text(grid, behind) == "%" or _is_unit_column(grid, behind)):
        return cell_text(grid, behind)
    if cell.column > 0 and _is_unit_column(grid, cells[cell.column - 1], _CURRENCY_HEADINGS):
        return cell_text(grid, cells[cell.column - 1])
    for row in range(cell.row, max(-1, cell.row - _FARTHEST_SIGN), -1):
        before = grid.cells(row)[: cell.column]
        if not before or not grid.is_data(row):
            break
        text = cell_text(grid, before[-1])
        if text:
            return text if is_sign(text) and text != "%" else ""
    return ""


def _is_unit_column(grid: Grid, cell: Cell, names: Set[str] = _UNIT_HEADINGS) -> bool:
    """Whether the cell's column holds the units of another: its heading is one of the names."""
    headings = grid.column_headings(cell.row, cell.column)
    return bool(headings) and cell_text(grid, headings[-1]).casefold() in names


def _without_exceptions(unit: str, row: str) -> str:
    """The unit without its exceptions ("in millions, except per share"); "" where the row is one of them."""
    exception = _EXCEPT.search(unit)
    if not exception:
        return unit[:_LONGEST_UNIT]
    named = {word.casefold() for word in _PARTS.findall(exception[1])}
    is_other = any(word.casefold() in named for word in _PARTS.findall(row)) and (
        "per " in row.casefold() or "%" in row
    )
    return "" if is_other else unit[: exception.start()][:_LONGEST_UNIT]


def _of_table(document: Document, grid: Grid) -> Iterator[str]:
    """The texts that may say the unit of the whole table, nearest first."""
    table = grid.table
    for row in table.headings[:MOST_HEADINGS]:
        yield from (cell_text(grid, own) for own in grid.cells(row)[: table.labels])
    yield from (document.text[slice(*place)] for place in introductions(document.text, table))


def _unit_in(text: str) -> str:
    """The unit that a heading or caption gives: in brackets, after "in" or at its end."""
    inside = [*_IN_BRACKETS.findall(text), *_BEHIND_COMMA.findall(text), *_LAST_PART.findall(text)]
    given = next((part.strip() for part in inside if _is_unit(part)), "")
    if not given and (last := _AFTER_IN.search(text)) and _is_unit(last[1].removeprefix("in ")):
        given = last[1]
    if not given and not _is_word(text) and _is_unit(text):
        given = text.strip()
    if not given and text.rpartition(" ")[2].casefold() in _SYMBOLS:
        given = text.rpartition(" ")[2]
    if not given and (end := _AT_END.search(text)):
        given = end[1]
    return given


def _is_word(text: str) -> bool:
    """Whether the text is a single word: "Month" heads a column of months."""
    return text.strip().isalpha()


def _is_unit(text: str) -> bool:
    """Whether the text, such as "in millions", "$ million" or "µg/l", names a unit and nothing else."""
    first = re.split(r"[,;]", text.strip().casefold())[0]
    bare = first.removeprefix("in ")
    if first == bare and " in " in first:  # "dollars in millions"
        counted, _, scale = first.rpartition(" in ")
        return len(counted.split()) <= 2 and scale in MULTIPLIERS
    named = [word for word in re.split(r"[\s./-]+", re.sub(_CURRENCY, " ", bare, flags=re.IGNORECASE)) if word]
    if first != bare or re.search(_CURRENCY, bare, re.IGNORECASE):
        return len(named) <= 3 and not any(map(str.isdigit, _POWER.sub("", bare)))
    if bare in _ABBREVIATIONS or bare in _SYMBOLS:
        return True
    is_ratio = re.fullmatch(r"[^\W\d_]{1,4}\s?/\s?[^\W\d_]{1,5}[²³]?", bare) is not None
    return is_ratio or (bool(named) and all(word in UNIT_OF or word in MULTIPLIERS for word in named))
