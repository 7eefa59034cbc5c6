"""The original of what is cited: the page's image with the quoted words boxed, or a link to the words in a web page.

What it is asked for is a document's id and offsets, looked up among what the asking conversation may see. Every image
is drawn by a process of its own from the file as it lies there, if that is still the file that was read.
"""

from __future__ import annotations

import base64
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from documents.document import Document, DocumentError, PageImage, Source
from documents.locate import text_fragment
from documents.workers import DEFAULT, RENDERER, Limits, page_image
from index import manifest
from index.manifest import FileKey
from index.passage import Scope
from index.snapshot import Snapshot
from index.store import Store, StoreError

HTML = frozenset({".html", ".htm", ".xhtml"})
PATIENCE = 20.0  # seconds for an image
CONTEXT = 40  # characters before and after the quote whose whole words say which one is meant
REMEMBERED = 32  # images
AT_ONCE = 2  # images drawn at a time
WAITING = 6  # that may wait for it
OF_ADDRESS = 3  # of those and these, that are for one client's address
THREADS = 16  # more than those, so that what needs no image is shown meanwhile

GONE = "The file is no longer where it was read; this is its text then."
CHANGED = "The file has changed since it was read; this is its text then."
NO_MEMBER = "Pages of a file within another are not shown; this is its text."


class EvidenceError(Exception):
    """There is no such passage for who asks. The message is one line."""


class EvidenceBusy(EvidenceError):  # noqa: N818
    """Too many wait for an image already."""

    def __init__(self) -> None:
        super().__init__("Many pages are being drawn just now; open this again in a moment.")


@dataclass(frozen=True, slots=True)
class _Read:
    """A file, and the digest that it had when it was read."""

    path: str
    digest: str


class Evidence:
    """Shows the originals of what ``store`` holds. Safe to share between threads."""

    def __init__(self, store: Store, limits: Limits = DEFAULT, renderer: str = RENDERER) -> None:
        self._store = store
        self._limits = replace(limits, seconds=min(limits.seconds, PATIENCE))
        self._renderer = renderer
        self._images = OrderedDict[tuple[str, int, int], PageImage]()
        self._lock = threading.Lock()
        self._drawing = threading.Semaphore(AT_ONCE)
        self._asking = Counter[str]()  # images that are drawn and waited for, by the client's address
        # Its own, so that images never hold up what else the server does in threads.
        self.threads = ThreadPoolExecutor(THREADS, "evidence")

    def show(self, document_id: str, start: int, end: int, scope: Scope, address: str = "") -> dict[str, Any]:
        """What there is to show beside the passage's text: ``note``, ``link`` and ``page``, each may be None.

        ``address`` is the client's, of which not all images may be.

        Raises:
            EvidenceError: the document is not among what ``scope`` sees, or has no such characters.
            EvidenceBusy: too many wait for an image.
        """
        document, source, read = self._found(document_id, start, end, scope)
        if source.path.startswith(("https://", "http://")):
            return _shown(link=source.path + self._fragment(document, start, end))
        path = Path(source.path)
        if read is None or (source.owner and not path.is_file()):
            return _shown()  # it never was a file, or was brought along and is not kept since nothing is shown of it
        look = manifest.state_of(Path(read.path))
        if look is None or look.digest != read.digest:
            return _shown(note=CHANGED if look else GONE)
        if read.path != source.path:
            return _shown(note=NO_MEMBER if path.suffix.lower() == ".pdf" else None)
        if path.suffix.lower() in HTML and source.owner is None:
            return _shown(link=f"original?document={document_id}" + self._fragment(document, start, end))
        if path.suffix.lower() != ".pdf":
            return _shown()
        try:
            return _shown(page=_page(self._drawn(path, look.digest, document, start, end, address)))
        except DocumentError as error:
            return _shown(note=f"The page cannot be shown: {str(error).replace(str(path), source.name)}")

    def original(self, document_id: str) -> bytes:
        """The web page that lies in a file of everyone's, to be shown without its scripts and what it links to.

        Raises:
            EvidenceError: there is none, or it is not the one that was read.
        """
        _, source, read = self._found(document_id, 0, 1, Scope())
        path = Path(source.path)
        look = manifest.state_of(path) if path.suffix.lower() in HTML else None
        if look is None or read is None or look.digest != read.digest:
            raise EvidenceError("no such page")
        try:
            return path.read_bytes()
        except OSError as error:
            raise EvidenceError("no such page") from error

    def _found(self, document_id: str, start: int, end: int, scope: Scope) -> tuple[Document, Source, _Read | None]:
        """The document, where it is from, and the file that it was read from."""
        try:
            with self._store.snapshot() as snapshot:
                document = snapshot.document(document_id)
                if document is None or not start < end <= len(document.text):
                    raise EvidenceError("no such passage")
                source = snapshot.source_of(document_id, scope)
                read = _read_from(snapshot, source)
        except StoreError as error:
            raise EvidenceError("no such passage") from error
        return document, source, read

    def _fragment(self, document: Document, start: int, end: int) -> str:
        """The part of an address that makes a browser scroll to the quote and mark it."""
        text = document.text
        before = text[max(0, start - CONTEXT) : start].rpartition("\n")[2].split()[1:]
        after = text[end : end + CONTEXT].partition("\n")[0].split()[:-1]
        return text_fragment(text[start:end], " ".join(before), " ".join(after))

    def _drawn(self, path: Path, digest: str, document: Document, start: int, end: int, address: str) -> PageImage:
        key = (digest, start, end)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        with self._turn(address):
            image = page_image(path, document, start, end, self._limits, self._renderer)
        with self._lock:
            self._images[key] = image
            if len(self._images) > REMEMBERED:
                self._images.popitem(last=False)
        return image

    @contextmanager
    def _turn(self, address: str) -> Iterator[None]:
        """Wait for the turn to draw, unless too many do."""
        with self._lock:
            if self._asking.total() >= AT_ONCE + WAITING or self._asking[address] >= OF_ADDRESS:
                raise EvidenceBusy
            self._asking[address] += 1
        try:
            with self._drawing:
                yield
        finally:
            with self._lock:
                self._asking[address] -= 1
                self._asking += Counter()  # without those of whom nothing is left


def _read_from(snapshot: Snapshot, source: Source) -> _Read | None:
    """The file that the source is, or is a member of; None where it is from no file."""
    path = Path(source.path)
    for file in (path, *path.parents):
        note = manifest.record_of(snapshot, FileKey(str(file), source.collection, source.owner))
        if note:
            return _Read(str(file), note.digest)
    return None


def _shown(note: str | None = None, link: str | None = None, page: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"note": note, "link": link, "page": page}


def _page(image: PageImage) -> dict[str, Any]:
    """The image as the page takes it: boxes in shares of its width and height."""
    boxes = [
        [left / image.width, top / image.height, right / image.width, bottom / image.height]
        for left, top, right, bottom in image.boxes
    ]
    data = base64.b64encode(image.png).decode("ascii")
    return {
        "number": image.number,
        "png": f"data:image/png;base64,{data}",
        "width": image.width,
        "height": image.height,
        "boxes": boxes,
    }
