"""One item and what a system returned for it -> the item's record in ``answers.jsonl``.

``reply`` brings every form of answer into one; ``answers`` scores answers against ``gold``, ``rankings`` rankings of
documents, and ``claims`` support scores.
"""
