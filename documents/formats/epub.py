"""EPUB: the chapters in reading order, with their headings."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from documents.decode import decode
from documents.document import Document, DocumentError, printable
from documents.formats import Budget, html
from documents.formats.build import Builder
from documents.formats.xml import parse_xml
from documents.formats.zipped import open_zip, read_entry

if TYPE_CHECKING:
    from lxml import etree

PARSER = "epub/5"

_MAX_CHAPTER = 32 * 1024 * 1024
_CONTAINER = "META-INF/container.xml"
_CHAPTERS = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


def parse(data: bytes, name: str) -> Document:
    """The document of a book; raises DocumentError where it is damaged, locked by DRM or without text."""
    with open_zip(data, name) as book:
        entries = {entry.filename: entry for entry in book.infolist()}
        budget = Budget()

        def read(member: str) -> bytes:
            if member not in entries:
                raise DocumentError(f"{name}: not a readable book ({printable(member[:80])} is missing)")
            content = read_entry(book, entries[member], f"{name}/{member}", _MAX_CHAPTER)
            budget.take(len(content), name)
            return content

        package = _package_path(read(_CONTAINER), name)
        root = parse_xml(read(package), name, recover=True)
        title = next((node.text or "" for node in root.iter("{*}title")), "")
        locked = "META-INF/rights.xml" in entries or "META-INF/license.lcpl" in entries
        builder = Builder(PARSER)
        for chapter in _chapters(root, posixpath.dirname(package)):
            if not locked:
                html.add(decode(read(chapter), name), name, builder)
    if locked:
        raise DocumentError(f"{name}: locked by its shop (DRM); it can be read in the shop's own programs only")
    return builder.document(name, title)


def _package_path(container: bytes, name: str) -> str:
    root = parse_xml(container, name, recover=True)
    path = next((node.get("full-path") for node in root.iter("{*}rootfile")), None)
    if not path:
        raise DocumentError(f"{name}: not a readable book (it does not say where its contents are)")
    return str(path)


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """The chapters' paths in the archive, in reading order, without repetitions."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    found: list[str] = []
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is not None and item.get("media-type") in _CHAPTERS and "nav" not in (item.get("properties") or ""):
            place = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "").partition("#")[0]))
            if place not in found:
                found.append(place)
    return found
