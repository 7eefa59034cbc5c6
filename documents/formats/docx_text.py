"""The text in an element of a Word file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from documents.formats.docx_styles import W, value
from documents.formats.superscripts import raised

_RUN = f"{W}r"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SIGNS = {f"{_MATH}den": "/", f"{_MATH}sup": "^", f"{_MATH}sub": "_"}  # what stands before a part of an equation
BOX = f"{W}txbxContent"
REFERENCES = (f"{W}footnoteReference", f"{W}endnoteReference")
SIGN = "sign"  # the attribute that such a reference is given, for what it shows
_LEFT_OUT = frozenset({_FALLBACK, f"{W}pPr", f"{W}del", f"{W}moveFrom", f"{W}instrText"})


def text_of(element: Any, *left_out: str) -> str:
    """The text in an element, each paragraph or cell on a line; elements with the tags ``left_out`` are passed over."""
    return "".join(_pieces(element, _LEFT_OUT.union(left_out)))


def boxes_in(element: Any) -> Iterator[Any]:
    """The text boxes that are anchored in an element, without those in other boxes."""
    for child in element:
        if child.tag == BOX:
            yield child
        elif child.tag not in _LEFT_OUT:
            yield from boxes_in(child)


def is_shown(element: Any) -> bool:
    """Whether an element is neither deleted nor another form of what is read."""
    return all(own.tag not in _LEFT_OUT for own in element.iterancestors())


def is_sign(run: Any) -> bool:
    """Whether a ``w:r`` only refers to a note."""
    return any(child.tag in REFERENCES for child in run)


def is_joined(paragraph: Any) -> bool:
    """Whether the end of a ``w:p`` is deleted or moved away, so that the next paragraph goes on in the same line."""
    marks = paragraph.find(f"{W}pPr/{W}rPr")
    return marks is not None and (marks.find(f"{W}del") is not None or marks.find(f"{W}moveFrom") is not None)


def _pieces(element: Any, left_out: frozenset[str]) -> Iterator[str]:
    """Of alternative content only the first form counts."""
    for child in element:
        if child.tag in (f"{W}t", f"{_MATH}t"):
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]
        elif child.tag in REFERENCES:
            yield child.get(SIGN, "")
        elif child.tag not in left_out:
            yield "\n" if child.tag == f"{W}p" and element.tag == BOX else _SIGNS.get(child.tag, "")
            pieces = _pieces(child, left_out)
            yield from map(raised, pieces) if child.tag == _RUN and _is_raised(child) else pieces
            if child.tag in (f"{W}p", f"{W}tc"):
                yield "\n"


def _is_raised(run: Any) -> bool:
    alignment = run.find(f"{W}rPr/{W}vertAlign")
    return alignment is not None and value(alignment) == "superscript"
