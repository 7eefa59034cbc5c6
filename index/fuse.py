"""Rankings of the same passages by vectors and by words -> one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]
# How much counts what is found by meaning, by words, and by words that are rare; the rank at which half of what counts
# for words is left. Fitted by ``python -m training.fusion``.
MEANING, WORDS, RARE = 0.56, 0.25, 0.19
TOP = 5


def fuse(rankings: Mapping[str, Ranking]) -> dict[int, dict[str, float]]:
    """Each id's scores by ranking, with their weighted sum as "fusion", between 0 and 1; one alone keeps its order."""
    weights = (MEANING, WORDS, RARE) if len(rankings) > 1 else (1.0, 1.0, 0.0)
    fused = {
        chunk_id: {"fusion": sum(weight * value for weight, value in zip(weights, found, strict=True))}
        for chunk_id, found in features(rankings).items()
    }
    for name, ranking in rankings.items():
        for chunk_id, score in ranking:
            fused[chunk_id][name] = score
    return fused


def features(rankings: Mapping[str, Ranking]) -> dict[int, tuple[float, float, float]]:
    """How well each id is found by meaning, by words, and by words that are rare, each between 0 and 1.

    Vectors ("dense") count by their score, from 0 for the last to 1 for the best. Words ("bm25") count by their rank,
    since one that is shared by chance may score as high as what is meant; and again the more, the fewer passages have
    any: such words are names and codes. What a ranking lacks has 0 there, so that neither has a veto.
    """
    dense, words = rankings.get("dense", ()), rankings.get("bm25", ())
    rare = max(0.0, 1 - len(words) / len(dense)) if dense else 0.0
    meaning, ranks = by_score(dense), _by_rank(words)
    return {
        chunk_id: (meaning.get(chunk_id, 0.0), of_words := ranks.get(chunk_id, 0.0), rare * of_words)
        for chunk_id in {**meaning, **ranks}
    }


def by_score(ranking: Ranking) -> dict[int, float]:
    """The scores, normalised to 0 for the last and 1 for the best."""
    values = [score for _, score in ranking]
    least, span = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
    return {chunk_id: (score - least) / span if span else 1.0 for chunk_id, score in ranking}


def _by_rank(ranking: Ranking) -> dict[int, float]:
    """1 for the best and half of it at rank ``TOP``; ids with equal scores share the best rank of them."""
    ranks: dict[float, int] = {}
    for rank, (_, score) in enumerate(ranking):
        ranks.setdefault(score, rank)
    return {chunk_id: TOP / (TOP + ranks[score]) for chunk_id, score in ranking}
