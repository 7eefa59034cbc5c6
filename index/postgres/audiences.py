"""Audiences: who may see a document, as one number that its passages and their terms carry (see ``security``).

An audience is a set of pairs of owner and collection: those of the sources that lead to the document. Documents that
the same may see have the same audience.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from psycopg import Connection

from index.postgres.lexical import BETWEEN, runs

_MAKE = """
WITH wanted AS (
    SELECT key, min(document) AS document FROM audience_keys WHERE document = ANY(%(documents)s)
    AND NOT EXISTS (SELECT 1 FROM audiences WHERE audiences.key = audience_keys.key) GROUP BY key
), made AS (INSERT INTO audiences (key) SELECT key FROM wanted RETURNING id, key)
INSERT INTO audience_members SELECT DISTINCT owner, collection, made.id
FROM made JOIN wanted USING (key) JOIN sources USING (document)
"""
_ASSIGN = """
INSERT INTO document_audiences SELECT document, audiences.id FROM audience_keys JOIN audiences USING (key)
WHERE document = ANY(%(documents)s) RETURNING document, audience
"""
_CHANGED = """
SELECT audience, array_agg(id) FROM document_audiences JOIN chunks USING (document) WHERE document = ANY(%s)
GROUP BY audience
"""
_FORGET = """
DELETE FROM audiences WHERE id = ANY(%(former)s)
AND NOT EXISTS (SELECT 1 FROM document_audiences WHERE audience = audiences.id)
"""


def assign(db: Connection[Any], documents: Collection[str]) -> None:
    """Give the documents the audiences that their sources make now, and pass these on to what is searched of them."""
    values: dict[str, Any] = {"documents": list(documents)}
    former = dict(
        db.execute("DELETE FROM document_audiences WHERE document = ANY(%(documents)s) RETURNING *", values).fetchall()
    )
    db.execute(_MAKE, values)
    now = db.execute(_ASSIGN, values).fetchall()
    changed = [document for document, audience in now if former.get(document, audience) != audience]
    for audience, chunks in db.execute(_CHANGED, (changed,)).fetchall() if changed else ():
        db.execute("UPDATE passages SET audience = %s WHERE chunk = ANY(%s)", (audience, chunks))
        for run in runs(chunks):
            db.execute(f"UPDATE postings SET audience = %s WHERE {BETWEEN}".encode(), (audience, *run))
    if former:
        db.execute(_FORGET, {"former": list(set(former.values()))})
