"""A prompt, and which passages what is written from it may rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.llm.base import Message
from qa.write.excerpts import touched


@dataclass(frozen=True, slots=True)
class Held:
    """A prompt, the ``excerpts`` in it, and all ``found`` passages, which these are of, best first."""

    messages: Sequence[Message]
    excerpts: Sequence[Passage]
    found: Sequence[Passage]

    @property
    def passages(self) -> int:
        """How many of the passages found the prompt has something of, with those ranked between."""
        return 1 + max((number for own in self.excerpts for number in touched(own, self.found)), default=-1)

    @property
    def evidence(self) -> Sequence[Passage]:
        """The passages that sentences are verified against: whole, as what stands around an excerpt may deny it."""
        return self.found[: self.passages]

    def cited(self, numbers: Sequence[int]) -> list[Passage]:
        """The passages of the excerpts that a sentence cites."""
        excerpts = (self.excerpts[number - 1] for number in numbers if 0 < number <= len(self.excerpts))
        return [self.found[number] for number in dict.fromkeys(n for own in excerpts for n in touched(own, self.found))]


def fill(
    excerpts: Sequence[Passage],
    found: Sequence[Passage],
    filled: Callable[[Sequence[Passage]], Sequence[Message]],
    tokens: Callable[[Sequence[Message]], int],
    room: int,
    wanted: int,
) -> Held | None:
    """The longest prompt of the first excerpts that has at most ``wanted`` tokens.

    That of one alone may have as many as there is ``room`` for; None if not even that fits.
    """
    best = None
    for count in range(1, len(excerpts) + 1):
        messages = filled(excerpts[:count])
        if tokens(messages) > (wanted if best else room):
            break
        best = Held(messages, excerpts[:count], found)
    return best
