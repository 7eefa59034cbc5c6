"""A question in a story: read alone or with one sentence of the story, as the documents decide.

"We have a new firewall. Uploads end with 'connection reset'. Is there a setting I should change?" is read as "Is there
a setting I should change?" and as that with each of the sentences before it. A story as a whole is about too much to be
searched for, and longer than what the models read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from documents.sentences import sentences
from documents.words import WORD
from index.search import View
from qa.check.claims.proper_names import has_name, word_forms
from qa.understand.question import analyse, asks

MOST = 12  # sentences of a story that are tried
_LEAST = 3  # words of a sentence that says what a question is about
DEPTH = 2  # passages that a reading is tried on
# In the reranker's logits. LONGER: by how much a reading with a sentence of the story may score below the question
# alone, since longer texts score lower. FOUND: the least score of such a reading; passages that do not answer mostly
# have less. LACKING: what a reading loses if a name or number in it is not in the passage.
LONGER, FOUND, LACKING = 0.5, -5.0, 2.0


def story_of(text: str) -> tuple[str, ...]:
    """The sentences of ``text`` that ask nothing; none if no sentence asks.

    Lines count as sentences, too, such as those of a message copied into the question.
    """
    unique = dict.fromkeys(" ".join(text[start:end].split()) for start, end in sentences(text))
    lines = dict.fromkeys(" ".join(line.split()) for line in text.splitlines())
    told = [sentence for sentence in unique | lines if "?" not in sentence]
    if not any(map(asks, unique)):
        return ()
    return tuple(sentence for sentence in told if len(WORD.findall(sentence)) >= _LEAST)


def likeliest(question: str, story: Sequence[str], support: Callable[[str], float]) -> str:
    """The question, with the best sentence of its story if that scores nearly as well; ``support`` scores a text.

    The question comes first, since models read the beginning of long texts. Its introduction ("Before I sign anything:
    may I …?") is left out if it scores better without.
    """
    if not story:
        return question
    alone = support(question)
    asked = question.partition(": ")[2]
    if asks(asked) and (found := support(asked)) > alone:
        question, alone = asked, found
    scores = {reading: support(reading) for reading in (f"{question} {sentence}" for sentence in story[-MOST:])}
    best = max(scores, key=lambda reading: scores[reading])
    return best if scores[best] >= FOUND and scores[best] > alone - LONGER else question


def support(reading: str, view: View) -> float:
    """How well the documents answer a reading: the score of its best passage, less where that lacks a name of it."""
    asked = analyse(reading)
    found = view.rerank(asked, view.candidates(asked, DEPTH))
    if not found:
        return float("-inf")
    forms = word_forms(found[0].ranked_text)
    return found[0].score - LACKING * any(not has_name(forms, name, "en") for name in asked.names)
