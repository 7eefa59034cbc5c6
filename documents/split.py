"""Document -> chunks: runs of whole sentences of one section, measured in tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import Any

from documents.chunking import Chunking
from documents.document import Chunk, Document, DocumentError
from documents.elements import sentences_of
from documents.sentences import Range
from documents.tokens import BLOCK, TokenCounter, counter

VERSION = 4  # part of the fingerprint; raise it when the same document would be split or its chunks read differently

# Chunks of a document; 64 MB of prose, the largest text file allowed, gives half as many.
MAX_CHUNKS = 200_000


class TooManyChunksError(DocumentError):
    """A document has more chunks than the limit."""


@dataclass(frozen=True)
class Splitter:
    """Splits documents into chunks of at most ``max_tokens`` tokens, counted by ``count``.

    Consecutive chunks of a section share ``overlap_sentences`` sentences where these fit. A single character always
    fits, whatever its number of tokens.
    """

    max_tokens: int = 200
    overlap_sentences: int = 1
    count: Callable[[str], int] = field(default_factory=counter)

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.overlap_sentences < 0:
            raise ValueError("a Splitter needs max_tokens of at least 1 and overlap_sentences of at least 0")

    def fields(self) -> dict[str, int | str]:
        """This splitter as plain values, from which ``splitter_of`` makes it again in another process.

        Raises:
            ValueError: ``count`` is not a module-level function, so another process cannot import it.
        """
        name = "" if isinstance(self.count, TokenCounter) else f"{self.count.__module__}:{self.count.__qualname__}"
        if name and _counter(name) is not self.count:
            raise ValueError("what counts a Splitter's tokens must be a function at the top of a module")
        return {"max_tokens": self.max_tokens, "overlap_sentences": self.overlap_sentences, "count": name}

    @property
    def fingerprint(self) -> str:
        """Identifies everything that decides where documents are split; an index never mixes different ones."""
        name = getattr(self.count, "name", None) or getattr(self.count, "__qualname__", "custom")
        return f"{name}/{self.max_tokens}/{self.overlap_sentences}/v{VERSION}"

    def split(self, document: Document) -> list[Chunk]:
        """The chunks with strictly increasing starts; every character but white space is in at least one.

        Tags around the rows and items of HTML in Markdown need not be in one.
        """
        return [Chunk(document, start, end) for start, end in self.spans(document)]

    def spans(self, document: Document, most: int = MAX_CHUNKS) -> list[Range]:
        """The chunks as offsets; raises TooManyChunksError where there are more than ``most``."""
        self._check_length(document.text, most)
        chunking = Chunking(document, self.count, self.max_tokens, self.overlap_sentences)
        found: list[Range] = []
        for region in regions(document):
            for span in chunking.chunks(*region):
                if not found or found[-1][0] < span[0]:
                    found.append(span)
                if len(found) > most:
                    raise TooManyChunksError(f"more than {most:,} passages")
        return found

    def _check_length(self, text: str, most: int) -> None:
        """Raise TooManyChunksError, without splitting, for a text that is certainly too long."""
        # Token counts do not add up exactly where texts are joined, but twice the limit is certainly too much.
        left = 2 * most * self.max_tokens
        for start in range(0, len(text) if len(text) > left else 0, BLOCK):
            left -= self.count(text[start : start + BLOCK])
            if left < 0:
                raise TooManyChunksError(f"more than {most:,} passages")


def splitter_of(fields: Mapping[str, Any]) -> Splitter:
    """The splitter that ``Splitter.fields`` describes."""
    return Splitter(fields["max_tokens"], fields["overlap_sentences"], _counter(fields["count"]))


def _counter(name: str) -> Callable[[str], int]:
    module, _, function = name.partition(":")
    return getattr(import_module(module), function, None) if name else counter()  # type: ignore[return-value]


def regions(document: Document) -> list[tuple[int, int, int]]:
    """(start, end of the headings, end) of the regions whose borders no chunk crosses.

    A section is a region; a heading with no text below it belongs to the region that follows.
    """
    text, regions = document.text, list[tuple[int, int, int]]()
    bounds = [(section.start, section.heading_end, section.end) for section in document.sections]
    first = bounds[0][0] if bounds else len(text)
    ends = [start for start, *_ in bounds[1:]] + [len(text)] if bounds else []
    pending: int | None = None
    for (start, heading_end, _), end in zip([(0, 0, first), *bounds], [first, *ends], strict=True):
        begin = start if pending is None else pending
        if text[heading_end:end].strip():
            regions.append((begin, heading_end, end))
            pending = None
        elif text[start:end].strip():
            pending = begin
    if pending is not None:
        regions.append((pending, pending, len(text)))
    return regions


def sentences_within(document: Document, start: int, end: int) -> list[Range]:
    """The sentences that the splitter sees in ``text[start:end]`` of the document; the outermost as far as they reach.

    A sentence depends on what stands around it, so the text is read by whole regions.
    """
    return [
        (max(first, start), min(last, end))
        for region_start, _, region_end in _regions(document)
        if region_start < end and start < region_end
        for first, last in _region_sentences(document, region_start, region_end)
        if first < end and start < last
    ]


# Passages of one document are asked about one after the other.
_regions = lru_cache(maxsize=64)(regions)


@lru_cache(maxsize=64)
def _region_sentences(document: Document, start: int, end: int) -> list[Range]:
    return list(sentences_of(document, start, end))
