"""What a search returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from documents.document import Chunk, Source


@dataclass(frozen=True, slots=True)
class Filter:
    """Which sources are wanted; None and () want all.

    - ``source``: the path or its last parts, or a pattern of these (``*``, ``?``, ``[…]``);
    - ``folder``: the path of a folder, or of an archive;
    - ``type``: the ending of the name, such as "pdf";
    - ``since`` and ``before``: seconds since 1970 of ``Source.modified``; what has no date is in no such span;
    - ``fields``: names and values that ``Source.metadata`` must hold.
    """

    source: str | None = None
    folder: str | None = None
    type: str | None = None
    since: float | None = None
    before: float | None = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sources a search may see: everyone's and an owner's own, of a collection (None: all), of those ``only``."""

    collection: str | None = None
    owner: str | None = None
    only: Filter = Filter()


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk, the source it was found in, and how each stage scored it.

    ``score`` is the last stage's; ``stage_scores`` holds every stage's by name ("dense": cosine, "bm25",
    "fusion", "rerank": logit).
    """

    chunk: Chunk
    source: Source
    score: float
    stage_scores: Mapping[str, float] = field(default_factory=dict)
