"""Text from elsewhere, made safe to show on a terminal.

Names of files, titles, quotes, forged answers and servers' errors may hold characters that a terminal obeys (escape
sequences that clear the screen or set its title), that make a second line of one, or that turn the reading order
around. Here they become what a person can see: ``\\x1b``, ``\\n``, ``\\u202e``.
"""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), line and paragraph separators, marks that turn the direction, halves of surrogate pairs.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """``text`` in one line that a terminal shows and does not obey."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def visible_lines(text: str) -> str:
    """The same, but its line feeds stay."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    """JSON that says the same; of its lines only the line feeds between its parts stay."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
