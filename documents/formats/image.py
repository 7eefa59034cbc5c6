"""Images of text, read by OCR: each frame of the file is a page."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from documents.document import Document, DocumentError
from documents.formats import ocr
from documents.formats.pdf_document import document_of
from documents.formats.pdf_elements import Element
from documents.formats.pdf_pages import PageText, elements

if TYPE_CHECKING:
    from PIL import Image

PARSER = "image/2"

MAX_FRAMES = 500
MAX_PIXELS = 100_000_000
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_LONGEST_SIDE = 4_000


def parse(data: bytes, name: str) -> Document:
    """The document of an image; raises DocumentError where OCR is not installed or finds no text."""
    if not ocr.is_installed():
        raise DocumentError(f"{name}: an image of text; {ocr.EXTRA.replace('them', 'it')}")
    pages: list[list[Element]] = []
    with _opened(data, name) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > MAX_FRAMES:
            raise DocumentError(f"{name}: more than {MAX_FRAMES} pictures in it, the limit; split it into parts")
        for number in range(frames):
            frame = _frame(image, number, name)
            page = PageText(ocr.words(frame), frame.height)
            pages.append(list(elements({0: page}, 0)))
    return document_of(pages, name, "", f"{PARSER}+{ocr.PARSER}")


def _opened(data: bytes, name: str) -> Image.Image:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        except Exception as error:  # Pillow's readers raise errors of any kind
            raise DocumentError(f"{name}: not a readable picture; open it and save it again as PNG") from error
    if image.width * image.height > MAX_PIXELS:
        raise DocumentError(f"{name}: larger than {MAX_PIXELS // 10**6} megapixels, the limit; make it smaller")
    return image


def _frame(image: Image.Image, number: int, name: str) -> Image.Image:
    """One frame in RGB, rotated upright as its EXIF data says."""
    from PIL import ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image.seek(number)
            frame = ImageOps.exif_transpose(image).convert("RGB")
        except Exception as error:  # Pillow's readers raise errors of any kind
            raise DocumentError(f"{name}: not a readable picture; open it and save it again as PNG") from error
    frame.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return frame
