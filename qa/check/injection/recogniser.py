"""Recognises injected instructions in the texts of documents."""

from __future__ import annotations

from collections.abc import Sequence

from documents.sentences import Range
from index.recent import RecentOfQuestion
from qa.check.injection.detection import are_injections, injections

BEFORE = 500  # characters before a text that are looked through for an instruction which goes on in it
SENTENCES = 512  # of the last questions that are kept as they were judged


class Recogniser:
    """Recognises them by rules and word weights; what is found in the last texts is kept."""

    def __init__(self) -> None:
        # A passage is read for its spans and then for its evidence; to look through it takes some milliseconds.
        self._found = RecentOfQuestion[tuple[str, int, int | None], tuple[Range, ...]](64)
        # What is quoted around a sentence is looked through again, from another place on.
        self._judged = RecentOfQuestion[str, bool](SENTENCES)

    def judge(self, sentences: Sequence[str]) -> list[bool]:
        """Of each sentence, whether it is an injected instruction."""
        return are_injections(sentences)

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
    """Lets everything be quoted."""

    def judge(self, sentences: Sequence[str]) -> list[bool]:
        """No sentence is one."""
        return [False] * len(sentences)

    def _find(self, text: str, start: int, end: int | None) -> tuple[Range, ...]:  # noqa: ARG002
        return ()
