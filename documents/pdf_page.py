"""Renders a page of a PDF and locates a quotation's words on it. pypdfium2 allows one thread a process only."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby

from documents.document import Document, DocumentError, PageImage
from documents.formats.pdf import neighbourhood
from documents.formats.pdf_document import place_elements
from documents.formats.pdf_pages import elements
from documents.formats.pdf_words import Word, opened, page_of

MAX_WIDTH = 4_000
_MAX_SIDES = 5  # longer pages, relative to their width, are drawn smaller

Box = tuple[float, float, float, float]


def page_image(data: bytes, document: Document, start: int, end: int, width: int = 900) -> PageImage:
    """The page on which ``document.text[start:end]`` begins, with a box around the quotation's words in each line.

    ``data`` is the file that ``document`` was read from, ``width`` the image's width in pixels. Of a quotation that
    continues on the next page, the part on the first page is boxed.

    Raises:
        DocumentError: ``data`` is not the file that ``document`` was read from.
        ValueError: the offsets or the width are out of range.
    """
    if not 0 <= start < end <= len(document.text) or not 0 < width <= MAX_WIDTH:
        raise ValueError(f"no quotation of the document, or no width up to {MAX_WIDTH}: {start}, {end}, {width}")
    page = next((page for page in document.pages if start < page.end), None)
    if page is None:
        raise ValueError("the document has no such page")
    with opened(data, "the file") as pdf:
        if not 0 < page.number <= len(pdf):
            raise _other_file()
        near = neighbourhood(pdf, page.number - 1, "the file")
        placed = list(place_elements(list(elements(near, page.number - 1))))
        text = document.text[page.start : page.end]
        if (
            not placed
            or placed[-1].end != len(text)
            or any(text[at.start : at.end] != at.element.text for at in placed)
        ):
            raise _other_file()
        found: list[Word] = []
        for element, offset in placed:
            place = page.start + offset
            for piece in element.pieces:
                if piece.word and place < end and start < place + len(piece.text):
                    found.append(piece.word)
                place += len(piece.text)
        with page_of(pdf, page.number - 1) as shown:
            if shown is None:
                raise _other_file()
            # Half a pixel less, since pdfium rounds up.
            scale = (width - 0.5) / max(shown.get_width(), shown.get_height() / _MAX_SIDES, 1.0)
            picture = shown.render(scale=scale).to_pil()
    png = io.BytesIO()
    picture.save(png, "PNG")
    return PageImage(page.number, png.getvalue(), picture.width, picture.height, tuple(_boxes(found, scale)))


def _other_file() -> DocumentError:
    return DocumentError("the file has changed since it was indexed; run refdesk index on it again")


def _boxes(words: Sequence[Word], scale: float) -> list[Box]:
    """Boxes in pixels; adjacent words of one line share a box."""
    boxes: list[Box] = []
    for _, run in groupby(dict.fromkeys(words), key=lambda word: (round(word.top), round(word.bottom))):
        for word in run:
            box = (word.left * scale, word.top * scale, word.right * scale, word.bottom * scale)
            last = boxes[-1] if boxes else None
            beside = last and abs(last[1] - box[1]) < 2 and -2 <= box[0] - last[2] < (box[3] - box[1])
            if last and beside:
                boxes[-1] = (last[0], min(last[1], box[1]), box[2], max(last[3], box[3]))
            else:
                boxes.append(box)
    return boxes
