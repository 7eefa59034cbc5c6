"""Reads files as ``hostile_reader`` does and draws pages as ``page_renderer`` does: harmless ones in this process.

To start a process takes a quarter of a second: it is for files that do something to theirs, and for ``workers``' tests.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import hostile_reader
import page_renderer

from documents import workers
from documents.document import Document, DocumentError, PageImage
from documents.prepare import Preparing, read_parts
from documents.workers import NO_OPTIONS, Limits, Options, Outcome

MILD = ("say", "pages", "archive")
DAMAGED = b"no image"  # what a page holds whose image ``workers`` refuses


def read(
    paths: Iterable[Path],
    limits: Limits,
    tick: Callable[[], None] = lambda: None,
    options: Options = NO_OPTIONS,
    preparing: Preparing | None = None,
) -> Generator[tuple[Path, Outcome], None, None]:
    """As ``workers.read``."""
    for path in paths:
        if path.is_file() and path.read_text("utf-8", "replace").startswith(MILD):
            yield path, _read_here(path, options, preparing)
        else:
            yield from workers.read([path], limits, tick, hostile_reader.__name__, options, preparing)


def draw(path: Path, document: Document, start: int, end: int, limits: Limits) -> PageImage:
    """As ``workers.page_image``."""
    data = path.read_bytes()
    if DAMAGED in data:
        return workers.page_image(path, document, start, end, limits, page_renderer.__name__)
    image = page_renderer.page_image(data, document, start, end)
    return PageImage(image.number, image.png, image.width, image.height, image.boxes)


def _read_here(path: Path, options: Options, preparing: Preparing | None) -> Outcome:
    try:
        return list(read_parts(path, hostile_reader, options, preparing))
    except DocumentError as error:
        return error
