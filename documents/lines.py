"""The lines of a plain text, and the markers that begin entries of lists: "-", "2.", "(b)", "iv)", "2.1", "Step 3:"."""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import east_asian_width

from documents.vocabulary import any_of

WIDE = 60  # columns; a line that the next word would have made wider is taken for a wrapped one

_MARKER = re.compile(
    r"""(?:
        (?P<bullet>[-*+•‣▪◦·●○–—◆■□☐☑✓✔➢►])(?:[ ]\[[ xX]\])?
      | (?P<box>\[[ xX]\])
      | (?i:(?P<word>"""
    + any_of("step")
    + r""")[ ]?(?P<count>\d{1,3}))
        [ ]?[:：.)–—-]?
      | (?P<open>[(（\[]?)
        (?:(?P<number>\d{1,3})|(?P<path>\d{1,3}(?:\.\d{1,3}){1,5})|(?P<letters>[ivxlc]{1,6}|[IVXLC]{1,6}|[a-zA-Z]))
        (?P<close>[.)）\]、]?)
    )(?:[ ]+|(?<=[、：]))(?=[^\n]*\w)""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "（": "）", "[": "]"}
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}

Style = tuple[str, ...]  # what the markers of one list have in common


class Line(NamedTuple):
    """``text[start:end]``: a line without the space around it, which begins in column ``indent``; blank if empty."""

    start: int
    end: int
    indent: int

    @property
    def is_blank(self) -> bool:
        return self.start == self.end


class Marker(NamedTuple):
    """What begins an entry: ``text[line.start:end]``. Its ``readings`` are styles and the place in such a list.

    "i)" may be the first of Roman numbers or the ninth of letters; bullets have no place (0).
    """

    end: int
    readings: tuple[tuple[Style, int], ...]

    @property
    def is_bullet(self) -> bool:
        return self.readings[0][0][0] == "bullet"

    @property
    def is_word(self) -> bool:
        """Whether it is a word and a number, as in "Step 2:"."""
        return self.readings[0][0][0] == "word"


def lines_of(text: str, start: int, end: int) -> list[Line]:
    """The lines of ``text[start:end]``, blank ones included."""
    found, position = list[Line](), start
    rows = text[start:end].split("\n")
    for row in rows if rows[-1] else rows[:-1]:
        own = row.strip()
        indent = row.index(own) if own else len(row)
        found.append(Line(position + indent, position + indent + len(own), indent if own else 0))
        position += len(row) + 1
    return found


def marker_of(text: str, line: Line) -> Marker | None:
    """The marker that the line begins with, or None."""
    found = _MARKER.match(text, line.start, line.end)
    if not found:
        return None
    end = line.start + len(found[0].rstrip())
    if found["bullet"] or found["box"]:
        return Marker(end, ((("bullet", found["bullet"] or "[]"), 0),))
    if found["word"]:
        return Marker(end, ((("word", found["word"].lower()), int(found["count"])),))
    opening, closing = found["open"], found["close"]
    if opening and closing != _CLOSING[opening]:
        return None
    if found["path"]:
        *above, last = found["path"].split(".")
        return Marker(end, ((("path", *above), int(last)),)) if not opening else None
    if not closing or (not opening and closing == "]"):
        return None
    form = opening + closing
    if found["number"]:
        return Marker(end, ((("number", form), int(found["number"])),))
    return Marker(end, tuple(_letters(found["letters"], form)))


def _letters(letters: str, form: str) -> list[tuple[Style, int]]:
    """The readings of letters: Roman first where they may begin such a list."""
    case, found = "upper" if letters.isupper() else "lower", list[tuple[Style, int]]()
    if len(letters) == 1:
        found.append((("letter", case, form), ord(letters.lower()) - ord("a") + 1))
    if set(letters.lower()) <= _ROMAN.keys():
        found.insert(0 if letters.lower() == "i" else len(found), (("roman", case, form), _roman(letters.lower())))
    return found


def _roman(letters: str) -> int:
    values = [_ROMAN[letter] for letter in letters]
    return sum(-own if own < max(values[place:]) else own for place, own in enumerate(values))


def width(text: str, line: Line) -> int:
    """The column in which the line ends, in a fixed-width font."""
    own = text[line.start : line.end]
    return line.indent + (
        len(own) if own.isascii() else sum(2 if east_asian_width(char) in "WF" else 1 for char in own)
    )


def is_wrapped(text: str, line: Line, following: Line) -> bool:
    """Whether the break between the lines may be made by wrapping: the next word did not fit into the line."""
    word = text[following.start : min(following.end, following.start + WIDE)].split(" ", 1)[0]
    return width(text, line) + 1 + len(word) > WIDE
