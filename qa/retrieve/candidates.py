"""The passages found for a question, or for what it says once it is spelt right, where these rank better."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.passage import Passage
from index.rerank import Reranker
from index.search import CANDIDATES, View
from index.snapshot import embedding_text
from qa.retrieve.spoken_of import FOUND, with_theirs
from qa.understand.question import Question
from qa.understand.spelling import Speller

# How often a question is corrected: what one corrected word finds may hold the word that another is misspelt of.
CORRECTIONS = 2
# A correction is kept where its best passage more likely answers than not (logits) and ranks by so much better, and
# each word changes the question's embedding by so much at most: a slip leaves most of a word's sense to the embedder,
# another word does not. For a word that the documents have not ("systemd") passages with a near one ("system") rank
# better whenever that is asked about, but they do not answer it.
ANSWERS, BETTER, CHANGED = 0.0, 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Candidates:
    """Finds the passages worth ranking.

    - ``top_k``: how many there are;
    - ``parse``: a corrected text as a question;
    - ``speller``: corrects misspelt questions; without it, they are searched as they are.
    """

    reranker: Reranker
    top_k: int
    parse: Callable[[str, View], Question]
    speller: Speller | None = None

    def of(self, asked: Question, view: View, *, as_typed: bool = False) -> tuple[Question, list[Passage]]:
        """The question that was searched for, and what was found for it; ``as_typed``: it is not corrected."""
        found = self._found(asked, view)
        if as_typed or not asked.language.is_english:
            return asked, found
        for _ in range(CORRECTIONS):
            again = self._corrected(asked, found, view)
            if again is None:
                break
            again = replace(again, spoken_of=asked.spoken_of)
            instead = self._found(again, view)
            is_better = self._best(again, instead) >= max(ANSWERS, self._best(asked, found) + BETTER)
            if not is_better or not _means_the_same(asked, again, view):
                break
            asked, found = again, instead
        return asked, found

    def _found(self, asked: Question, view: View) -> list[Passage]:
        if not asked.spoken_of:
            return view.candidates(asked, self.top_k)
        return with_theirs(view.candidates(asked, FOUND), self.top_k, asked.spoken_of)

    def _corrected(self, asked: Question, found: Sequence[Passage], view: View) -> Question | None:
        """The question without the slips that the passages tell, or more that may hold a misspelt word; None: as is."""
        if self.speller is None:
            return None
        corrected = self.speller.corrected(asked.text, map(_text, found), view.holds)
        if corrected == asked.text:
            corrected = self.speller.corrected(asked.text, _texts_near(asked, view), view.holds)
        return None if corrected == asked.text else self.parse(corrected, view)

    def _best(self, asked: Question, found: Sequence[Passage]) -> float:
        """How well the best of the passages answers the question."""
        return max(self.reranker.score(asked.text, [own.ranked_text for own in found]), default=-math.inf)


def _texts_near(asked: Question, view: View) -> Iterator[str]:
    """The texts, more than are ranked, that may hold what a misspelt word stands for; found when they are looked at."""
    yield from map(_text, view.retrieve(asked, CANDIDATES))


def _means_the_same(asked: Question, corrected: Question, view: View) -> bool:
    """Whether the words that are corrected may be slips, by the embeddings of both questions."""
    pairs = zip(asked.text.split(), corrected.text.split(), strict=True)
    words = sum(typed != meant for typed, meant in pairs)
    return 1 - float(view.embedding_of(asked) @ view.embedding_of(corrected)) <= CHANGED * words


def _text(passage: Passage) -> str:
    return embedding_text(passage.chunk)
