"""A document -> the sentences that carry it: of each part its heading and the sentence nearest to what the part says.

Parts are the document's sections or, without headings, runs of its paragraphs. If there are too many, the most central
are kept, in the document's order. Nearness is the cosine of embeddings to the part's and the document's centroids, and
the first sentences of a part count more (Radev et al. 2004, centroid summarisation).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from documents.blocks import Range
from documents.document import Chunk, Document, Source
from documents.sentences import sentences
from index.embed import Embedder, Vectors
from index.passage import Passage
from qa.answer import Answer, Citation, Role, Statement
from qa.answer.reasons import reason
from qa.check.injection.recogniser import Recogniser

_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")
_FARTHEST = 20_000  # characters of a part in which its first sentences are searched

# How often an overview has all that a visitor expects: 25 of the 39 that are asked for in eleven small folders
# (``benchmarks/visitors`` and others). Each of its sentences is the document's own.
OVERVIEW = 0.65
PARTS = 8  # of a document that are shown
SENTENCES = 8  # of a part that are weighed: its first ones
_WEIGHED = 200  # sentences of a document that are weighed: embedding them takes about a second
_LEAST_WORDS = 4  # of a sentence that can carry a part
_FIRST = 0.05  # cosine that being the first sentence of its part counts for; later ones count for less
_WHOLE = 0.5  # how much nearness to the whole document counts beside nearness to the part


@dataclass(frozen=True, slots=True)
class PartOverview:
    """The ``heading`` of a part, if it has one, and the ``sentence`` that carries it, as ranges of the document."""

    heading: Range | None
    sentence: Range | None


class _Part(NamedTuple):
    heading: Range | None
    start: int
    end: int


def overview(document: Document, embedder: Embedder, recogniser: Recogniser) -> list[PartOverview]:
    """The parts that tell what the document is about, at most ``PARTS``, in its order.

    What ``recogniser`` finds to be an injected instruction is left out.
    """
    parts = [_free(document, part, recogniser) for part in _parts(document)]
    each = max(1, min(SENTENCES, _WEIGHED // max(1, len(parts))))
    weighed = [_weighed(document, part) for part in parts]
    places = [recogniser.free(document.text, of_part)[:each] for of_part in weighed]
    texts = [document.text[slice(*place)] for of_part in places for place in of_part]
    vectors = embedder.embed(texts, "passage") if texts else np.zeros((0, 1), dtype=np.float32)
    centre = _centre(vectors)
    found: list[tuple[float, PartOverview]] = []
    done = 0
    for part, of_part in zip(parts, places, strict=True):
        sentence, nearness = _carrying(of_part, vectors[done : done + len(of_part)], centre)
        done += len(of_part)
        if part.heading or sentence:
            found.append((nearness, PartOverview(part.heading, sentence)))
    chosen = sorted(range(len(found)), key=lambda number: (-found[number][0], number))[:PARTS]
    return [found[number][1] for number in sorted(chosen)]


def _free(document: Document, part: _Part, recogniser: Recogniser) -> _Part:
    """The part, without a heading that is an injected instruction."""
    is_injected = part.heading and not recogniser.free(document.text, [part.heading])
    return part._replace(heading=None) if is_injected else part


def _parts(document: Document) -> list[_Part]:
    """The sections down to the deepest level with 2 to ``_WEIGHED`` of them, else runs of paragraphs."""
    text = document.text
    for depth in range(max((section.level for section in document.sections), default=0), 0, -1):
        outer = [section for section in document.sections if section.level <= depth]
        if 2 <= len(outer) <= _WEIGHED:
            ends = [section.start for section in outer[1:]] + [len(text)]
            before = [_Part(None, 0, outer[0].start)] if text[: outer[0].start].strip() else []
            return before + [
                _Part(document.heading_words(section), section.heading_end, end)
                for section, end in zip(outer, ends, strict=True)
            ]
    paragraphs = [found.span() for found in _PARAGRAPH.finditer(text)]
    step = -(-len(paragraphs) // PARTS) or 1
    runs = [paragraphs[first : first + step] for first in range(0, len(paragraphs), step)]
    return [_Part(None, run[0][0], run[-1][1]) for run in runs]


def _weighed(document: Document, part: _Part) -> list[Range]:
    """The first sentences of a part that could carry it: no table rows, headings, questions or lead-ins."""
    text = document.text
    end = min(part.end, part.start + _FARTHEST)
    places = (place for place in sentences(text, part.start, end) if not _is_beside(document, place[0]))
    return [
        (first, last)
        for first, last in places
        if len(text[first:last].split()) >= _LEAST_WORDS
        and not text[first:last].rstrip().endswith(("?", "？", ":", "："))
    ]


def _is_beside(document: Document, offset: int) -> bool:
    """Whether the offset is in a heading or a table."""
    return document.table_at(offset) is not None or document.in_heading(offset, offset + 1)


def _carrying(places: Sequence[Range], vectors: Vectors, centre: Vectors) -> tuple[Range | None, float]:
    """The sentence that carries a part, and how near the part is to the document."""
    if not places:
        return None, -1.0
    own_centre = _centre(vectors)
    first = _FIRST / (1 + np.arange(len(places)))
    nearness = vectors @ own_centre + _WHOLE * (vectors @ centre) + first
    return places[int(np.argmax(nearness))], float(own_centre @ centre)


def _centre(vectors: Vectors) -> Vectors:
    total = vectors.sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def overview_of(of: Sequence[tuple[Document, Source]], embedder: Embedder, recogniser: Recogniser) -> Answer:
    """What each document is about, as an answer: headings, and the sentences that carry their parts."""
    places: list[tuple[Passage, Role]] = []
    for document, source in of:
        for part in overview(document, embedder, recogniser):
            said: tuple[tuple[Range | None, Role], ...] = ((part.heading, "lead-in"), (part.sentence, "answer"))
            places += [(Passage(Chunk(document, *place), source, 0.0), role) for place, role in said if place]
    citations = [
        Citation(number, own, own.chunk.start, own.chunk.end) for number, (own, _) in enumerate(places, start=1)
    ]
    statements = [
        Statement(citation.quote, (citation.number,), OVERVIEW, "quoted", role)
        for citation, (_, role) in zip(citations, places, strict=True)
    ]
    return Answer(
        "answer", "", "", OVERVIEW, statements=tuple(statements), citations=tuple(citations),
        caveat="not calibrated for overviews", model={"backend": "extractive"}, asked="overview",
        reasons=(reason("overview", OVERVIEW),),
    )  # fmt: skip
