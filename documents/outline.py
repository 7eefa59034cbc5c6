"""What the structure of a document implies: what introduces a list or table, and one sequence of all its parts."""

from __future__ import annotations

from documents.blocks import Range, Table
from documents.sentences import sentences

COLONS = (":", "：")
_FARTHEST = 2_000  # characters of a paragraph that is searched for its last sentence


def introductions(text: str, table: Table) -> list[Range]:
    """What says what a table is of: its caption, then its lead-in; each only where there is one."""
    return [place for place in (table.caption, lead_in(text, table.start)) if place]


def lead_in(text: str, start: int) -> Range | None:
    """The sentence before a list or table that begins at ``start``, where it ends with a colon; else None."""
    before = text[max(0, start - _FARTHEST) : start].rstrip()
    if not before.endswith(COLONS):
        return None
    end = max(0, start - _FARTHEST) + len(before)
    begin = max(text.rfind("\n\n", 0, end) + 1, end - _FARTHEST, 0)
    found = sentences(text, begin, end)
    return found[-1] if found else None
