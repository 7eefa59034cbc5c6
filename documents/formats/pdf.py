"""PDF: the text layer in reading order, with pages, headings and tables row by row.

``pdf_words`` reads the words, ``pdf_layout`` and ``pdf_tables`` group them into paragraphs and rows, ``pdf_pages``
assembles a page, and this module joins the pages into a document.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from documents.document import Document, DocumentError, Page
from documents.formats import Heading, ocr, sections
from documents.formats.pdf_layout import Block
from documents.formats.pdf_pages import NEIGHBOURS, PageText, blocks
from documents.formats.pdf_words import Word, opened, page_of, words

if TYPE_CHECKING:
    import pypdfium2

PARSER = "pdf/1"

_NO_TITLE = re.compile(
    r"(?:untitled|microsoft \w+|powerpoint|slide \d|document\d*|print(?:ing)?|.*\.\w{2,5}|[\W\d_]*|\S*\d\S*)"
    r"(?:\s-.*)?\Z",
    re.IGNORECASE,
)
_LARGER = 1.15  # times the usual height of letters: headings are at least as large, or bold
_LONGEST = 120  # letters of a heading
_MOST_WORDS = 18
_LEVELS = 6


class Placed(NamedTuple):
    """A block of a page and its offset in the document's text."""

    block: Block
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.block.text)


def parse(data: bytes, name: str) -> Document:
    """The document of a PDF; pages without a text layer are read by OCR where that is installed.

    Raises:
        DocumentError: the file is damaged, encrypted or too long, or holds only images and OCR is not installed.
    """
    pages, recognised = read_pages(data, name)
    return document_of(pages, name, _title(data, name), f"{PARSER}+{ocr.PARSER}" if recognised else PARSER)


def document_of(pages: Sequence[list[Block]], name: str, title: str, parser: str) -> Document:
    """The document of these pages; where ``title`` is "", the title is the largest text on the first page."""
    placed, bounds, text = _put_together(pages)
    if not text:
        raise DocumentError(f"{name}: the file holds no text")
    found = sections(_headings(placed), len(text))
    return Document(text, title or _first_large(placed, bounds[0].end), found, tuple(bounds), parser)


def read_pages(data: bytes, name: str) -> tuple[list[list[Block]], bool]:
    """The blocks of each page, and whether any page was read by OCR."""
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
                found[number] = PageText(own, page.get_height() if page else 0.0)
    if images and not any(page.lines for page in found.values()) and not recognised:
        raise DocumentError(f"{name}: holds only images of text; {ocr.EXTRA}")
    return [list(blocks(found, number)) for number in found], bool(recognised)


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
            near[number] = PageText(page_words(page, name) if page else [], page.get_height() if page else 0.0)
    return near


def _put_together(pages: Sequence[list[Block]]) -> tuple[list[Placed], list[Page], str]:
    """The blocks with their offsets, the pages, and the whole text."""
    placed: list[Placed] = []
    bounds: list[Page] = []
    parts: list[str] = []
    size = 0
    for number, page in enumerate(pages, start=1):
        start = size
        for block, place in place_blocks(page):
            before = placed[-1].block if placed else None
            gap = separator(before, block) if before else ""
            if place == 0:
                start = size + len(gap)
            parts += gap, block.text
            placed.append(Placed(block, size + len(gap)))
            size += len(gap) + len(block.text)
        if page:
            bounds.append(Page(number, start, size))
    return placed, bounds, "".join(parts)


def place_blocks(page: Sequence[Block]) -> Iterator[Placed]:
    """A page's blocks, each with its offset in the page's own text."""
    size = 0
    for before, block in pairwise([None, *page]):
        if block is None:
            continue
        size += len(separator(before, block)) if before else 0
        yield Placed(block, size)
        size += len(block.text)


def separator(before: Block, after: Block) -> str:
    """The text between two blocks: a space where a paragraph continues on the next page."""
    if before.kind == after.kind == "row":
        return "\n"
    goes_on = before.open_end and after.kind == "paragraph" and after.text[0].islower() and before.kind == "paragraph"
    return " " if goes_on else "\n\n"


def _headings(placed: Sequence[Placed]) -> list[Heading]:
    """The headings: short paragraphs in larger or bolder letters than the text."""
    size = sum(len(each.block.text) for each in placed)
    heights = sorted((each.block.height, len(each.block.text)) for each in placed if each.block.height)
    seen = list(accumulate(letters for _, letters in heights))
    usual = heights[bisect_left(seen, seen[-1] / 2)][0] if heights else 0.0
    bold = sum(len(each.block.text) for each in placed if each.block.bold)
    chosen = [each for each in placed if _is_heading(each.block, usual, bold_tells=3 * bold < size)]
    styles = sorted({_style(each.block) for each in chosen}, reverse=True)
    if styles and sum(_style(each.block) == styles[0] for each in chosen) == 1:
        styles = [*styles[1:], styles[0]]  # a single largest line is a title: the rest is not nested below it
    level = {style: min(number, _LEVELS) for number, style in enumerate(styles, start=1)}
    return [Heading(each.start, each.end, level[_style(each.block)], each.block.text) for each in chosen]


def _is_heading(block: Block, usual: float, *, bold_tells: bool) -> bool:
    text = block.text
    stands_out = block.height > _LARGER * usual or (bold_tells and block.bold)
    return (
        block.kind == "paragraph"
        and stands_out
        and len(text) <= _LONGEST
        and len(text.split()) <= _MOST_WORDS
        and text[-1] not in ".,;"
        and not (text[0].islower() or text[0] == "(")
        and sum(map(str.isalpha, text)) >= len(text) / 2
    )


def _style(block: Block) -> tuple[float, bool, bool]:
    """The sort key of a heading's rank: larger letters first, then capitals, then bold."""
    return round(block.height * 2) / 2, block.text.isupper(), block.bold


def _title(data: bytes, name: str) -> str:
    """The title in the file's metadata; "" where that is no real title, such as a file name or a number."""
    with opened(data, name) as pdf:
        title = " ".join(pdf.get_metadata_value("Title").split())
    return "" if _NO_TITLE.match(title) or not title.isprintable() else title


def _first_large(placed: Sequence[Placed], end: int) -> str:
    """The text in the largest letters on the first page, where these stand out; else ""."""
    first = [each.block for each in placed if each.end <= end and each.block.kind == "paragraph"]
    if len(first) < 2:
        return ""
    largest = max(block.height for block in first)
    if largest < _LARGER * median(block.height for block in first):
        return ""
    title = next(block.text for block in first if block.height > 0.97 * largest)
    return title if len(title) <= _LONGEST else ""
