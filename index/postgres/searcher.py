"""Both searches of a snapshot in PostgreSQL, in its own transaction.

Nearest neighbours are found to half precision, exactly or by HNSW (Malkov and Yashunin 2018), and then scored with the
embeddings as the store holds them: the same vectors give the same cosines as in ``index.vectors``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from index.embed import Vectors
from index.embeddings import vectors_in
from index.postgres import lexical
from index.postgres.partitions import NEAREST, lists, shards_of
from index.postgres.security import AUDIENCE_SEEN
from index.postgres.transaction import halfvec
from index.searcher import Hits
from index.snapshot import Selection, Snapshot

_SPARE = 60  # candidates that are scored exactly besides those that are wanted: half precision changes some places
# Postings that are read to find candidates, at least and for each passage there is, and how many candidates are scored
# by the common terms, too. Chosen by ``python -m benchmarks.postgres``, which prints what is left out.
ENOUGH, SHARE, RESCORED = 20_000, 0.1, 500
# That of a chunk; none is kept of those after the last one that is named.
_BIT = "CASE WHEN chunk < 8 * length(CAST(:bits AS bytea)) THEN get_bit(CAST(:bits AS bytea), chunk) ELSE 0 END"


class _Condition(NamedTuple):
    """An SQL condition that holds for the chunks that are selected, and its parameters."""

    sql: str
    values: Mapping[str, Any]


_ALL = _Condition("true", {})


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of one state of the store: how many passages there are, how long they are on average, and whether HNSW is used.

    Up to ``exact`` passages of a selection are always searched exactly. ``shards``: on how many (``partitions``).
    """

    passages: int
    average: float
    approximate: bool
    exact: int
    shards: int

    @classmethod
    def of(cls, snapshot: Snapshot, exact: int) -> Statistics:
        """The statistics of the snapshot."""
        count, total = snapshot.db.execute("SELECT passages, terms FROM totals").fetchone()
        has_index = snapshot.db.execute(f"SELECT to_regclass('{NEAREST}') IS NOT NULL").fetchone()[0]
        shards = shards_of(snapshot.db)
        approximate = has_index or (shards > 0 and count > exact)  # shards have the index themselves
        return cls(count, total / max(1, count), approximate, exact, shards)


@dataclass(frozen=True)
class PostgresSearcher:
    """Searches the snapshot, whose statistics these are.

    Of a question's terms the rarest are looked for, as many as have ``enough`` postings of selected passages together,
    or ``SHARE`` of the passages. The best ``rescored`` by these are then scored by all terms, as tantivy would: up to
    some ten thousand passages that leaves none out, beyond that some that hold little but common words.
    """

    snapshot: Snapshot
    statistics: Statistics
    enough: int = ENOUGH
    rescored: int = RESCORED

    @classmethod
    def of(cls, snapshot: Snapshot, statistics: Statistics) -> PostgresSearcher:
        """A searcher of the snapshot, which is told how to."""
        if statistics.shards or statistics.approximate:
            # So that HNSW and shards sort: PostgreSQL knows neither how many passages a bit for each selects, nor what
            # shards hold, and would read all that there are.
            snapshot.db.execute("SET LOCAL enable_sort = off")
        return cls(snapshot, statistics)

    @property
    def kind(self) -> str:
        """See ``index.searcher``."""
        return "HNSW (pgvector), refined" if self.statistics.approximate else "exact (pgvector)"

    def dense(self, query: Vectors, limit: int, selection: Selection | None = None) -> Hits:
        """See ``index.searcher``."""
        if limit == 0:
            return []
        candidates = self._near(query, limit + _SPARE, selection)
        embeddings = self.snapshot.embeddings.stored(candidates)
        if self.statistics.shards:  # one may be a moment older or newer
            candidates = [number for number in candidates if number in embeddings]
        if not candidates:
            return []
        vectors = vectors_in(embeddings, candidates)
        cosines = np.einsum("ij,j->i", vectors, query, dtype=np.float64).astype(np.float32)
        found = zip(candidates, cosines.tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]

    def bm25(self, terms: Sequence[str], limit: int, selection: Selection | None = None) -> Hits:
        """See ``index.searcher``."""
        if not terms or limit == 0 or self.statistics.passages == 0:
            return []
        keys = list(dict.fromkeys(map(lexical.key_of, terms)))
        occurrences = dict(self.snapshot.db.execute(lexical.OCCURRENCES, {"terms": keys}).fetchall())
        share = self._share(selection)
        enough = max(self.enough, SHARE * self.statistics.passages)
        rare = lexical.rarest(occurrences, self.rescored / share, enough / share)
        common = occurrences.keys() - rare.keys()
        found = self._scores(rare, max(limit, self.rescored) if common else limit, _bits_or_list(selection))
        if common and found:
            again = _list(Selection(np.array(sorted(number for number, _ in found))))
            rest = dict(self._scores({term: occurrences[term] for term in common}, len(found), again))
            found = [(number, score + rest.get(number, 0.0)) for number, score in found]
        best = sorted(found, key=lambda hit: (-hit[1], hit[0]))[: limit + _SPARE]
        there = set(self._there([number for number, _ in best]))
        return [hit for hit in best if hit[0] in there][:limit]

    def _there(self, chunks: list[int]) -> list[int]:
        """Those of the chunks that the snapshot has: a shard may be a moment older or newer."""
        if not self.statistics.shards:
            return chunks
        known = self.snapshot.existing(chunks)
        return [number for number in chunks if number in known]

    def _scores(self, occurrences: Mapping[str, int], limit: int, selected: _Condition) -> Hits:
        """The best of what is selected by these terms, which are in so many passages each."""
        values = {
            "terms": list(occurrences),
            "weights": [lexical.weight(count, self.statistics.passages) for count in occurrences.values()],
            "average": self.statistics.average,
            "limit": limit,
            **selected.values,
        }
        search = f"{lexical.SCORES} AND {selected.sql} GROUP BY chunk"
        return self._first(search, "score DESC, chunk", values, lexical.WEIGHTED, lexical.WEIGHTED_BY_SHARD)

    def _share(self, selection: Selection | None) -> float:
        """Of all passages, how many are selected: above 0."""
        if selection is None:
            return 1.0
        share = len(selection.ids) / self.statistics.passages
        return max(1 - share if selection.hidden else share, 1 / self.statistics.passages)

    def _near(self, query: Vectors, limit: int, selection: Selection | None) -> list[int]:
        """Ids of about the ``limit`` chunks nearest to the query."""
        few = selection is not None and not selection.hidden and len(selection.ids) <= self.statistics.exact
        approximate = self.statistics.approximate and not few
        if approximate:
            self.snapshot.db.execute(f"SET LOCAL hnsw.ef_search = {max(limit, lists(self.statistics.passages))}")
        # Of another expression than the HNSW index is for every selected vector is compared.
        near = f"near::halfvec({len(query)})" if approximate else "near"
        score, group = f"{near} <#> CAST(:query AS halfvec({len(query)}))", ""
        if self.statistics.shards and not approximate:  # a shard sends vectors, unless it is asked for an aggregate
            score, group = f"min({score})", "GROUP BY chunk"
        selected = _bits_or_list(selection) if approximate else _list(selection)
        search = (
            f"SELECT chunk, {score} AS score FROM {{rows}}"
            f" WHERE {{seen}} AND near IS NOT NULL AND {selected.sql} {group}"
        )
        values = {"query": halfvec(query), "limit": share_of(limit, self.statistics.shards), **selected.values}
        found = self._first(search, "score", values, "passages", "passages_{}")
        return [number for number, _ in sorted(found, key=lambda hit: hit[1])[:limit]]

    def _first(self, search: str, order: str, values: Mapping[str, Any], whole: str, part: str) -> Hits:
        """What the search finds first in the ``whole`` table, or on each of the shards, of which it has a ``part``.

        A shard knows no scope: it is told what may be seen.
        """
        search = f"{search} ORDER BY {order} LIMIT :limit"
        if not self.statistics.shards:
            return self.snapshot.db.execute(search.format(rows=whole, seen="true"), values).fetchall()
        numbers = range(self.statistics.shards)
        parts = [f"({search.format(rows=part.format(number), seen=AUDIENCE_SEEN)})" for number in numbers]
        return self.snapshot.db.execute(" UNION ALL ".join(parts), values).fetchall()


def share_of(limit: int, shards: int) -> int:
    """How many of the nearest ``limit`` one of the shards has, at most: passages are spread over them by chance.

    This is five standard deviations above its share. More would take longer: each is sent with its vector.
    """
    share = 1 / max(1, shards)
    return min(limit, math.ceil(limit * share + 5 * math.sqrt(limit * share * (1 - share))))


def _list(selection: Selection | None) -> _Condition:
    """By their ids, by which an index finds them."""
    if selection is None:
        return _ALL
    return _Condition(
        f"chunk {'<> ALL' if selection.hidden else '= ANY'}(CAST(:ids AS bigint[]))", {"ids": selection.ids}
    )


def _bits_or_list(selection: Selection | None) -> _Condition:
    """By a bit for each chunk, where that is shorter than the list of their ids.

    PostgreSQL looks at each id of a list when it plans a statement, and a shard is sent the list as text.
    """
    if selection is None or not len(selection.ids):
        return _list(selection)
    last = int(selection.ids[-1])
    if last > 64 * len(selection.ids):
        return _list(selection)
    bits = np.zeros(last + 1, dtype=np.uint8)
    bits[selection.ids] = 1
    return _Condition(f"{_BIT} = {int(not selection.hidden)}", {"bits": np.packbits(bits, bitorder="little").tobytes()})
