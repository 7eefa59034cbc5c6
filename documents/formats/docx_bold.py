"""Word's headings that are none by their style: short lines in bold, as many authors make them.

What they are like is told as of those of a PDF, which is how such a file is often passed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from documents.captions import is_caption
from documents.formats.docx_styles import Styles, W
from documents.formats.docx_text import is_sign, text_of
from documents.formats.heading_line import is_bold_heading

_MOST_EMPTY = 5  # paragraphs below a heading


class BoldLines:
    """Tells which paragraphs of one document are such lines."""

    def __init__(self, styles: Styles, body: Any) -> None:
        self._styles = styles
        bold = size = 0
        for paragraph in body.iter(f"{W}p"):
            for run in paragraph.iterchildren(f"{W}r"):
                letters = sum(len(piece.text or "") for piece in run.iterchildren(f"{W}t"))
                size += letters
                bold += letters if letters and styles.is_bold(run, paragraph) else 0
        self._tells = 0 < 3 * bold < size  # in a text that is bold itself it says nothing

    def heads(self, paragraph: Any) -> bool:
        """Whether the paragraph is a line in bold above something that is not, unlike the lines of an address."""
        if not self._tells or not self._is_line(paragraph):
            return False
        below = _below(paragraph)
        if below is None:
            return False
        if below.tag == f"{W}tbl":
            return not is_caption(text_of(paragraph))
        return not self._is_bold(below)

    def _is_line(self, paragraph: Any) -> bool:
        return self._is_bold(paragraph) and is_bold_heading(text_of(paragraph).strip())

    def _is_bold(self, paragraph: Any) -> bool:
        runs = (run for run in paragraph.iter(f"{W}r") if text_of(run).strip() and not is_sign(run))
        first = next(runs, None)  # most paragraphs are told by it
        return first is not None and all(self._styles.is_bold(run, paragraph) for run in chain((first,), runs))


def _below(paragraph: Any) -> Any | None:
    """The next paragraph with text, or the table, that stands below."""
    for place, element in enumerate(_siblings(paragraph)):
        if place > _MOST_EMPTY or element.tag == f"{W}tbl" or text_of(element).strip():
            return element if place <= _MOST_EMPTY else None
    return None


def _siblings(paragraph: Any) -> Iterator[Any]:
    return (own for own in paragraph.itersiblings() if own.tag in (f"{W}p", f"{W}tbl", f"{W}sdt"))
