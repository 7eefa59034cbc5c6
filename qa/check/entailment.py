"""Does a text entail a claim, contradict it, or say nothing of it?

The shipped model was trained by ``training.verifier``: an encoder over ``[CLS] claim [SEP] text [SEP]`` with three
logits. Any cross-encoder for natural language inference can take its place (``qa.check.cross_encoder``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from documents.document import Document
from documents.linearise import linearise
from documents.outline import COLONS, lead_in
from index.models import DEFAULT_RERANKER, resolve
from index.passage import Passage
from qa.weights import WEIGHTS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "refdesk-verifier-4"
MOST_CLAIM, MOST_TOKENS = 96, 224  # tokens of a claim, and of claim and text together; the rest is not read


@dataclass(frozen=True, slots=True)
class Entailed:
    """The probabilities, which add up to 1, that a text supports a claim, contradicts it, or says nothing of it."""

    supported: float
    contradicted: float
    not_mentioned: float


class Entailment(Protocol):
    """Judges claims by texts."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by the text it is paired with."""


class OnnxEntailment:
    """The shipped model, or other ``weights`` for it, with the tokenizer of the model that it was trained from."""

    def __init__(self, weights: Path | None = None) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = NAME if weights is None else str(weights)
        self._model = OnnxModel(weights or WEIGHTS / "verifier.onnx")
        self._tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by the text it is paired with."""
        inputs = (pair_of(self._tokenizer, claim, text) for claim, text in pairs)
        return [entailed(logits) for logits in self._model.run(inputs)]


def answered(question: str, answer: str) -> str:
    """A question and its answer as one claim, as the shipped model has learned it: "What is the fee? 45 pounds."."""
    return f"{question.strip().rstrip('?').rstrip()}? {' '.join(answer.split()).rstrip('.')}."


def log_odds(judged: Entailed) -> float:
    """The log-odds of support, finite for every probability."""
    return math.log(max(judged.supported, 1e-6)) - math.log(max(1 - judged.supported, 1e-6))


def as_judged(passage: Passage, start: int, end: int) -> str:
    """A sentence or row of the passage, as answers are judged by it: below its headings."""
    return below_headings(passage.document, passage.title, start, end)


def below_headings(document: Document, title: str, start: int, end: int) -> str:
    """The sentence or row below the document's title and its section's.

    A row has its headings, and an item the lead-in of its list in place of its number or sign.
    """
    around = document.blocks_at(start)
    label = max((block.start + len(block.label) for block in around if block.kind in ("item", "step")), default=start)
    text = linearise(document.text, document.tables, max(start, min(label, end)), end).text.lstrip()
    lists = [block.start for block in around if block.kind == "list"]
    introduction = next(filter(None, (lead_in(document.text, at) for at in reversed(lists))), None)
    if introduction:
        text = f"{linearise(document.text, document.tables, *introduction).text} {text}"
    titles = dict.fromkeys([title, *document.section_path(start)[-1:]])
    return "".join([*(_above(own) for own in titles if own and own not in text), text])


def _above(title: str) -> str:
    return f"{title} " if title.endswith((".", "!", "?", "…", *COLONS)) else f"{title}. "


def pair_of(tokenizer: Tokenizer, claim: str, text: str) -> tuple[list[int], list[int]]:
    """Token ids and segments of ``[CLS] claim [SEP] text [SEP]``, each part cut at its end where it is too long."""
    cls, sep = tokenizer.encode("").ids[:2]
    asked = [cls, *tokenizer.encode(claim, add_special_tokens=False).ids[:MOST_CLAIM], sep]
    read = tokenizer.encode(text, add_special_tokens=False).ids[: MOST_TOKENS - len(asked) - 1]
    return [*asked, *read, sep], [0] * len(asked) + [1] * (len(read) + 1)


def entailed(logits: Sequence[float] | np.ndarray) -> Entailed:
    """The probabilities of three logits: supported, contradicted, not mentioned."""
    shifted = np.exp(np.asarray(logits, dtype=np.float64) - np.max(logits))
    return Entailed(*(float(value) for value in shifted / shifted.sum()))
