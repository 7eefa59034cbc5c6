"""Recognises in the texts of documents what is not to be quoted, or to be quoted with a caution.

An injected instruction is for the machine that reads, and is not quoted. A request is for the person who reads, and
wants money, a secret, a command or a visit: a leaflet's "Pay online" may be a forger's, too, so an answer that rests on
one is shown with a caution.
"""

from __future__ import annotations

from collections.abc import Sequence

from documents.sentences import Range, sentences
from index.recent import RecentOfQuestion
from qa.check.injection.detection import are_injections, injections
from qa.check.injection.requests import sends_elsewhere

BEFORE = 500  # characters before a text that are looked through for an instruction which goes on in it
SENTENCES = 512  # of the last questions that are kept as they were judged


class Recogniser:
    """Recognises injected instructions by rules and word weights, requests by rules.

    What is found in the last texts is kept.
    """

    def __init__(self) -> None:
        # A passage is read for its spans and then for its evidence; to look through it takes some milliseconds.
        self._found = RecentOfQuestion[tuple[str, int, int | None], tuple[Range, ...]](64)
        # What is quoted around a sentence is looked through again, from another place on.
        self._judged = RecentOfQuestion[str, bool](SENTENCES)
        self._requests = RecentOfQuestion[str, bool](SENTENCES)

    def judge(self, sentences: Sequence[str]) -> list[bool]:
        """Of each sentence, whether it is an injected instruction."""
        return are_injections(sentences)

    def judge_requests(self, sentences: Sequence[str]) -> list[bool]:
        """Of each sentence, whether it is a request that calls for care."""
        return [sends_elsewhere(sentence) for sentence in sentences]

    def requests(self, texts: Sequence[str]) -> list[bool]:
        """Of each text, whether it, or one of its sentences, is a request that calls for care."""
        parts = [[text, *(text[slice(*place)] for place in sentences(text))] for text in texts]
        every = [one for own in parts for one in own]
        judged = dict(zip(every, self._requests.of(every, self.judge_requests), strict=True))
        return [any(judged[one] for one in own) for own in parts]

    def call_for_care(self, quotes: Sequence[str], short: str | None) -> bool:
        """Whether an answer that rests on these quotes is shown with a caution.

        It rests on the quotes with the ``short`` answer, else on each of them: whoever wrote one step wrote the others.
        """
        return any(self.requests([quote for quote in quotes if short and short in quote] or quotes))

    def free(self, text: str, places: Sequence[Range]) -> list[Range]:
        """The ranges of a document's ``text`` that touch no injected instruction, and so may be quoted."""
        if not places:
            return []
        first, last = min(start for start, _ in places), max(end for _, end in places)
        injected = self.find(text, max(0, first - BEFORE), last)
        return [place for place in places if not any(a < place[1] and place[0] < b for a, b in injected)]

    def find(self, text: str, start: int = 0, end: int | None = None) -> tuple[Range, ...]:
        """The injected instructions in ``text[start:end]``, as offsets into ``text``, in order."""
        return self._found.get((text, start, end), lambda: self._find(text, start, end))

    def _find(self, text: str, start: int, end: int | None) -> tuple[Range, ...]:
        return tuple(injections(text, start, end, lambda sentences: self._judged.of(sentences, self.judge)))


class Unchecked(Recogniser):
    """Lets everything be quoted; requests are recognised by rules."""

    def judge(self, sentences: Sequence[str]) -> list[bool]:
        """No sentence is one."""
        return [False] * len(sentences)

    def _find(self, text: str, start: int, end: int | None) -> tuple[Range, ...]:  # noqa: ARG002
        return ()
