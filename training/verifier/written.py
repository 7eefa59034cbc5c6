"""Pairs of ``training/written``: sentences as a language model writes them to answer a question, borne out or not.

``training/written/*.jsonl`` has an object a line: ``title`` and ``text``; ``asked``, questions with ``true`` sentences
and ``false`` ones, each a ``claim`` and ``why`` the text does not bear it out. True and false ones are mostly minimal
twins; many of either are cut out of the text. Some files are held out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from training.verifier.examples import SUPPORTED, UNSUPPORTED, Pair, rows

FOLDER = Path(__file__).parent.parent / "written"
HELD = ("h", "m", "s", "u", "vd")  # files that are held out
SOURCE = "written"
TITLED = 0.7  # of the texts stand below their title
ASKED = 0.5  # of the sentences stand behind their question, as fragments do


def written(rng: random.Random, folder: Path = FOLDER) -> Iterator[Pair]:
    """All pairs, in a fixed order; those held out stand below their titles, and no question is before them."""
    for path in sorted(folder.glob("*.jsonl")):
        is_held = path.stem in HELD
        for row in rows(path):
            is_titled = is_held or rng.random() < TITLED
            text = f"{row['title']}. {row['text']}" if is_titled else row["text"]
            for asked in row["asked"]:
                said = [(claim, SUPPORTED) for claim in asked["true"]]
                said += [(own["claim"], UNSUPPORTED) for own in asked["false"]]
                for claim, label in said:
                    is_asked = not is_held and rng.random() < ASKED
                    yield Pair(SOURCE, f"{asked['question']} {claim}" if is_asked else claim, text, label, is_held)
