"""Office files: ZIP containers of XML parts, checked before any library opens them."""

from __future__ import annotations

import re
import zipfile

from documents.document import DocumentError
from documents.formats import MAX_MEMBERS
from documents.formats.zipped import MAX_RATIO, open_zip

MAX_UNPACKED = 512 * 1024 * 1024  # bytes of all parts
MAX_XML = 128 * 1024 * 1024  # bytes of one XML part
_SMALL = 4 * 1024 * 1024
_HEAD = 64 * 1024
_ELEMENT = re.compile(rb"<\x00?[A-Za-z]")
_OLD = b"\xd0\xcf\x11\xe0"  # begins files in formats before 2007, and encrypted ones


def check_package(data: bytes, name: str, kind: str) -> zipfile.ZipFile:
    """The container of an Office file.

    Raises:
        DocumentError: the data is not such a container, is encrypted, is a zip bomb, or has an XML part that declares
            entities, which office programs never write.
    """
    if data.startswith(_OLD):
        raise DocumentError(f"{name}: encrypted, or of a format before 2007; open it and save it as {kind} without one")
    archive = open_zip(data, name)
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise DocumentError(f"{name}: too large when unpacked (the limit is {MAX_UNPACKED // (1024 * 1024)} MB)")
    for entry in entries:
        packed = max(1, entry.compress_size)
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * packed:
            raise DocumentError(f"{name}: packed {MAX_RATIO} times smaller than it is, as no document is")
        if entry.filename.endswith((".xml", ".rels")):
            _check_xml(archive, entry, name)
    return archive


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    if entry.file_size > MAX_XML:
        raise DocumentError(f"{name}: a part of it is larger than {MAX_XML // (1024 * 1024)} MB, the limit")
    try:
        with archive.open(entry) as part:
            head = part.read(_HEAD)
    except Exception as error:
        raise DocumentError(f"{name}: not a readable file of its kind (its data is damaged)") from error
    # Entities are declared before the first element, so that must lie within the part that is checked.
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"<\x00!\x00" in head or not _ELEMENT.search(head):
        raise DocumentError(f"{name}: its XML declares entities, which is not allowed; save it again")
