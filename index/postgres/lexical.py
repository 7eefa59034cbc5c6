"""BM25 in SQL, with the scores that tantivy gives (``index.bm25``).

tantivy keeps the length of a text in one byte, as Lucene does: exactly up to 40 terms, beyond to four binary digits.
Only with the same lengths are the scores the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

K1, B = 1.2, 0.75
_EXACT = 24  # lengths that need no floating point
_LONGEST = 200  # bytes of a term that are kept as they are: an index of PostgreSQL holds none above 2,700

# The terms are named again where postings are read, so that the planner knows how many rows that gives.
SEARCH = f"""
WITH weights AS MATERIALIZED (
    SELECT term, {K1 + 1} * ln(1 + (:passages - count(*) + .5) / (count(*) + .5))::float8 AS weight
    FROM postings WHERE term = ANY(:terms) GROUP BY term
)
SELECT chunk, sum(weight * frequency / (frequency + {K1} * ({1 - B} + {B} * length / :average)))::real AS score
FROM weights JOIN postings USING (term) WHERE postings.term = ANY(:terms) AND {{selected}}
GROUP BY chunk ORDER BY score DESC, chunk LIMIT :limit
"""


def counted(terms: Iterable[str]) -> Counter[str]:
    """How often each term occurs, by what it is kept under."""
    return Counter(map(key_of, terms))


def key_of(term: str) -> str:
    """What a term is kept under: itself or, where it is too long for an index, its hash."""
    encoded = term.encode()
    return term if len(encoded) <= _LONGEST else f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def kept_length(terms: int) -> int:
    """The length that is kept of a text of so many terms: the highest that fits the byte and is not above it."""
    above = terms - _EXACT
    if above < 16:
        return terms
    shift = above.bit_length() - 4
    return _EXACT + (above >> shift << shift)
