"""PDF pages -> words with their boxes, by pypdfium2, which is not thread-safe: one thread a process only.

Coordinates are in points from the upper left corner of the page as it is shown, after cropping and rotation, so that
multiplying them by one scale gives the coordinates in an image of the page.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from documents.document import DocumentError
from documents.normalise import normalise

if TYPE_CHECKING:
    import pypdfium2

MAX_PAGES = 5_000
MAX_PAGE_CHARACTERS = 300_000  # a page of small print has 20,000

_FINE = 64  # device units a point, since pdfium rounds device coordinates to integers
_GAP = 0.5  # gap between two words, relative to the height of the letters
_SEAM = 0.08  # the same where the letters belong to two text objects
_HYPHENS = {0x02, 0xFFFE}  # pdfium's codes for a hyphen at a line's end
_RAISED = 0.25  # the same where the second letter is smaller, as a superscript is
_Box = tuple[float, float, float, float]
_BULLETS = str.maketrans({0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "➢", 0xF0FC: "✓"})  # as symbol fonts code them
_FEW = 0.2  # share of a page's letters that are not turned as the others are
_HEAVY = 650  # font weight from which letters are bold; 400 is regular
_BOLD = ("bold", "black", "heavy", "semibold", "demi")


@dataclass(frozen=True, slots=True)
class Word:
    """Letters without a space between them, and their box in points from the page's upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    bold: bool = False
    hyphen: bool = False  # it ends in a hyphen, which may only mark a line break

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@contextmanager
def opened(data: bytes, name: str) -> Iterator[pypdfium2.PdfDocument]:
    """Open the PDF for the block; raises DocumentError where it is damaged, encrypted or too long."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentError(f"{name}: encrypted; open it with its password and save a copy without one") from error
        raise DocumentError(f"{name}: not a readable PDF; open it in a viewer and save or print it again") from error
    try:
        if len(pdf) > MAX_PAGES:
            raise DocumentError(f"{name}: more than {MAX_PAGES} pages, the limit for PDF; split it into parts")
        yield pdf
    finally:
        pdf.close()


@contextmanager
def page_of(pdf: pypdfium2.PdfDocument, index: int) -> Iterator[pypdfium2.PdfPage | None]:
    """Open page ``index``, counted from 0, for the block; None where it is damaged."""
    import pypdfium2 as pdfium

    try:
        page = pdf[index]
    except pdfium.PdfiumError:
        yield None
        return
    try:
        yield page
    finally:
        page.close()


def words(page: pypdfium2.PdfPage, name: str) -> list[Word]:
    """The page's upright words in the order in which the file draws them.

    A page whose letters nearly all run up or down is turned first, as who reads it turns it: it is shown so, too, while
    the file is open.

    Raises:
        DocumentError: the page has more than MAX_PAGE_CHARACTERS characters; the message begins with ``name``.
    """
    with _letters_on(page, name) as letters:
        found = list(_runs(letters))
        rotation = letters.rotation() if sum(len(word.text) for word in found) < _FEW * letters.count else None
    if rotation is None or rotation == page.get_rotation():
        return found
    page.set_rotation(rotation)
    with _letters_on(page, name) as letters:
        return list(_runs(letters))


@contextmanager
def _letters_on(page: pypdfium2.PdfPage, name: str) -> Iterator[_Letters]:
    """The page's letters, for the block; raises DocumentError where they are too many."""
    import pypdfium2 as pdfium

    try:
        textpage = page.get_textpage()
    except pdfium.PdfiumError:
        yield _Letters(page, None, 0)
        return
    try:
        count = max(textpage.count_chars(), 0)
        if count > MAX_PAGE_CHARACTERS:
            raise DocumentError(f"{name}: a page with more than {MAX_PAGE_CHARACTERS} letters; it cannot be read")
        yield _Letters(page, textpage.raw, count)
    finally:
        textpage.close()


class Screen:
    """A page as it is shown, after cropping and rotation."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        import pypdfium2.raw as raw

        self._to_device, self._page = raw.FPDF_PageToDevice, page.raw
        self._size = [round(side * _FINE) for side in page.get_size()]
        self._x, self._y = ctypes.c_int(), ctypes.c_int()

    def shown(self, left: float, bottom: float, right: float, top: float) -> _Box:
        """Left, top, right and bottom of a box in page coordinates, in points from the upper left corner."""
        x, y = self._x, self._y
        self._to_device(self._page, 0, 0, *self._size, 0, left, bottom, x, y)
        one = x.value / _FINE, y.value / _FINE
        self._to_device(self._page, 0, 0, *self._size, 0, right, top, x, y)
        other = x.value / _FINE, y.value / _FINE
        return min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1])


class _Letters:
    """The ``count`` characters of one page, by pdfium's character index."""

    def __init__(self, page: pypdfium2.PdfPage, textpage: Any, count: int) -> None:
        import pypdfium2.raw as raw

        self._raw, self._textpage, self.count = raw, textpage, count
        self._rectangle = raw.FS_RECTF()
        self._screen = Screen(page)
        self.turned = page.get_rotation() in (90, 270)
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()

    def code(self, number: int) -> int:
        return int(self._raw.FPDFText_GetUnicode(self._textpage, number))

    def drawn_by(self, number: int) -> int:
        """An identifier of the text object that the character belongs to."""
        return ctypes.cast(self._raw.FPDFText_GetTextObject(self._textpage, number), ctypes.c_void_p).value or 0

    def box(self, number: int) -> _Box | None:
        """Left, bottom, right and top in page coordinates; None where pdfium knows no box."""
        found = self._rectangle
        if not self._raw.FPDFText_GetLooseCharBox(self._textpage, number, found):
            return None
        return found.left, found.bottom, found.right, found.top

    def upright(self, number: int) -> bool:
        """Whether the character is upright on the page as it is shown."""
        return bool(self._quarters(number) % 2) == self.turned

    def _quarters(self, number: int) -> int:
        angle: float = self._raw.FPDFText_GetCharAngle(self._textpage, number)
        return round(angle / (math.pi / 2)) % 4

    def rotation(self) -> int | None:
        """The rotation of the page, in degrees, by which nearly all of its letters are upright; None: there is none."""
        turns = Counter(self._quarters(number) for number in range(self.count) if not _is_space(self.code(number)))
        quarters, most = max(turns.items(), key=lambda turn: turn[1], default=(0, 0))
        return -90 * quarters % 360 if most > (1 - _FEW) * turns.total() else None

    def bold(self, number: int) -> bool:
        size = self._raw.FPDFText_GetFontInfo(self._textpage, number, self._name, len(self._name), self._flags)
        if 0 < size <= len(self._name) and _is_bold(self._name.value):
            return True
        return int(self._raw.FPDFText_GetFontWeight(self._textpage, number)) >= _HEAVY

    def shown(self, box: Sequence[float]) -> _Box:
        """Left, top, right and bottom of a box on the page as it is shown, in points."""
        return self._screen.shown(*box)


@cache
def _is_bold(font: bytes) -> bool:
    name = font.decode("utf-8", "replace").lower()
    return any(mark in name for mark in _BOLD)


def _runs(letters: _Letters) -> Iterator[Word]:
    """Runs of characters without white space, a gap or a change of line between them."""
    run: list[int] = []
    codes: list[str] = []
    bounds: list[float] = []
    for number in range(letters.count):
        code = letters.code(number)
        box = None if _is_space(code) else letters.box(number)
        signs = bool(run) and codes[-1] in "$%" and chr(code) in "$%"  # of two cells that touch
        if run and (box is None or signs or _is_apart(letters, run[-1], bounds, number, box)):
            yield from _word(letters, run[0], codes, bounds)
            run, codes, bounds = [], [], []
        if box is not None:
            run.append(number)
            codes.append("-" if code in _HYPHENS else chr(code))
            bounds = _joined(bounds, box) if bounds else [*box]
    if run:
        yield from _word(letters, run[0], codes, bounds)


def _is_space(code: int) -> bool:
    return code not in _HYPHENS and (code <= 0x20 or code in (0x7F, 0xA0, 0xAD, 0xFEFF) or chr(code).isspace())


def _is_apart(letters: _Letters, last: int, bounds: list[float], number: int, box: _Box) -> bool:
    """Whether a character is too far from the preceding word, which ends with character ``last``, to belong to it."""
    left, bottom, right, top = (1, 0, 3, 2) if letters.turned else (0, 1, 2, 3)
    height = min(bounds[top] - bounds[bottom], box[top] - box[bottom])
    gap = max(box[left] - bounds[right], bounds[left] - box[right]) / max(height, 1.0)
    middle = (box[top] + box[bottom]) / 2
    if gap > _GAP or not bounds[bottom] - 0.2 * height <= middle <= bounds[top] + 0.2 * height:
        return True
    raised = box[top] - box[bottom] < 0.8 * (bounds[top] - bounds[bottom])  # as in "1st"
    return gap > (_RAISED if raised else _SEAM) and letters.drawn_by(last) != letters.drawn_by(number)


def _joined(bounds: list[float], box: _Box) -> list[float]:
    return [min(bounds[0], box[0]), min(bounds[1], box[1]), max(bounds[2], box[2]), max(bounds[3], box[3])]


def _word(letters: _Letters, first: int, codes: list[str], bounds: list[float]) -> Iterator[Word]:
    text = "".join(normalise("".join(codes)).split()).translate(_BULLETS)
    if text and letters.upright(first):
        hyphen = len(codes) > 1 and codes[-1] in "-\u2010"
        yield Word(text, *letters.shown(bounds), letters.bold(first), hyphen)
