"""Several rankings of the same passages -> one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def fuse(rankings: Mapping[str, Sequence[tuple[int, float]]]) -> dict[int, dict[str, float]]:
    """Each id's scores by ranking, with the mean of its normalised scores as "fusion", between 0 and 1.

    A ranking's scores are normalised to 0 for its last and 1 for its best id; ids that it lacks have 0 (CombSUM, Fox
    and Shaw 1994; against fusion by rank see Bruch, Gai and Ingber 2023, arXiv:2210.11934, and
    ``benchmarks.ablation``).
    """
    fused: dict[int, dict[str, float]] = {}
    for name, ranking in rankings.items():
        values = [score for _, score in ranking]
        least, span = min(values, default=0.0), max(values, default=0.0) - min(values, default=0.0)
        for chunk_id, score in ranking:
            scores = fused.setdefault(chunk_id, {"fusion": 0.0})
            scores[name] = score
            scores["fusion"] += ((score - least) / span if span else 1.0) / len(rankings)
    return fused
