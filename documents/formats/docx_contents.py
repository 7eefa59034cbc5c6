"""Word's tables of contents: fields whose text is navigation, as the menus of web pages are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from documents.formats.docx_styles import W, value

_GALLERY = f"{W}sdtPr/{W}docPartObj/{W}docPartGallery"
_CONTENTS = "Table of Contents"  # what Word calls it in files of all languages
_FIELD = "TOC"  # of the same, and of lists of figures and tables


class _Field(NamedTuple):
    """A field that has begun: with which run, and what it is made by."""

    first: int
    code: list[str]


def leave_out_contents(body: Any) -> None:
    """Take the tables of contents out of a document, with the title that Word puts above them."""
    for own in [*body.iter(f"{W}sdt")]:
        if value(own.find(_GALLERY)) == _CONTENTS:
            _remove(own)
    for own in [*body.iter(f"{W}fldSimple")]:
        if _is_contents(own.get(f"{W}instr") or ""):
            _remove(own)
    runs = [*body.iter(f"{W}r")]
    inside = [0] * (len(runs) + 1)  # how many of the fields begin with a run, less those that end before it
    for first, last in _fields(runs):
        inside[first] += 1
        inside[last + 1] -= 1
    for run, fields in zip(runs, accumulate(inside), strict=False):
        if fields:
            _remove(run)


def _fields(runs: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """The first and the last run of each field that is a table of contents; one without an end is none."""
    begun: list[_Field] = []
    for number, run in enumerate(runs):
        for child in run:
            kind = child.get(f"{W}fldCharType") if child.tag == f"{W}fldChar" else None
            if kind == "begin":
                begun.append(_Field(number, []))
            elif child.tag == f"{W}instrText" and begun:
                begun[-1].code.append(child.text or "")
            elif kind == "end" and begun and _is_contents("".join((field := begun.pop()).code)):
                yield field.first, number


def _is_contents(code: str) -> bool:
    return code.split()[:1] == [_FIELD]


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
