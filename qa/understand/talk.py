"""What kind of talk to the program a message is: a greeting, thanks, a complaint ...

Two small classifiers (``talk.json``, made by ``training.asked``). One tells the kinds of what is known to be talk, by
embedding and words. The other reads words alone, so that a greeting is recognised with any embedder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import get_args

import numpy as np

from index.embed import Vectors
from qa.answer.notices import Talk
from qa.understand.linear import Linear

KINDS: tuple[Talk, ...] = get_args(Talk)
_NO_EMBEDDING = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TalkClassifier:
    """Tells kinds of talk.

    - ``kinds``: how likely each of ``KINDS`` is, given that it is talk;
    - ``by_words``: how likely it is no talk at all, then each of ``KINDS``, by words alone;
    - ``threshold``: the probability of talk from which on words alone are believed.
    """

    kinds: Linear
    by_words: Linear
    threshold: float

    def is_talk(self, text: str) -> bool:
        """Whether the words say that this is talk."""
        is_none = self.by_words.probabilities(text, _NO_EMBEDDING)[0]
        return self.by_words.knows(text) and bool(1 - is_none >= self.threshold)

    def kind(self, text: str, embedding: Vectors | None) -> Talk:
        """The likeliest kind of talk; by words alone without the embedding."""
        if embedding is None:
            likely = self.by_words.probabilities(text, _NO_EMBEDDING)[1:]
        else:
            likely = self.kinds.probabilities(text, embedding)
        return KINDS[int(likely.argmax())]


def load_talk(text: str) -> TalkClassifier:
    """The classifier in a JSON text, in which weights are whole numbers times ``scale``."""
    data = json.loads(text)
    kinds, by_words = (Linear.of(data[name], data["scale"]) for name in ("kinds", "by_words"))
    return TalkClassifier(kinds, by_words, data["threshold"])
