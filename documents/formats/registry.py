"""The registry of formats: which suffix is read by which module. Parsers are imported when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from documents.decode import decode
from documents.document import Document, DocumentError, Part
from documents.formats import Nesting, Options, suffix_of
from documents.normalise import normalise

MB = 1024 * 1024
MAX_BYTES = 64 * MB
MAX_PDF_BYTES = 512 * MB

# The first bytes of a kind of file, its description, and the formats of that kind.
_MAGIC = (
    (b"%PDF-", "a PDF file", ("PDF",)),
    (b"PK\x03\x04", "a ZIP container (as Office files are)", ("Word", "PowerPoint", "Excel", "EPUB", "ZIP")),
)

Parse = Callable[[bytes, str], Document]
Parts = Callable[[bytes, str, Nesting], Iterator[Part]]
Fields = Callable[[bytes], tuple[tuple[str, str], ...]]


def always() -> bool:
    """True: the format needs no extra."""
    return True


def reads_images() -> bool:
    """Whether the extra that reads images of text is installed."""
    installed: bool = import_module("documents.formats.ocr").is_installed()
    return installed


def no_fields(_: bytes) -> tuple[tuple[str, str], ...]:
    """Nothing: the format keeps no dates beside the text."""
    return ()


def _dates_by(function: str) -> Fields:
    def fields(data: bytes) -> tuple[tuple[str, str], ...]:
        found: tuple[tuple[str, str], ...] = getattr(import_module("documents.formats.dates"), function)(data)
        return found

    return fields


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format are read.

    - ``parse(data, name)`` returns the only document or raises DocumentError;
    - ``parts(data, name, nesting)`` yields all documents, for formats whose files may hold several;
    - ``keeps`` says what is kept beside the text, for the table in docs/formats.md;
    - ``is_ready()`` says whether all it needs is installed; in folders, files of other formats are skipped;
    - ``dates(data)`` gives the dates that a file of one document holds beside its text, as fields.
    """

    name: str
    parse: Parse
    max_bytes: int = MAX_BYTES
    keeps: str = ""
    parts: Parts | None = None
    is_ready: Callable[[], bool] = always
    dates: Fields = no_fields

    def parts_of(self, data: bytes, name: str, nesting: Nesting) -> Iterator[Part]:
        """All documents of a file that is called ``name`` in messages."""
        if self.parts:
            yield from self.parts(data, name, nesting)
        else:
            yield Part("", self.parse(data, name), metadata=self.dates(data))


def _of_text(module: str) -> Parse:
    """The parser of a text format, whose module's ``parse`` takes the normalised text."""

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

    def parts(data: bytes, shown: str, nesting: Nesting) -> Iterator[Part]:
        yield from getattr(import_module(f"documents.formats.{module}"), function)(data, shown, nesting)

    def parse(data: bytes, shown: str) -> Document:
        return _only_document(parts(data, shown, nesting()), shown)

    return Format(name, parse, keeps=keeps, parts=parts)


def _only_document(parts: Iterator[Part], name: str) -> Document:
    """The only document of a file, or the file's own document where its attachments are further ones."""
    first = next(parts, None)
    if first is None:
        raise DocumentError(f"{name}: the file holds no text")
    if first.document is None:
        raise DocumentError(first.reason)
    if first.name and next(parts, None):
        raise DocumentError(f"{name}: holds several documents; add it to an index with: refdesk index")
    return first.document


def nesting(options: Options = Options()) -> Nesting:  # noqa: B008 - frozen
    """What reading the files in a file takes."""
    return Nesting(read_member, _limit_of, options)


def _limit_of(member: str) -> int | None:
    """How many bytes a file in a file may have; None where it is of no known format, or needs an extra."""
    kind = FORMATS.get(suffix_of(member))
    return kind.max_bytes if kind and kind.is_ready() else None


def read_member(data: bytes, shown: str, member: str, nesting: Nesting) -> Iterator[Part]:
    """The documents of a file in a file; ``member`` is its name there, ``shown`` its name in messages."""
    kind = FORMATS[suffix_of(member)]
    try:
        if len(data) > kind.max_bytes:
            raise DocumentError(f"{shown}: larger than {kind.max_bytes // MB} MB, the limit for {kind.name}")
        check_kind(kind, data, shown)
        for part in kind.parts_of(data, shown, nesting):
            yield part.below(member)
    except DocumentError as error:
        yield Part(member, None, str(error))


def check_kind(kind: Format, data: bytes, name: str) -> None:
    """Raise DocumentError, naming ``name``, for an empty file and for one that is plainly of another format."""
    if not data:
        raise DocumentError(f"{name}: the file is empty")
    for begins, what, kinds in _MAGIC:
        if data.startswith(begins) and kind.name not in kinds:
            raise DocumentError(f"{name}: not of the format {kind.name} but {what}; give it the suffix of what it is")


_TEXT = Format(
    "plain text", _of_text("text"), keeps="title, headings, lists, tables, fields and speakers, as they look"
)
_MARKDOWN = Format("Markdown", _of_text("markdown"), keeps="title, headings, lists, tables, code, quotations, fields")
_PDF = Format(
    "PDF",
    _of_bytes("pdf"),
    MAX_PDF_BYTES,
    "pages, headings, lists, tables with their headings; images of pages by `refdesk[ocr]`",
    dates=_dates_by("of_pdf"),
)
_HTML = Format(
    "HTML",
    _of_bytes("html"),
    keeps="main content, title, headings, lists, tables, code, quotations",
    dates=_dates_by("of_html"),
)
_CSV = Format("table in text", _of_bytes("csv_table"), keeps="a table with its headings, title and notes")
_IMAGE = Format(
    "image", _of_bytes("image"), keeps="its text, by `refdesk[ocr]`; each picture a page", is_ready=reads_images
)
_JSON = _several(
    "JSON", "json_records", "records as documents: text, title, other fields; else a table or fields", "of_json"
)
_JSONL = _several("JSON Lines", "json_records", "records as documents: text, title, other fields", "of_lines")
_OFFICE_DATES = _dates_by("of_office")
FORMATS: dict[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".log": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".rst": Format("reStructuredText", _of_bytes("rst"), keeps="title, headings, lists, tables, code, quotations"),
    ".pdf": _PDF,
    ".docx": Format(
        "Word",
        _of_bytes("docx"),
        keeps="title, numbered headings and lists, tables, captions, notes",
        dates=_OFFICE_DATES,
    ),
    ".pptx": Format(
        "PowerPoint",
        _of_bytes("pptx"),
        keeps="slides with their numbers, titles, lists, tables, notes",
        dates=_OFFICE_DATES,
    ),
    ".xlsx": Format(
        "Excel",
        _of_bytes("xlsx"),
        keeps="sheets, tables with their headings, merged cells, values as shown",
        dates=_OFFICE_DATES,
    ),
    ".csv": _CSV,
    ".tsv": _CSV,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".epub": Format(
        "EPUB",
        _of_bytes("epub"),
        keeps="title, chapters in reading order, headings, lists, tables",
        dates=_dates_by("of_epub"),
    ),
    ".eml": _several("mail", "mail", "From, To, Date, Subject, quoted mails; attachments as documents", "of_message"),
    ".mbox": _several("mailbox", "mail", "its messages as documents, as of mail", "of_mailbox"),
    ".ics": Format("calendar", _of_bytes("icalendar"), keeps="each entry: what, when, where, who, its description"),
    ".json": _JSON,
    ".jsonl": _JSONL,
    ".ndjson": _JSONL,
    ".zip": _several("ZIP", "archive", "its files as documents, in folders and archives below it too"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"), _IMAGE),
}
