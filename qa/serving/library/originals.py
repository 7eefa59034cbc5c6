"""The original of a citation: the page's image with the quoted words boxed, or a link to the words in a web page.

A request names a document and offsets, which are looked up among what its conversation may see. An image is drawn by a
process of its own, and only while the file is still the one that was indexed.
"""

from __future__ import annotations

import base64
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from documents.document import Document, DocumentError, PageImage, Source
from documents.errors import RefdeskError
from documents.formats.html import decoded
from documents.grid import grid_of
from documents.locate import row_fragment, text_fragment
from documents.marked_html import with_mark
from documents.workers import DEFAULT, Limits, page_image
from index import manifest
from index.manifest import FileKey
from index.passage import Scope
from index.snapshot import Snapshot
from index.store import Store, StoreError

HTML = frozenset({".html", ".htm", ".xhtml"})
DRAWING_SECONDS = 20.0  # at most, for one image
CONTEXT = 40  # characters beside the quote, whose whole words tell it from the same words elsewhere
WORDS = "refdesk-words"  # the id of the words in a web page
CACHED = 32  # images
AT_ONCE = 2  # images drawn at a time
WAITING = 6  # requests that may wait for that
OF_ADDRESS = 3  # requests of one client's address, waiting or drawn
THREADS = 16  # more than may wait for images, so that all else is shown meanwhile

GONE = "The file is no longer where it was read; this is its text then."
CHANGED = "The file has changed since it was read; this is its text then."
NO_MEMBER = "Pages of a file within another are not shown; this is its text."


class OriginalError(RefdeskError):
    """There is no such passage for this conversation. The message is one line."""


class OriginalsBusyError(OriginalError):
    """Too many requests wait for an image already."""

    def __init__(self) -> None:
        super().__init__("Many pages are being drawn just now; open this again in a moment.")


# Draws the page of a file that holds the document's characters between two offsets; raises DocumentError.
Draw = Callable[[Path, Document, int, int, Limits], PageImage]


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file, its digest when it was indexed, and whether all that was read from it is still there."""

    path: str
    digest: str
    is_whole: bool


class _Found(NamedTuple):
    """A document, its source, and the file that it was read from; None where it is from no file."""

    document: Document
    source: Source
    indexed: IndexedFile | None


class Originals:
    """Shows the originals of what ``store`` holds; ``draw`` draws pages within ``limits``. Safe to share by threads.

    ``with_files`` says whether whole files may be saved: they hold more than is shown, such as comments and authors.

    Every method raises OriginalError where the document is not in its ``scope``, or has no such page or characters, and
    those that show a page OriginalsBusyError where too many requests wait for an image.
    """

    def __init__(
        self, store: Store, limits: Limits = DEFAULT, draw: Draw = page_image, *, with_files: bool = True
    ) -> None:
        self._store = store
        self._with_files = with_files
        self._limits = replace(limits, seconds=min(limits.seconds, DRAWING_SECONDS))
        self._draw = draw
        self._images = OrderedDict[tuple[str, str, int, int], PageImage]()  # by document, digest of its file, place
        self._lock = threading.Lock()
        self._drawing = threading.Semaphore(AT_ONCE)
        self._pending = Counter[str]()  # images that are drawn or waited for, by the client's address
        # Its own threads, so that images never hold up what else the server does in threads.
        self.threads = ThreadPoolExecutor(THREADS, "originals")

    @property
    def pending(self) -> int:
        """How many images are drawn or waited for."""
        with self._lock:
            return self._pending.total()

    def show(self, document_id: str, start: int, end: int, scope: Scope, address: str = "") -> dict[str, Any]:
        """What there is to show beside the passage's text: ``note``, ``link`` and ``page``, each may be None.

        ``address`` is the client's: the images that one address may wait for are limited.
        """
        return self._beside_text(self._find(document_id, start, end, scope), start, end, address)

    def _beside_text(self, found: _Found, start: int, end: int, address: str) -> dict[str, Any]:
        """As ``show``, of a document that was found."""
        document, source, indexed = found
        if source.path.startswith(("https://", "http://")):
            return _shown(link=source.path + _fragment(document, start, end))
        path = Path(source.path)
        if indexed is None or (source.owner and not path.is_file()):
            return _shown()  # it never was a file, or it is an upload that is not kept, as nothing of it is shown
        found_now = manifest.state_of(Path(indexed.path))
        if found_now is None or found_now.digest != indexed.digest:
            return _shown(note=CHANGED if found_now else GONE)
        if indexed.path != source.path:
            return _shown(note=NO_MEMBER if path.suffix.lower() == ".pdf" else None)
        if path.suffix.lower() in HTML and source.owner is None:
            return _shown(link=f"original?document={document.id}&start={start}&end={end}#{WORDS}")
        if path.suffix.lower() != ".pdf":
            return _shown()
        try:
            return _shown(page=_page(self._image(path, found_now.digest, document, start, end, address)))
        except DocumentError as error:
            return _shown(note=f"The page cannot be shown: {str(error).replace(str(path), source.name)}")

    def beside(
        self, document_id: str, place: tuple[int, int], number: int | None, scope: Scope, address: str = ""
    ) -> dict[str, Any]:
        """What there is to show beside the whole document: as ``show``, with the numbers of the pages around it.

        Of a file with pages it is page ``number``, else the page on which the words at ``place`` begin, with these
        boxed, else the first. Pages without text are left out. A web page opens at the words, else where its content
        begins. ``file`` tells whether the method of that name gives it.
        """
        is_quoted = number is None and place[0] < place[1]
        found = self._find(document_id, *(place if is_quoted else (0, 1)), scope)
        document, source, indexed = found
        pages = {page.number: page for page in document.pages if page.start < page.end}
        if not is_quoted:
            page = pages.get(next(iter(pages), 0) if number is None else number)
            if page is None and number is not None:
                raise OriginalError("no such page")
            place = (page.start, page.start + 1) if page else (0, 1)
        shown = self._beside_text(found, *place, address)
        if shown["link"] and not is_quoted:
            page, _, words = shown["link"].partition("#")
            shown["link"] = f"original?document={document.id}&start=0&end=0#{WORDS}" if words == WORDS else page
        if shown["page"]:
            numbers = list(pages) or [1]
            at = numbers.index(shown["page"]["number"])
            shown["page"] |= {} if is_quoted else {"boxes": []}
            shown |= {"before": numbers[at - 1] if at else None, "after": (*numbers, None)[at + 1], "last": numbers[-1]}
        return shown | {"file": self._is_given(source, indexed) and shown["note"] not in (CHANGED, GONE)}

    def file(self, document_id: str, scope: Scope) -> Path:
        """The file that the document was read from, to be saved as it is.

        Raises:
            OriginalError: no file of ``scope`` is that document alone, or it is not the one that was indexed.
        """
        _, source, indexed = self._find(document_id, 0, 1, scope)
        if not (self._is_given(source, indexed) and _is_unchanged(source, indexed)):
            raise OriginalError("no such file")
        return Path(source.path)

    def _is_given(self, source: Source, indexed: IndexedFile | None) -> bool:
        """Whether the source is a whole file of everyone's, of which nothing was removed from what can be asked.

        Of an archive, its other members may be for others; of a mail, an attachment may have been removed.
        """
        is_file = indexed is not None and indexed.is_whole and indexed.path == source.path
        return self._with_files and source.owner is None and is_file

    def original(self, document_id: str, place: tuple[int, int], scope: Scope) -> str:
        """A web page in a file, with the words at ``place`` marked. It is shown without scripts and resources.

        Raises:
            OriginalError: there is no such file in ``scope``, or it is not the one that was indexed.
        """
        document, source, indexed = self._find(document_id, 0, 1, scope)
        path = Path(source.path)
        is_in_it = 0 <= place[0] <= place[1] <= len(document.text)
        if not is_in_it or path.suffix.lower() not in HTML or not _is_unchanged(source, indexed):
            raise OriginalError("no such page")
        try:
            return with_mark(decoded(path.read_bytes(), source.name), document, *place, WORDS)
        except (OSError, DocumentError) as error:
            raise OriginalError("no such page") from error

    def _find(self, document_id: str, start: int, end: int, scope: Scope) -> _Found:
        """The document, its source, and the file that it was read from."""
        try:
            with self._store.snapshot(scope) as snapshot:
                document = snapshot.document(document_id)
                if document is None or not start < end <= len(document.text):
                    raise OriginalError("no such passage")
                source = snapshot.source_of(document_id, scope)
                indexed = indexed_file(snapshot, source)
        except StoreError as error:
            raise OriginalError("no such passage") from error
        return _Found(document, source, indexed)

    def _image(self, path: Path, digest: str, document: Document, start: int, end: int, address: str) -> PageImage:
        """The page's image, drawn now or cached; raises DocumentError where it cannot be drawn."""
        key = (document.id, digest, start, end)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        with self._slot(address):
            image = self._draw(path, document, start, end, self._limits)
        with self._lock:
            self._images[key] = image
            if len(self._images) > CACHED:
                self._images.popitem(last=False)
        return image

    @contextmanager
    def _slot(self, address: str) -> Iterator[None]:
        """Waits until an image may be drawn; raises OriginalsBusyError where too many wait."""
        with self._lock:
            if self._pending.total() >= AT_ONCE + WAITING or self._pending[address] >= OF_ADDRESS:
                raise OriginalsBusyError
            self._pending[address] += 1
        try:
            with self._drawing:
                yield
        finally:
            with self._lock:
                self._pending[address] -= 1
                self._pending += Counter()  # drops the addresses that wait for nothing


def indexed_file(snapshot: Snapshot, source: Source) -> IndexedFile | None:
    """The file that the source is, or that it is a member of; None where it is from no file."""
    path = Path(source.path)
    for file in (path, *path.parents):
        note = manifest.record_of(snapshot, FileKey(str(file), source.collection, source.owner))
        if note:
            return IndexedFile(str(file), note.digest, bool(note.reading))
    return None


def _is_unchanged(source: Source, indexed: IndexedFile | None) -> bool:
    """Whether the source's path holds the bytes that were indexed."""
    found_now = manifest.state_of(Path(source.path))
    return found_now is not None and indexed is not None and found_now.digest == indexed.digest


def _fragment(document: Document, start: int, end: int) -> str:
    """The part of an address that makes a browser scroll to the quote and highlight it."""
    text, table = document.text, document.table_at(start)
    if table:
        grid = grid_of(text, table)
        cells = [cell for row in range(grid.row_at(start), grid.row_at(end - 1) + 1) for cell in grid.cells(row)]
        return row_fragment([text[cell.start : cell.end] for cell in cells])
    before = text[max(0, start - CONTEXT) : start].rpartition("\n")[2].split()[1:]
    after = text[end : end + CONTEXT].partition("\n")[0].split()[:-1]
    return text_fragment(text[start:end], " ".join(before), " ".join(after))


def _shown(note: str | None = None, link: str | None = None, page: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"note": note, "link": link, "page": page}


def _page(image: PageImage) -> dict[str, Any]:
    """The image as the page's script takes it: boxes are shares of its width and height."""
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
