"""The canonical form of every text, in which all offsets are counted."""

from __future__ import annotations

import re
import unicodedata

import regex

_BREAKS = re.compile("\r\n|[\r\x0b\x85\u2028\u2029]")
_SPACES = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# The joiners U+200C and U+200D stay: Persian, Indic scripts and emoji need them.
_INVISIBLE = (
    *range(0x0A),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    *(0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)
_TABLE = (
    dict.fromkeys(_INVISIBLE)
    | {ord(space): " " for space in _SPACES}
    | {ord("\t"): " "}
    | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
)
# Tabs between words, as between a name and its value, but not behind the marker of a list's item.
_APART = re.compile(r"(?<=[^\s.)\]*+•◦▪–-])\t+(?=\S)")
# Combining marks on one letter: no language needs ten, and sorting them takes time quadratic in their number.
_MARKS = regex.compile(r"(\P{ccc=0}{100})\P{ccc=0}+")


def normalise(text: str) -> str:
    """The text in Unicode form NFC with plain spaces and line feeds, without invisible characters.

    White space at line ends is removed, as are empty lines beyond the first of a run and those at both ends of the
    text; a form feed counts as an empty line, and a tab between words as four spaces. Lone surrogates become U+FFFD,
    so that the result always encodes as UTF-8. A letter keeps its first hundred combining marks. Normalising twice
    gives the same as once.
    """
    text = _BREAKS.sub("\n", text.replace("\x0c", "\n\n"))
    text = re.sub(r"^\t+", lambda tabs: "    " * len(tabs[0]), text, flags=re.MULTILINE)
    text = _APART.sub("    ", text)
    text = unicodedata.normalize("NFC", _few_marks(text.translate(_TABLE)))
    text = _few_marks(text)  # NFC turns some marks into two
    text = "\n".join(line.rstrip(" ") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def _few_marks(text: str) -> str:
    return text if text.isascii() else _MARKS.sub(r"\1", text)
