"""Lines of a page outside tables -> paragraphs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median

from documents.formats.pdf_elements import Element, Piece, spaced
from documents.formats.pdf_layout import Line, is_wide
from documents.formats.pdf_words import Word

BULLET = re.compile(r"[•‣▪◦·●○■□➢✓–—-]\Z|\(?(?:[a-zA-Z]|[ivx]{1,4}|\d{1,2})[.)]\Z|\(\d{1,2}\)\Z")
FIELD = re.compile(r"(?P<name>[A-Z][^\s:.!?|]*(?: [^\s:.!?|]+){0,4}): ?\S")  # a line of a name and a value
_CLAUSE = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}\.?\Z")  # the number of a rule, such as 2.1


def paragraphs(lines: Sequence[Line], is_word: Callable[[str], bool]) -> Iterator[Element]:
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
            yield _paragraph(run, right, is_word)
            run = []
        run.append(line)
    yield _paragraph(run, right, is_word)


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
    if _are_apart(above, below, pitch):
        return True
    if above.bold and below.bold and _are_centred(above, below):
        return False  # lines of one heading
    first, last = below.words[0].text, above.words[-1].text
    if (_CLAUSE.match(first) and _ends_sentence(last)) or (FIELD.match(above.text) and FIELD.match(below.text)):
        return True
    if BULLET.match(first):
        return True
    if above.bold != below.bold:
        # A run-in heading is bold only at the start of its line, and a line may begin with a single bold word.
        return above.bold or _ends_sentence(last)
    room = right - above.right
    next_width = below.words[0].right - below.words[0].left
    may_begin = first[0].isupper() or not first[0].isalpha() or _ends_sentence(last)
    if may_begin and room > next_width + 2 * above.height:
        return room > 0.3 * (right - above.left) or _ends_sentence(last)
    is_indented = below.left - above.left > above.height
    return count > 1 and is_indented and _ends_sentence(last) and first[0].isupper()


def _are_apart(above: Line, below: Line, pitch: float) -> bool:
    """Whether two lines are too far from each other, or of too different sizes, to be of one paragraph."""
    step = below.top - above.top
    is_far = step <= 0 or step > (1.25 * pitch + 0.1) * above.height
    return is_far or abs(above.height - below.height) > 0.12 * above.height


def _are_centred(above: Line, below: Line) -> bool:
    """Whether two lines of different lengths have the same middle."""
    return abs(above.left + above.right - below.left - below.right) < 2 < abs(above.left - below.left)


def _ends_sentence(word: str) -> bool:
    return word.rstrip("”’\"')]»").endswith((".", "!", "?", ":", "。", "！", "？", "："))


def _paragraph(lines: list[Line], right: float, is_word: Callable[[str], bool]) -> Element:
    pieces: list[Piece] = []
    for number, line in enumerate(lines):
        pieces.extend(spaced(line.words))
        if number + 1 < len(lines):
            pieces[-1:] = _line_end(line.words[-1], lines[number + 1].words[0], is_word)
    last = lines[-1]
    open_end = not _ends_sentence(last.words[-1].text) and right - last.right < 0.25 * (right - last.left)
    height = median(line.height for line in lines)
    return Element("paragraph", tuple(pieces), height, all(line.bold for line in lines), open_end)


def _line_end(word: Word, after: Word, is_word: Callable[[str], bool]) -> list[Piece]:
    """Pieces for the last word of a line and the separator before ``after``, the first word of the next line."""
    if word.hyphen and after.text[0].isalnum():
        text = word.text[:-1] if _is_soft_hyphen(word.text[:-1], after.text, is_word) else word.text
        return [Piece(text, word)]
    if is_wide(word.text[-1]) and is_wide(after.text[0]):
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
