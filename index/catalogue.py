"""Which sources an index holds, as the command line and the API list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from documents.document import Source
from index.passage import Scope
from index.snapshot import Snapshot


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
