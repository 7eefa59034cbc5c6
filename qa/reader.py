"""The sentence reader: does this sentence, after what stands before it, answer this question?

A cross-encoder trained by ``training/train_reader.py``. Its input is ``question [SEP] context [SEP] sentence``: the
context tells who "it" is; the sentence alone is judged. One logit, of the sentence answering the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Protocol

from index.models import DEFAULT_RERANKER, resolve

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "refdesk-reader-1"

MAX_TOKENS = 128
# Characters of text before a sentence that are read with it.
CONTEXT = 160
MAX_QUESTION_TOKENS = 48
MAX_CONTEXT_TOKENS = 40


def context_before(text: str, start: int) -> str:
    """The end of what stands before ``text[start:]`` in its paragraph, from a word's beginning."""
    before = text[max(0, start - CONTEXT) : start].rpartition("\n\n")[2]
    if len(before) == CONTEXT:
        before = before.partition(" ")[2]
    return " ".join(before.split())


def encode(tokenizer: Tokenizer, question: str, context: str, sentence: str) -> tuple[list[int], list[int]]:
    """Token ids and type ids of ``[CLS] question [SEP] context [SEP] sentence [SEP]``.

    The tokenizer must add no special tokens of its own. Too long a context loses its beginning, too long a sentence
    its end.
    """
    cls, sep = tokenizer.encode("", add_special_tokens=True).ids[:2]
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_TOKENS]
    before = tokenizer.encode(context, add_special_tokens=False).ids[-MAX_CONTEXT_TOKENS:]
    said = tokenizer.encode(sentence, add_special_tokens=False).ids[: MAX_TOKENS - len(asked) - len(before) - 4]
    first = [cls, *asked, sep]
    second = [*before, sep, *said, sep]
    return first + second, [0] * len(first) + [1] * len(second)


class SentenceReader(Protocol):
    """Judges sentences, each in its context, as answers to a question."""

    @property
    def fingerprint(self) -> str:
        """Name and version."""

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        """The logit of each ``(context, sentence)`` answering ``question``."""


class OnnxReader:
    """The shipped reader, with the tokenizer of the model that it was trained from."""

    def __init__(self) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = NAME
        with as_file(files("qa") / "weights" / "reader.onnx") as path:
            self._model = OnnxModel(path)
        self._tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)

    def score(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        inputs = (encode(self._tokenizer, question, context, sentence) for context, sentence in sentences)
        return [float(logits[0]) for logits in self._model.run(inputs)]
