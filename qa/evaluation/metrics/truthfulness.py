"""CRAG's score of an answer: a wrong answer is worse than none."""

from __future__ import annotations


def truthfulness(*, right: bool, said: bool) -> float:
    """The score of one question (Yang et al. 2024): 1.0 accurate, 0.0 missing (refused), -1.0 hallucinated (wrong).

    ``right`` is true also of a refusal where a refusal is right, as of CRAG's questions with a false premise. The mean
    is the share of accurate answers minus that of hallucinated ones.
    """
    return 1.0 if right else -float(said)
