"""What a search returns, and what it is limited to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from documents.document import Chunk, Document, Source
from documents.edition import title_with_name


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a source must fulfil; None and () are no condition.

    - ``source``: its path or the last parts of it, or a pattern of these (``*``, ``?``, ``[…]``);
    - ``folder``: the path of a folder or archive that it lies in;
    - ``type``: the suffix of its name, such as "pdf";
    - ``since`` and ``before``: bounds of ``Source.modified`` in seconds since 1970; a source without a date fulfils
      neither;
    - ``fields``: names and values that ``Source.metadata`` must hold;
    - ``documents``: ids, of which its document's must be one.
    """

    source: str | None = None
    folder: str | None = None
    type: str | None = None
    since: float | None = None
    before: float | None = None
    fields: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collections:
    """Some collections: those that are ``named`` or, where these are ``hidden``, all others."""

    named: frozenset[str] = frozenset()
    hidden: bool = True

    def __contains__(self, name: str) -> bool:
        return (name in self.named) != self.hidden


EVERY_COLLECTION = Collections()


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sources a search may see: everyone's in the ``collections``, and those of ``owner``.

    Of these it sees those in ``collection`` (None: in all of them) that fulfil the filter ``only``. ``with_list`` says
    whether who asks may be told which sources these are.
    """

    collection: str | None = None
    owner: str | None = None
    only: Filter = Filter()
    collections: Collections = EVERY_COLLECTION
    with_list: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk, the source it was found in, and the scores that the stages gave it.

    ``score`` is that of the last stage; ``stage_scores`` are those of all stages by name ("dense": a cosine, "bm25",
    "fusion": between 0 and 1, "rerank": a logit).
    """

    chunk: Chunk
    source: Source
    score: float
    stage_scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def document(self) -> Document:
        """The document that the chunk is a part of."""
        return self.chunk.document

    @property
    def title(self) -> str:
        """What it is ranked and judged under: the document's title, below its name where the two share no word.

        So the rows of ``price-list-2025.csv``, which has no title, are below "price list 2025", and a report that is
        entitled "Securities and Exchange Commission" is known to be of the company that its file is named after. The
        index holds none of this, since a text may be in files of several names.
        """
        return title_with_name(self.document.title, self.source.name)

    @property
    def ranked_text(self) -> str:
        """The text as it is ranked and read: its context below its title, then the chunk's with its rows' headings."""
        context, text = self.chunk.context_below(self.title), self.chunk.linearised.text
        return f"{context}\n{text}" if context else text

    @property
    def text_begins(self) -> int:
        """Where the chunk's own text begins in its ``ranked_text``."""
        return len(self.ranked_text) - len(self.chunk.linearised.text)
