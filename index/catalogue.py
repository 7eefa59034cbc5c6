"""Which sources and documents an index holds, as the command line, the API and the chat list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from documents.document import Source
from index.passage import Scope
from index.snapshot import Snapshot
from index.visibility import visible


def catalogue(snapshot: Snapshot, scope: Scope, start: int = 0, most: int | None = None) -> list[dict[str, Any]]:
    """The sources that ``scope`` may see, by path, each with its document's title, date, version and family.

    Only ``most`` of them (None: all) from number ``start`` on.
    """
    sources = snapshot.sources(scope)
    members = Counter((source.collection, source.family) for source in sources)
    shown = sources[start : None if most is None else start + most]
    return [_row(snapshot, source, members[source.collection, source.family]) for source in shown]


def rows_of(snapshot: Snapshot, sources: Sequence[Source], scope: Scope) -> list[dict[str, Any]]:
    """The same of some ``sources``; their families are those that ``scope`` sees."""
    return [_row(snapshot, source, len(snapshot.family_of(source, scope))) for source in sources]


def titles_of(snapshot: Snapshot, scope: Scope) -> dict[str, str]:
    """The titles of the documents that ``scope`` may see, by id; "" where a document has none."""
    where, values = visible(scope)
    return dict(
        snapshot.db.execute(
            f"SELECT id, documents.title FROM documents WHERE id IN (SELECT document FROM sources WHERE {where})",
            values,
        )
    )


def page_counts(snapshot: Snapshot, scope: Scope) -> dict[str, int]:
    """How many pages the documents that ``scope`` may see have, by id; 0 where the format has none."""
    where, values = visible(scope)
    return dict(
        snapshot.db.execute(
            "SELECT id, json_array_length(pages) FROM documents"
            f" WHERE id IN (SELECT document FROM sources WHERE {where})",
            values,
        )
    )


def languages_of(snapshot: Snapshot, scope: Scope) -> dict[str, int]:
    """Number of documents that ``scope`` may see by language code, the commonest language first."""
    where, values = visible(scope)
    return dict(
        snapshot.db.execute(
            "SELECT language, count(DISTINCT documents.id) FROM sources JOIN documents ON documents.id = document"
            f" WHERE {where} GROUP BY language ORDER BY 2 DESC, language",
            values,
        )
    )


def has_passage(snapshot: Snapshot, path: str, start: int, end: int, scope: Scope | None = None) -> bool:
    """Whether the path leads to a document with a chunk from ``start`` to ``end`` that ``scope`` may see."""
    where, values = ("true", {}) if scope is None else visible(scope)
    found = snapshot.db.execute(
        "SELECT 1 FROM sources JOIN chunks USING (document)"
        f' WHERE path = :path AND "start" = :start AND "end" = :end AND {where} LIMIT 1',
        {**values, "path": path, "start": start, "end": end},
    ).fetchone()
    return found is not None


def _row(snapshot: Snapshot, source: Source, members: int) -> dict[str, Any]:
    document = snapshot.document(source.document_id)
    assert document is not None  # a foreign key holds it
    return {
        "source": source.path,
        "collection": source.collection,
        "document": document.id,
        "title": document.title or source.name,
        "characters": len(document.text),
        "date": source.date or None,
        "dated_by": source.dated_by or None,
        "version": source.version or None,
        "family": source.family if members > 1 else None,
        "modified": source.modified and datetime.fromtimestamp(source.modified, UTC).isoformat(),
        "fields": dict(source.metadata),
    }
