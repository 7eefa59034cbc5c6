"""The table of formats: which suffix is read by what. Parsers are imported when their first file comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from documents.decode import decode
from documents.document import Document, DocumentError, Part
from documents.formats import Inside
from documents.normalise import normalise

MB = 1024 * 1024
MAX_BYTES = 64 * MB
MAX_PDF_BYTES = 512 * MB

# What files of a kind begin with, what to call them, and which formats are of that kind.
_MAGIC = (
    (b"%PDF-", "a PDF file", ("PDF",)),
    (b"PK\x03\x04", "a ZIP container (as Office files are)", ("Word", "PowerPoint", "Excel", "EPUB", "ZIP")),
)

Parse = Callable[[bytes, str], Document]
Parts = Callable[[bytes, str, Inside], Iterator[Part]]


def always() -> bool:
    """Whether a format can be read that needs no extra."""
    return True


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one kind are read.

    - ``parse(data, name)`` gives the one document or raises DocumentError;
    - ``parts(data, name, inside)``, of formats whose files hold several documents, gives them all;
    - ``keeps``: what is kept beside the text, for the table in the README;
    - ``is_ready()``: whether what it needs is installed; folders are walked for such formats only.
    """

    name: str
    parse: Parse
    max_bytes: int = MAX_BYTES
    keeps: str = ""
    parts: Parts | None = None
    is_ready: Callable[[], bool] = always


def _of_text(module: str) -> Parse:
    """The parser of a format that is text, whose module's ``parse`` takes the normalised text."""

    def parse_bytes(data: bytes, name: str) -> Document:
        content = normalise(decode(data, name))
        if not content.strip(" \n\u200c\u200d\ufffd"):
            raise DocumentError(f"{name}: the file holds no text")
        document: Document = import_module(f"documents.formats.{module}").parse(content)
        return document

    return parse_bytes


def _of_bytes(module: str) -> Parse:
    """The parser of a format whose module's ``parse`` takes the file's bytes and name."""

    def parse_bytes(data: bytes, name: str) -> Document:
        document: Document = import_module(f"documents.formats.{module}").parse(data, name)
        return document

    return parse_bytes


def _several(name: str, module: str, keeps: str, function: str = "parts") -> Format:
    """A format whose files may hold several documents."""

    def parts(data: bytes, shown: str, inside: Inside) -> Iterator[Part]:
        yield from getattr(import_module(f"documents.formats.{module}"), function)(data, shown, inside)

    def parse(data: bytes, shown: str) -> Document:
        return _the_one(parts(data, shown, Inside(read_member)), shown)

    return Format(name, parse, keeps=keeps, parts=parts)


def _the_one(parts: Iterator[Part], name: str) -> Document:
    """The document of a file that holds one, or one of its own beside others'."""
    first = next(parts, None)
    if first is None:
        raise DocumentError(f"{name}: the file holds no text")
    if first.document is None:
        raise DocumentError(first.reason)
    if first.name and next(parts, None):
        raise DocumentError(f"{name}: holds several documents; add it to an index with: refdesk index")
    return first.document


def read_member(data: bytes, shown: str, member: str, inside: Inside) -> Iterator[Part]:
    """The documents of a file in a file; ``member`` is its name there, ``shown`` how messages call it."""
    kind = FORMATS[suffix_of(member)]
    try:
        if len(data) > kind.max_bytes:
            raise DocumentError(f"{shown}: larger than {kind.max_bytes // MB} MB, the limit for {kind.name}")
        check_kind(kind, data, shown)
        found = kind.parts(data, shown, inside) if kind.parts else iter([Part("", kind.parse(data, shown))])
        for part in found:
            yield part.below(member)
    except DocumentError as error:
        yield Part(member, None, str(error))


def check_kind(kind: Format, data: bytes, name: str) -> None:
    """Raises DocumentError, naming ``name``, for an empty file and one whose bytes are plainly of another kind."""
    if not data:
        raise DocumentError(f"{name}: the file is empty")
    for begins, what, kinds in _MAGIC:
        if data.startswith(begins) and kind.name not in kinds:
            raise DocumentError(f"{name}: not of the format {kind.name} but {what}; give it the suffix of what it is")


def suffix_of(name: str) -> str:
    """The suffix, in lower case and with its dot, that tells the format ("": none)."""
    base = name.rsplit("/", 1)[-1]
    stem, dot, suffix = base.rpartition(".")
    return f".{suffix.lower()}" if dot and stem else ""


def _has_ocr() -> bool:
    return find_spec("rapidocr") is not None


_TEXT = Format("plain text", _of_text("text"), keeps="title and headings, as they look; any encoding")
_MARKDOWN = Format("Markdown", _of_text("markdown"), keeps="title, headings")
_PDF = Format(
    "PDF", _of_bytes("pdf"), MAX_PDF_BYTES, "pages, headings, tables row by row; images of pages by `refdesk[ocr]`"
)
_HTML = Format("HTML", _of_bytes("html"), keeps="main content, title, headings, tables row by row")
_CSV = Format("table in text", _of_bytes("csv_table"), keeps="rows with their column headings")
_IMAGE = Format(
    "image", _of_bytes("image"), keeps="its text, by `refdesk[ocr]`; each picture a page", is_ready=_has_ocr
)
_JSON = _several(
    "JSON", "json_records", "records as documents: text, title, other fields; else nested fields", "of_json"
)
_JSONL = _several("JSON Lines", "json_records", "records as documents: text, title, other fields", "of_lines")
FORMATS: dict[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".log": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".rst": Format("reStructuredText", _of_bytes("rst"), keeps="title, headings, tables row by row"),
    ".pdf": _PDF,
    ".docx": Format("Word", _of_bytes("docx"), keeps="title, headings, tables row by row, notes"),
    ".pptx": Format("PowerPoint", _of_bytes("pptx"), keeps="slides with their numbers, titles, tables, notes"),
    ".xlsx": Format("Excel", _of_bytes("xlsx"), keeps="sheets, rows with their column headings, values as shown"),
    ".csv": _CSV,
    ".tsv": _CSV,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".epub": Format("EPUB", _of_bytes("epub"), keeps="title, chapters in reading order, headings"),
    ".eml": _several("mail", "mail", "From, To, Date, Subject; attachments as documents", "of_message"),
    ".mbox": _several("mailbox", "mail", "its messages as documents, as of mail", "of_mailbox"),
    ".json": _JSON,
    ".jsonl": _JSONL,
    ".ndjson": _JSONL,
    ".zip": _several("ZIP", "archive", "its files as documents, in folders and archives below it too"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"), _IMAGE),
}
