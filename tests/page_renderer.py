"""Stands in for ``documents.pdf_page`` (a blank page with one box; what the file says makes it fail) and ``locate``."""

from __future__ import annotations

import io
from dataclasses import dataclass

from documents.document import Document, DocumentError


@dataclass(frozen=True)
class Image:
    number: int
    png: bytes
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


def page_image(data: bytes, document: Document, start: int, end: int, width: int = 900) -> Image:
    from PIL import Image as Picture

    if b"no page" in data:
        raise DocumentError("page 1 is damaged")
    if b"no image" in data:
        return Image(1, b"<svg onload=alert(1)>", width, 1200, ())
    file = io.BytesIO()
    Picture.new("RGB", (width, 1200), "white").save(file, "PNG")
    number = document.page_at(start) or 1
    return Image(number, file.getvalue(), width, 1200, ((90.0, 120.0, 90.0 + 10 * (end - start), 150.0),))
