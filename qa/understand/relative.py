"""A question about something that a relative clause describes, split in two: which one it is, and what is asked of it.

"When did the doctor who treats children join?" first asks "Which doctor treats children join?" and then, with the
answer in place of the description, "When did Dr Quill, who treats children join?". Neither suffers from the words
after the clause, so its end is not looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.sentences import sentences
from documents.vocabulary import Vocabulary
from qa.understand.phrases import DETERMINERS, Word, words

_PRONOUNS = Vocabulary("qa").words_of("relative_pronouns")
_FARTHEST = 4  # words between the article and the pronoun: "the person have who"
_CLOSING = "?.!,; "


@dataclass(frozen=True, slots=True)
class Chain:
    """``first`` asks what is described; ``before`` and ``after`` are the question around the description."""

    first: str
    before: str
    after: str

    def second(self, bridge: str) -> str:
        """The question with ``bridge``, the answer to the first, in place of the description."""
        return f"{self.before}{bridge}{self.after}"


def chain(question: str) -> Chain | None:
    """The two questions; None without a relative clause, or for several sentences."""
    tokens = words(question)
    if len(list(sentences(question))) != 1:
        return None
    for pronoun in range(len(tokens) - 2, 1, -1):
        article = _article(tokens, pronoun) if tokens[pronoun].lower in _PRONOUNS else None
        if article is not None:
            return _chain(question, tokens, article, pronoun)
    return None


def _article(tokens: Sequence[Word], pronoun: int) -> int | None:
    """The article of the noun that the pronoun stands for."""
    near = range(pronoun - 2, max(-1, pronoun - 2 - _FARTHEST), -1)
    found = next((i for i in near if tokens[i].lower in DETERMINERS), None)
    is_asked = tokens[pronoun].lower == "which" and tokens[pronoun - 1].function  # "and in which year"
    return None if found is None or is_asked or tokens[pronoun - 1].lower in ("and", "or") else found


def _chain(question: str, tokens: Sequence[Word], article: int, pronoun: int) -> Chain:
    """The noun ends before a function word, as in "the doctor work in who": the rest belongs to the main clause."""
    last = pronoun if not any(word.function for word in tokens[article + 1 : pronoun]) else article + 2
    thing = question[tokens[article + 1].start : tokens[last - 1].end]
    between = question[tokens[last - 1].end : tokens[pronoun - 1].end]
    clause = question[tokens[pronoun + 1].start :]
    first = f"Which {thing} {clause.strip(_CLOSING)}?"
    return Chain(first, question[: tokens[article].start], f"{between}, {tokens[pronoun].text} {clause}")
