"""Words of a page -> lines in reading order -> blocks: paragraphs, headings and table rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import Literal, NamedTuple

from documents.formats.pdf_words import Word

_CELL_GAP = 1.2  # gap between two cells, relative to the line's height
_GUTTER = 8.0  # least width, in points, of the gap between two columns of prose
_COLUMN_LINES = 4  # least number of lines in a column of prose
_COLUMN_LETTERS = 22  # and of characters in its longer lines
_MOST_CUTS = 400  # of a page into regions

BULLET = re.compile(r"[•‣▪◦·●○■□–—\uf0b7\uf0a7-]\Z|\(?(?:[a-zA-Z]|[ivx]{1,4}|\d{1,2})[.)]\Z|\(\d{1,2}\)\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """Words side by side, in reading order."""

    words: tuple[Word, ...]

    @property
    def left(self) -> float:
        return min(word.left for word in self.words)

    @property
    def right(self) -> float:
        return max(word.right for word in self.words)

    @property
    def top(self) -> float:
        return min(word.top for word in self.words)

    @property
    def bottom(self) -> float:
        return max(word.bottom for word in self.words)

    @property
    def height(self) -> float:
        """The median height of its words, which raised words do not change; at least 1."""
        return max(median(word.height for word in self.words), 1.0)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def bold(self) -> bool:
        """Whether every word with letters is bold."""
        lettered = [word for word in self.words if any(map(str.isalpha, word.text))]
        return bool(lettered) and all(word.bold for word in lettered)


class Piece(NamedTuple):
    """A piece of a block's text and the word it shows (None: a separator); ``copied`` where a heading is repeated."""

    text: str
    word: Word | None = None
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading or a table row: one line of the document's text."""

    kind: Literal["paragraph", "heading", "row"]
    pieces: tuple[Piece, ...]
    height: float = 0.0
    bold: bool = False
    open_end: bool = False  # its last line is full and ends no sentence, so the next block may continue it

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def reading_order(words: Sequence[Word]) -> list[Line]:
    """The page's lines in reading order: columns of prose one after another, everything else from top to bottom."""
    return [line for region in _regions(_fragments(words), [_MOST_CUTS]) for line in _rows(region)]


def _fragments(words: Sequence[Word]) -> list[Line]:
    """Runs of words drawn one after another on a line without a wide gap."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else None
        if last and _beside(last, word) and _gap(last, word) <= _CELL_GAP * min(last.height, word.height):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [Line(tuple(run)) for run in runs]


def _beside(first: Word, second: Word) -> bool:
    shared = min(first.bottom, second.bottom) - max(first.top, second.top)
    return shared >= 0.5 * min(first.height, second.height)


def _gap(first: Word, second: Word) -> float:
    return max(second.left - first.right, first.left - second.right)


def _regions(fragments: list[Line], cuts: list[int]) -> Iterator[list[Line]]:
    """The page's regions in reading order; ``cuts[0]`` counts down how many more cuts are allowed."""
    cuts[0] -= 1
    if len(fragments) >= 2 * _COLUMN_LINES and cuts[0] > 0:
        columns = _columns(fragments)
        if columns:
            for column in columns:
                yield from _regions(column, cuts)
            return
        bands = _bands(fragments)
        if bands:
            for band in bands:
                yield from _regions(band, cuts)
            return
    yield fragments


def _columns(fragments: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """The fragments left and right of the widest gutter; None where these are not two columns of prose."""
    best: tuple[float, float] | None = None
    reach = 0.0
    for fragment in sorted(fragments, key=lambda fragment: fragment.left):
        width = fragment.left - reach
        if reach and width >= _GUTTER and (best is None or width > best[0]):
            best = width, fragment.left
        reach = max(reach, fragment.right)
    if best is None:
        return None
    left = [fragment for fragment in fragments if fragment.left < best[1]]
    right = [fragment for fragment in fragments if fragment.left >= best[1]]
    return (left, right) if _is_prose(left) and _is_prose(right) else None


def _is_prose(fragments: list[Line]) -> bool:
    """Whether the lines are long and hold few digits, as in a column of text rather than of a table."""
    rows = _rows(fragments)
    if len(rows) < _COLUMN_LINES:
        return False
    texts = [row.text for row in rows]
    letters = sum(sum(map(str.isalpha, text)) for text in texts)
    figures = sum(sum(map(str.isdigit, text)) for text in texts)
    wide = sum(sum(map(_is_wide, text)) for text in texts)
    lengths = sorted(len(text) for text in texts)
    longest = lengths[len(lengths) * 2 // 3]
    return longest >= (_COLUMN_LETTERS // 2 if wide > letters / 2 else _COLUMN_LETTERS) and letters >= 4 * figures


def _bands(fragments: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """The fragments above and below the tallest empty band across the page; None where there is no such band."""
    best: tuple[float, float] | None = None
    reach = 0.0
    for fragment in sorted(fragments, key=lambda fragment: fragment.top):
        height = fragment.top - reach
        if reach and height > 0.1 * fragment.height and (best is None or height > best[0]):
            best = height, fragment.top
        reach = max(reach, fragment.bottom)
    if best is None:
        return None
    above = [fragment for fragment in fragments if fragment.top < best[1]]
    below = [fragment for fragment in fragments if fragment.top >= best[1]]
    return above, below


def _rows(fragments: list[Line]) -> list[Line]:
    """The lines of a single-column region from top to bottom."""
    rows: list[list[Word]] = []
    anchor: Word | None = None
    for fragment in sorted(fragments, key=lambda fragment: (fragment.top + fragment.bottom, fragment.left)):
        tallest = max(fragment.words, key=lambda word: word.height)
        if anchor is not None and _beside(anchor, tallest):
            rows[-1].extend(fragment.words)
            anchor = max(anchor, tallest, key=lambda word: word.height)
        else:
            rows.append([*fragment.words])
            anchor = tallest
    return [Line(tuple(_in_order(row))) for row in rows]


def _in_order(words: list[Word]) -> list[Word]:
    """The words from left to right, or from right to left where most letters are Hebrew or Arabic."""
    letters = [char for word in words for char in word.text if char.isalpha()]
    backwards = 2 * sum(unicodedata.bidirectional(char) in ("R", "AL") for char in letters) > len(letters)
    ordered = sorted(words, key=lambda word: -word.right if backwards else word.left)
    for first in range(len(ordered) - 1):  # the next cell's dollar sign may overlap this cell's percent sign
        if ordered[first].text in ("$", "$%") and ordered[first + 1].text == "%":
            ordered[first : first + 2] = ordered[first + 1], ordered[first]
    return ordered


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def paragraphs(lines: Sequence[Line], is_word: Callable[[str], bool]) -> Iterator[Block]:
    """Paragraphs from lines outside tables.

    Words hyphenated at a line's end are joined where ``is_word`` finds the joined form among the words nearby.
    """
    if not lines:
        return
    pitch = _usual_pitch(lines)
    right = sorted(line.right for line in lines)[len(lines) * 9 // 10]
    run: list[Line] = []
    for line in lines:
        if run and _is_paragraph_break(run[-1], line, pitch, right, len(run)):
            yield _block(run, right, is_word)
            run = []
        run.append(line)
    yield _block(run, right, is_word)


def _usual_pitch(lines: Sequence[Line]) -> float:
    """The most common distance between the tops of successive lines, relative to their height."""
    pitches = [
        round((below.top - above.top) / above.height, 1)
        for above, below in pairwise(lines)
        if 0 < below.top - above.top < 3 * above.height
    ]
    return max(
        (len(list(same)), -pitch) for pitch, same in groupby(sorted(pitches))
    )[1] * -1 if pitches else 1.2  # fmt: skip


def _is_paragraph_break(above: Line, below: Line, pitch: float, right: float, count: int) -> bool:
    """Whether a paragraph ends between two lines; ``count`` is its number of lines so far."""
    step = below.top - above.top
    if step <= 0 or step > (1.25 * pitch + 0.1) * above.height:
        return True
    if abs(above.height - below.height) > 0.12 * above.height:
        return True
    if (
        above.bold
        and below.bold
        and abs(above.left + above.right - below.left - below.right) < 2 < abs(above.left - below.left)
    ):
        return False  # these are centred lines of one heading
    first, last = below.words[0].text, above.words[-1].text
    if BULLET.match(first) or above.bold != below.bold:
        # A run-in heading is bold only at the start of its line, and a line may begin with a single bold word.
        return bool(BULLET.match(first)) or above.bold or _ends_sentence(last)
    room = right - above.right
    next_width = below.words[0].right - below.words[0].left
    if room > next_width + 2 * above.height and (first[0].isupper() or not first[0].isalpha() or _ends_sentence(last)):
        return room > 0.3 * (right - above.left) or _ends_sentence(last)
    indent = below.left - above.left
    return count > 1 and indent > above.height and _ends_sentence(last) and first[0].isupper()


def _ends_sentence(word: str) -> bool:
    return word.rstrip("”’\"')]»").endswith((".", "!", "?", ":", "。", "！", "？", "："))


def _block(lines: list[Line], right: float, is_word: Callable[[str], bool]) -> Block:
    pieces: list[Piece] = []
    for number, line in enumerate(lines):
        pieces.extend(spaced(line.words))
        if number + 1 < len(lines):
            pieces[-1:] = _line_end(line.words[-1], lines[number + 1].words[0], is_word)
    last = lines[-1]
    open_end = not _ends_sentence(last.words[-1].text) and right - last.right < 0.25 * (right - last.left)
    height = median(line.height for line in lines)
    return Block("paragraph", tuple(pieces), height, all(line.bold for line in lines), open_end)


def spaced(words: Sequence[Word], *, copied: bool = False) -> Iterator[Piece]:
    """Pieces for the words, separated by spaces."""
    for number, word in enumerate(words):
        if number:
            yield Piece(" ")
        yield Piece(word.text, word, copied)


def _line_end(word: Word, after: Word, is_word: Callable[[str], bool]) -> list[Piece]:
    """Pieces for the last word of a line and the separator before ``after``, the first word of the next line."""
    if word.hyphen and after.text[0].isalnum():
        text = word.text[:-1] if _is_soft_hyphen(word.text[:-1], after.text, is_word) else word.text
        return [Piece(text, word)]
    if _is_wide(word.text[-1]) and _is_wide(after.text[0]):
        return [Piece(word.text, word)]
    return [Piece(word.text, word), Piece(" ")]


def _is_soft_hyphen(head: str, tail: str, is_word: Callable[[str], bool]) -> bool:
    """Whether the hyphen between the two marks only the line break and is not part of the word."""
    if not (tail[0].islower() and len(head) > 1 and head[-1].islower()) or "-" in head:
        return False
    tail = bare(tail)
    return is_word(head + tail) or not (is_word(f"{head}-{tail}") or (is_word(bare(head)) and is_word(tail)))


def bare(word: str) -> str:
    """A word without the punctuation around it."""
    return word.strip(".,;:!?()[]“”‘’\"'*")
