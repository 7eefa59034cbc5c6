"""The dates that files hold beside their text: of office files and PDF, web pages and books.

Each function gives the fields "date" (of publication), "created" and "modified", as far as they are there, with the
values as they are written. What cannot be read gives none: a file is not refused for its dates.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable

from documents.document import DocumentError
from documents.formats.zipped import open_zip, read_entry

Fields = tuple[tuple[str, str], ...]

_LONGEST = 100  # characters of a value
_MAX_PART = 1024 * 1024  # bytes of the part of an office file or book that holds its dates
_HEAD = 200_000  # bytes of a web page in which its dates are looked for
_CORE = "docProps/core.xml"
_TAG = re.compile(rb"<(?:meta|time)\b[^<>]{1,1000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([a-zA-Z-]{1,30})\s{0,9}=\s{0,9}["']([^"'<>]{0,200})["']""")
_LINKED_DATA = re.compile(rb""""(date(?:Published|Modified|Created))"\s{0,9}:\s{0,9}"([^"]{4,40})\"""", re.IGNORECASE)
_NAMES = {
    **dict.fromkeys(
        ("date", "datepublished", "pubdate", "article:published_time", "dc.date", "dc.date.issued", "dcterms.date",
         "dcterms.issued", "citation_date", "citation_publication_date"),
        "date",
    ),
    **dict.fromkeys(
        ("datemodified", "last-modified", "revised", "article:modified_time", "og:updated_time", "dcterms.modified"),
        "modified",
    ),
    **dict.fromkeys(("datecreated", "dcterms.created"), "created"),
}  # fmt: skip


def of_office(data: bytes) -> Fields:
    """The core properties of a Word, PowerPoint or Excel file: when it was made, and when it was last changed."""
    return _of_part(data, _CORE)


def of_epub(data: bytes) -> Fields:
    """The dates in the package of a book."""
    return _of_part(data, ".opf")


def of_pdf(data: bytes) -> Fields:
    """When a PDF was made and last changed, as its document information says."""
    import pypdfium2 as pdfium

    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return ()
    try:
        named = (("created", "CreationDate"), ("modified", "ModDate"))
        return _fields((name, pdf.get_metadata_value(key)) for name, key in named)
    finally:
        pdf.close()


def of_html(data: bytes) -> Fields:
    """The dates in the ``<meta>`` and ``<time>`` elements of a web page and in its linked data (JSON-LD).

    A ``<time>`` counts where it is called the day of publication.
    """
    head = data[:_HEAD]
    found = list[tuple[str, str]]()
    for tag in _TAG.findall(head):
        attributes = {key.lower(): value for key, value in map(_decoded, _ATTRIBUTE.findall(tag))}
        named = next(
            (attributes[key] for key in ("name", "property", "itemprop", "http-equiv") if key in attributes), ""
        )
        if "pubdate" in tag.decode("latin-1").lower():
            named = "pubdate"
        found.append((_NAMES.get(named.lower(), ""), attributes.get("content") or attributes.get("datetime") or ""))
    found += ((_NAMES[key.lower()], value) for key, value in map(_decoded, _LINKED_DATA.findall(head)))
    return _fields(found)


def _decoded(pair: tuple[bytes, bytes]) -> tuple[str, str]:
    return pair[0].decode("latin-1"), pair[1].decode("latin-1")


def _of_part(data: bytes, suffix: str) -> Fields:
    """The dates in the first XML part of a ZIP container whose name ends so."""
    from documents.formats.xml import parse_xml

    try:
        with open_zip(data, "") as archive:
            entry = next((entry for entry in archive.infolist() if entry.filename.endswith(suffix)), None)
            if entry is None:
                return ()
            root = parse_xml(read_entry(archive, entry, "", _MAX_PART), "", recover=True)
    except (DocumentError, zipfile.BadZipFile):
        return ()
    nodes = root.iter("{*}date", "{*}created", "{*}modified", "{*}meta")
    named = ((re.split("[}:]", str(node.get("property") or node.tag))[-1], node.text) for node in nodes)
    return _fields((name, text or "") for name, text in named if name in ("date", "created", "modified"))


def _fields(found: Iterable[tuple[str, str]]) -> Fields:
    """The first value of each name, in one line; those without a name or a value are left out."""
    values: dict[str, str] = {}
    for name, value in found:
        line = " ".join(value.split())[:_LONGEST]
        if name and line.isprintable() and line:
            values.setdefault(name, line)
    return tuple(values.items())
