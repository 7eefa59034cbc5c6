"""Lines of a PDF page -> rows of cells, and which cells are numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from documents.formats.pdf_layout import Line
from documents.formats.pdf_words import Word

_FAR = 1.2  # gap between two cells, relative to the line's height
_LONGEST_VALUE = 25  # characters of a text cell among numbers
_UNIT = r"(?:[$€£¥₹]|US\$|C\$|A\$|HK\$|EUR|USD|GBP)"
_NUMBER = r"[-–—−+~]?\(?[-–—−+~]?(?:\d[\d.,'’]*)?\d\)?(?:x|bps|pp|pts?)?"
_VALUE = re.compile(
    rf"(?:{_UNIT}?\s?{_NUMBER}\s?(?:[%‰]|{_UNIT})?\)?|{_UNIT}?\s?[-–—−]+\s?%?|N/?[AM]|n/?[am]|\*+|nil|{_UNIT})"
    r"(?:\s?\(?[a-z\d*†‡]{1,2}\))*"
)
_YEAR = re.compile(r"(?:FY|CY)?\s?'?(?:19|20)\d\d[A-E]?(?:\(\d\))*\Z")
_MARK = re.compile(r"\(?\d{1,2}\)|[-–—*†‡]+\Z")  # the mark of a footnote or of a list item
PREFIX = re.compile(rf"{_UNIT}\Z|\(\Z|[-–—−]\Z")
FIGURE = re.compile(r"[-(–—−.]*\d|[-–—−]+\Z")
SUFFIX = re.compile(r"[%‰)]+\Z|\$%\Z|\(\d{1,2}\)\Z|(?:bps|pts?|pp|x)\Z")


@dataclass(slots=True)
class Cell:
    """Adjacent words of a row that belong together."""

    words: list[Word]

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def is_value(self) -> bool:
        return bool(_VALUE.fullmatch(self.text))

    @property
    def is_year(self) -> bool:
        return bool(_YEAR.match(self.text))


@dataclass(slots=True)
class Row:
    """A line as cells: those of its label, if it has one, then those of its values.

    ``values`` are the numeric cells and those among them; none where the line is text or consists of years.
    """

    line: Line
    cells: list[Cell]
    values: list[Cell] = field(init=False)

    def __post_init__(self) -> None:
        self.values = _values(self.cells)

    @property
    def label(self) -> list[Cell]:
        return self.cells[: len(self.cells) - len(self.values)]

    @property
    def label_words(self) -> list[Word]:
        return [word for cell in self.label for word in cell.words]

    @property
    def is_numeric(self) -> bool:
        return len(self.cells) > 1 and bool(self.values)


def _values(cells: list[Cell]) -> list[Cell]:
    first = next((number for number, cell in enumerate(cells) if cell.is_value), len(cells))
    rest = cells[first:]
    values = [cell for cell in rest if cell.is_value and not cell.is_year]
    wordy = sum(len(cell.text) > _LONGEST_VALUE for cell in rest)
    if len(values) <= wordy or (not first and _MARK.match(rest[0].text)):
        return []
    return rest[1:] if not first and rest[0].is_year else rest


def _is_sign_of(word: Word, after: Word, height: float) -> bool:
    """Whether the word is the sign of a currency that stands apart, before its number."""
    is_sign = PREFIX.match(word.text) and word.text not in "(-–—−"
    return bool(is_sign and FIGURE.match(after.text) and after.left - word.right > _FAR * height)


def _is_nearer(word: Word, before: Word, after: Word | None) -> bool:
    """Whether the word is nearer to the word after it than to that before."""
    return after is not None and after.left - word.right < word.left - before.right


def row_of(line: Line) -> Row:
    """The line's cells, separated by wide gaps and, between numbers, by narrower ones."""
    cells: list[Cell] = [Cell([line.words[0]])]
    for before, word, after in zip(line.words, line.words[1:], [*line.words[2:], None], strict=False):
        if _goes_on(cells, word, before, after, line.height):
            cells[-1].words.append(word)
        else:
            cells.append(Cell([word]))
    return Row(line, cells)


def _goes_on(cells: list[Cell], word: Word, before: Word, after: Word | None, height: float) -> bool:
    """Whether the word belongs to the last of the cells of a line so far."""
    gap, cell = (word.left - before.right) / height, cells[-1]
    if PREFIX.match(before.text) and len(cell.words) == 1 and FIGURE.match(word.text):
        return before.text not in "(-–—−" or (gap < 1 and word.text[-1] not in "-–—−")
    if SUFFIX.match(word.text) and cell.is_value:
        return gap < 3 and not (cell.is_year and _is_nearer(word, before, after))
    if gap > _FAR or (after and _is_sign_of(word, after, height)):
        return False
    number = after if PREFIX.match(word.text) else word  # the number that a preceding sign belongs to
    begins = number is not None and FIGURE.match(number.text) and _VALUE.fullmatch(number.text)
    is_number = cell.is_value and cell.words[0].text[0] != "+"  # else it is that of a telephone
    return not (len(cells) > 1 and is_number and begins)
