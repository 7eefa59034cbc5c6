"""What kind of answer a question asks for: a small classifier over its embedding and its words.

A multinomial logistic regression (``asked.json``, made by ``training.asked`` for the default embedder, and another file
for the default of earlier indexes) adds up two things: the question's
embedding, which the search makes anyway, and the words and pairs of words that show what is asked ("how many", "list").
If it is not sure, the question asks for a fact. So does every question in another language than English, and every
question with an embedder that no weights were made with; then only talk to the program is still
recognised, by words alone (``qa.understand.talk``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from index.embed import Vectors
from index.models import BGE_SMALL
from index.query import Query
from qa import answer
from qa.answer.notices import Talk
from qa.understand.linear import Linear
from qa.understand.talk import TalkClassifier, load_talk

# Search terms and statements are no questions; they are answered with a fact.
QuestionType = Literal[answer.AnswerType, "keyword"]
KINDS: tuple[QuestionType, ...] = get_args(QuestionType)
# A bare identifier ("K02", "RX-7", "B 14", "4B") is a search term, whatever its embedding resembles.
_CODE = re.compile(
    r"(?:[A-Za-z]{1,4}[-./]?|[A-Za-z] |[A-Z]{2,4} )[0-9][A-Za-z0-9./-]*|[0-9]+[-./]?[A-Za-z]{1,3}[0-9./-]*"
)


@dataclass(frozen=True, slots=True)
class Classifier:
    """Tells what is asked for, and of talk to the program what kind it is.

    - ``embedder``: the fingerprint of the embedder whose vectors it was made with;
    - ``linear``: how likely each of ``KINDS`` is;
    - ``thresholds``: the probability from which on a kind is believed;
    - ``talk``: tells kinds of talk; without it, talk is of no kind and needs the embedder.
    """

    embedder: str
    linear: Linear
    thresholds: Mapping[QuestionType, float]
    talk: TalkClassifier | None = None

    def asked(self, query: Query, embedding: Vectors, embedder: str) -> QuestionType:
        """What the query asks for; ``embedder`` is the fingerprint of the one that made ``embedding``."""
        if _CODE.fullmatch(query.text.strip().rstrip("?!. ")):
            return "keyword"
        if embedder != self.embedder:
            return "talk" if self.talk and self.talk.is_talk(query.text) else "fact"
        if not query.language.is_english:
            return "fact"
        probabilities = self.linear.probabilities(query.text, embedding)
        best = int(probabilities.argmax())
        return KINDS[best] if probabilities[best] >= self.thresholds.get(KINDS[best], 0.0) else "fact"

    def kind_of_talk(self, query: Query, embedding: Vectors, embedder: str) -> Talk:
        """The likeliest kind of talk, where the query is talk."""
        return self.talk.kind(query.text, embedding if embedder == self.embedder else None) if self.talk else "other"


def load(text: str, talk: TalkClassifier | None = None) -> Classifier:
    """The classifier in a JSON text, in which weights are whole numbers times ``scale``."""
    data = json.loads(text)
    return Classifier(data["embedder"], Linear.of(data, data["scale"]), data["thresholds"], talk)


def shipped(embedder: str) -> Classifier:
    """The classifier that ships for the embedder with that fingerprint; for others, the default embedder's."""
    return _shipped(file_ending(embedder))


def file_ending(embedder: str) -> str:
    """How the names of the files end that were made with the embedder of that fingerprint."""
    return "_bge_small.json" if embedder.startswith(f"{BGE_SMALL}@") else ".json"


@lru_cache
def _shipped(ending: str) -> Classifier:
    weights = files("qa.understand")
    talk = load_talk((weights / f"talk{ending}").read_text("utf-8"))
    return load((weights / f"asked{ending}").read_text("utf-8"), talk)
