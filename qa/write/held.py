"""A prompt, and which passages what is written from it may rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.llm.base import GenerationError, Generator, Message, prompt_tokens
from qa.llm.prompt import Prompt, load_prompt
from qa.write.excerpts import touched

NOTE = "note"  # the prompt for a note on one document


@dataclass(frozen=True, slots=True)
class Held:
    """A prompt, the ``excerpts`` in it, and all ``found`` passages, which these are of, best first.

    ``noted`` is the number of the documents that were noted first.
    """

    messages: Sequence[Message]
    excerpts: Sequence[Passage]
    found: Sequence[Passage]
    noted: int = 0

    @property
    def passages(self) -> int:
        """How many of the passages found the prompt has something of, with those ranked between."""
        return 1 + max((number for own in self.excerpts for number in touched(own, self.found)), default=-1)

    @property
    def facts(self) -> dict[str, str]:
        """What an answer records of the prompt."""
        noted = {"noted_documents": str(self.noted), "note_prompt": load_prompt(NOTE).fingerprint}
        return {"prompt_passages": str(self.passages), **(noted if self.noted else {})}

    @property
    def evidence(self) -> Sequence[Passage]:
        """The passages that sentences are verified against: whole, as what stands around an excerpt may deny it."""
        return self.found[: self.passages]

    def cited(self, numbers: Sequence[int]) -> list[Passage]:
        """The passages of the excerpts that a sentence cites."""
        excerpts = (self.excerpts[number - 1] for number in numbers if 0 < number <= len(self.excerpts))
        return [self.found[number] for number in dict.fromkeys(n for own in excerpts for n in touched(own, self.found))]

    @property
    def documents(self) -> frozenset[str]:
        """The ids of the documents that the excerpts are of."""
        return frozenset(own.document.id for own in self.excerpts)


@dataclass(frozen=True, slots=True)
class Room:
    """What a prompt may hold: ``generator`` has a context, of which ``reply`` tokens are left for the reply.

    - ``most``: the tokens of a prompt, where not all of the context is to be filled; that of one excerpt may have more;
    - ``as_text``: the passages as text of a prompt.
    """

    generator: Generator
    reply: int
    most: int | None
    as_text: Callable[[Sequence[Passage]], str]

    def filled(self, prompt: Prompt, excerpts: Sequence[Passage], found: Sequence[Passage], **fields: str) -> Held:
        """The longest prompt of the first excerpts, which are of the passages ``found``; ``fields`` are the others.

        Raises:
            GenerationError: not even one excerpt fits.
        """
        room = self.generator.context - self.reply
        held = None
        for count in range(1, len(excerpts) + 1):
            messages = prompt.messages(passages=self.as_text(excerpts[:count]), **fields)
            if prompt_tokens(self.generator, messages) > (min(room, self.most or room) if held else room):
                break
            held = Held(messages, excerpts[:count], found)
        if held is None:
            raise GenerationError(
                f"a context of {self.generator.context} tokens has no room for a passage beside the question and a "
                f"reply of {self.reply}: raise REFDESK_CONTEXT or lower REFDESK_MAX_TOKENS"
            )
        return held


def numbered(passages: Sequence[Passage]) -> str:
    """The passages with numbers and nothing else, as prompts have them without the defence."""
    return "\n\n".join(f"[{number}] {passage.chunk.text}" for number, passage in enumerate(passages, start=1))
