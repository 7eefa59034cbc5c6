"""What a search returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from documents.document import Chunk, Source


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sources a search may see: a collection (None: all) and an owner's own beside everyone's."""

    collection: str | None = None
    owner: str | None = None


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
