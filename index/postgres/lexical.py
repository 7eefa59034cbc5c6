"""BM25 in SQL, with the scores that tantivy gives (``index.bm25``).

tantivy keeps the length of a text in one byte, as Lucene does: exactly up to 40 terms, beyond to four binary digits.
Only with the same lengths are the scores the same.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

K1, B = 1.2, 0.75
_EXACT = 24  # lengths that need no floating point
_LONGEST = 200  # bytes of a term that are kept as they are: an index of PostgreSQL holds none above 2,700

# In how many passages each of the terms is that occur, whoever asks: how rare a term is does not depend on that.
OCCURRENCES = "SELECT term, passages FROM occurrences WHERE term = ANY(:terms) AND passages > 0"
# Constants are cast, or they would be decimals, and so would each row's product.
SCORES = f"""
SELECT chunk, sum(
    weight * frequency / (frequency + {K1}::float8 * ({1 - B}::float8 + {B}::float8 * length / :average))
)::real AS score
FROM {{rows}} WHERE {{seen}}
"""
# Postings with their terms' weights: of the one table, and of a shard, which knows no other. The terms are named again
# where postings are read, so that the planner knows how many rows that gives.
WEIGHTED = """(
    SELECT postings.*, weight
    FROM unnest(CAST(:terms AS text[]), CAST(:weights AS float8[])) AS w (term, weight) JOIN postings USING (term)
    WHERE postings.term = ANY(:terms)
) AS weighted"""
WEIGHTED_BY_SHARD = """(
    SELECT *, (CAST(:weights AS float8[]))[array_position(CAST(:terms AS text[]), term)] AS weight
    FROM postings_{} WHERE term = ANY(:terms)
) AS weighted"""

# Finds all terms of chunks, to change them or let them go. They are written chunk after chunk, so that it is enough to
# know which blocks have which chunks, and costs writers next to nothing. It is of another type, or the planner would
# take it for questions, too, which look up each of their terms in each of their chunks. (Of "chunk + 0" it would be of
# no use: what may fail is not computed of rows before row-level security has shown them.)
OF_CHUNK = """
CREATE INDEX postings_of_chunk ON postings
USING brin (CAST(chunk AS float8) float8_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);
"""
BETWEEN = "CAST(chunk AS float8) BETWEEN CAST(%s AS float8) AND CAST(%s AS float8)"


def weight(occurrences: int, passages: int) -> float:
    """What a term counts that is in so many of the passages."""
    return (K1 + 1) * math.log(1 + (passages - occurrences + 0.5) / (occurrences + 0.5))


def rarest(occurrences: Mapping[str, int], least: float, most: float) -> dict[str, int]:
    """The rarest of the terms, which are in so many passages each.

    As many as have at most ``most`` postings together; one more where these have fewer than ``least``.
    """
    ordered = sorted(occurrences.items(), key=lambda one: (one[1], one[0]))
    together = list(itertools.accumulate(count for _, count in ordered))
    before = [0, *together]
    return dict(one for one, own, read in zip(ordered, before, together, strict=False) if own < least or read <= most)


def runs(chunks: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of consecutive ids."""
    places = enumerate(sorted(set(chunks)))
    for _, run in itertools.groupby(places, lambda one: one[1] - one[0]):
        ids = [number for _, number in run]
        yield ids[0], ids[-1]


def counted(terms: Iterable[str]) -> Mapping[str, int]:
    """How often each term occurs, by what it is kept under."""
    counts = Counter(terms)
    for term in [term for term in counts if 4 * len(term) > _LONGEST]:  # a character has at most four bytes
        counts[key_of(term)] = counts.pop(term)
    return counts


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
