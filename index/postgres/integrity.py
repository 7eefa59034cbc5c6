"""Whether what is searched in PostgreSQL is what the index holds, and is shown to those who may see its documents."""

from __future__ import annotations

from index.snapshot import Snapshot

# Of each passage what its terms say.
_COUNTED = """
    SELECT chunk, sum(frequency) AS terms, min(audience) AS lowest, max(audience) AS highest
    FROM postings GROUP BY chunk
"""
# Passages that are not found, or are found and not there.
LOST = f"""
SELECT coalesce(id, passages.chunk, counted.chunk) FROM chunks FULL JOIN passages ON passages.chunk = id
FULL JOIN ({_COUNTED}) AS counted ON counted.chunk = passages.chunk
WHERE id IS NULL OR passages.chunk IS NULL OR (near IS NULL) <> (embedding IS NULL)
OR passages.terms <> coalesce(counted.terms, 0)
"""
# Passages that are shown to others than their documents.
ELSEWHERE = f"""
SELECT passages.chunk FROM passages JOIN chunks ON chunks.id = passages.chunk JOIN audience_keys USING (document)
LEFT JOIN document_audiences AS shown USING (document)
LEFT JOIN audiences ON audiences.id = passages.audience
LEFT JOIN ({_COUNTED}) AS counted ON counted.chunk = passages.chunk
WHERE audiences.key IS DISTINCT FROM audience_keys.key OR shown.audience IS DISTINCT FROM passages.audience
OR coalesce(counted.lowest, passages.audience) <> passages.audience
OR coalesce(counted.highest, passages.audience) <> passages.audience
OR (SELECT array_agg(DISTINCT ROW(owner, collection)::text) FROM sources WHERE document = chunks.document) <>
   (SELECT array_agg(DISTINCT ROW(owner, collection)::text) FROM audience_members WHERE audience = passages.audience)
"""
# Terms that are in more or fewer passages than is said.
_MISCOUNTED = """
SELECT term FROM occurrences
FULL JOIN (SELECT term, count(*) AS found FROM postings GROUP BY term) AS counted USING (term)
WHERE coalesce(passages, 0) <> coalesce(found, 0) LIMIT 1
"""


def not_searched(snapshot: Snapshot) -> list[str]:
    """What is wrong, in one line; empty where nothing is."""
    db = snapshot.db
    if lost := len(db.execute(LOST).fetchall()):
        return [f"{lost:,} passages cannot be found by a search"]
    if elsewhere := len(db.execute(ELSEWHERE).fetchall()):
        return [f"{elsewhere:,} passages are shown to others than their documents"]
    counted = db.execute("SELECT count(*), coalesce(sum(terms), 0) FROM passages").fetchone()
    if db.execute("SELECT * FROM totals").fetchone() != counted:
        return ["its passages are miscounted"]
    return ["its terms are miscounted"] if db.execute(_MISCOUNTED).fetchone() else []
