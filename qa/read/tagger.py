"""Which words of a conversation does a follow-up leave out? A small model reads both together.

They go through the lower layers of the shipped reader, then through the tagger's own layers, trained by
``training.tagger``.
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.read.lower_layers import LowerLayers
from qa.understand.omitted_terms import TaggedWord, candidates
from qa.weights import WEIGHTS

UPPER = "tagger.onnx"
MOST_TOKENS = 192  # of question and conversation; older turns are not read


@dataclass(frozen=True, slots=True)
class Tokens:
    """One input: ``ids`` and ``segments`` of its tokens, and the ``words`` that may be left out.

    A word is the index of its first token, its start and end in the conversation, and its stems.
    """

    ids: list[int]
    segments: list[int]
    words: list[tuple[int, int, int, frozenset[str]]]


def tokens_of(lower: LowerLayers, question: str, conversation: str) -> Tokens:
    """The question and the conversation as the model reads them."""
    read = lower.tokenizer.encode(question, conversation)
    places = zip(read.offsets[:MOST_TOKENS], read.sequence_ids[:MOST_TOKENS], strict=True)
    at = {start: index for index, ((start, end), part) in enumerate(places) if part == 1 and start < end}
    words = [(at[start], start, end, stems) for start, end, stems in candidates(question, conversation) if start in at]
    return Tokens(read.ids[:MOST_TOKENS], read.type_ids[:MOST_TOKENS], words)


class OnnxTagger:
    """The shipped model."""

    def __init__(self) -> None:
        from index.onnx import OnnxModel

        self._upper = OnnxModel(WEIGHTS / UPPER)
        self._lower = LowerLayers()

    def tag(self, question: str, conversation: str) -> list[TaggedWord]:
        """The conversation's words that the question does not say, each with the log-odds that it leaves it out."""
        tokens = tokens_of(self._lower, question, conversation)
        if not tokens.words:
            return []
        (logits,) = self._lower.through(self._upper, [(tokens.ids, tokens.segments)])
        return [TaggedWord(start, end, float(logits[index]), stems) for index, start, end, stems in tokens.words]
