"""PDF: the text layer in reading order, with pages, headings, lists and tables.

``pdf_words`` reads the words, ``pdf_layout``, ``pdf_paragraphs`` and ``pdf_tables`` group them, ``pdf_pages`` puts a
page together, and ``pdf_document`` joins the pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from documents.document import Document, DocumentError
from documents.formats import ocr
from documents.formats.pdf_document import document_of
from documents.formats.pdf_elements import Element
from documents.formats.pdf_pages import NEIGHBOURS, PageText, elements
from documents.formats.pdf_rules import rules
from documents.formats.pdf_words import Word, opened, page_of, words
from documents.vocabulary import any_of

if TYPE_CHECKING:
    import pypdfium2

PARSER = "pdf/7"

# ReportLab writes "(anonymous)" where it is given none.
_NO_TITLE = re.compile(rf"(?:{any_of('no_title')}|.*\.\w{{2,5}}|[\W\d_]*|\(\w*\)|\S*\d\S*)(?:\s-.*)?\Z", re.IGNORECASE)


def parse(data: bytes, name: str) -> Document:
    """The document of a PDF; pages without a text layer are read by OCR where that is installed.

    Raises:
        DocumentError: the file is damaged, encrypted or too long, or holds only images and OCR is not installed.
    """
    pages, recognised = read_pages(data, name)
    return document_of(pages, name, _title(data, name), f"{PARSER}+{ocr.PARSER}" if recognised else PARSER)


def read_pages(data: bytes, name: str) -> tuple[list[list[Element]], bool]:
    """The elements of each page, and whether any page was read by OCR."""
    found: dict[int, PageText] = {}
    images = recognised = 0
    with opened(data, name) as pdf:
        for number in range(len(pdf)):
            with page_of(pdf, number) as page:
                own = words(page, name) if page else []
                if page and not own and _has_image(page):
                    images += 1
                    if ocr.is_installed():
                        own, recognised = page_words(page, name), recognised + 1
                found[number] = _page_text(own, page)
    if images and not any(page.lines for page in found.values()) and not recognised:
        raise DocumentError(f"{name}: holds only images of text; {ocr.EXTRA}")
    return [list(elements(found, number)) for number in found], bool(recognised)


def _page_text(words: Sequence[Word], page: pypdfium2.PdfPage | None) -> PageText:
    return PageText(words, page.get_height(), rules(page)) if page else PageText(words, 0.0)


def _has_image(page: pypdfium2.PdfPage) -> bool:
    import pypdfium2.raw as raw

    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


def page_words(page: pypdfium2.PdfPage, name: str) -> list[Word]:
    """The words of the page's text layer or, where it has none, those that OCR reads."""
    own = words(page, name)
    if own or not ocr.is_installed() or not _has_image(page):
        return own
    scale = min(200 / 72, 4000 / max(page.get_size()))
    image = page.render(scale=scale).to_pil().convert("RGB")
    return ocr.words(image, scale)


def neighbourhood(pdf: pypdfium2.PdfDocument, index: int, name: str) -> dict[int, PageText]:
    """Page ``index``, counted from 0, and the pages that its text depends on."""
    near: dict[int, PageText] = {}
    for number in range(max(0, index - NEIGHBOURS), min(len(pdf), index + NEIGHBOURS + 1)):
        with page_of(pdf, number) as page:
            near[number] = _page_text(page_words(page, name) if page else [], page)
    return near


def _title(data: bytes, name: str) -> str:
    """The title in the file's metadata; "" where that is no real title, such as a file name or a number."""
    with opened(data, name) as pdf:
        title = " ".join(pdf.get_metadata_value("Title").split())
    return "" if _NO_TITLE.match(title) or not title.isprintable() else title
