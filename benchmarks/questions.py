"""The page ``docs/questions.md``: every kind of question with a real one, and the answer that it gets.

    python -m benchmarks.questions > docs/questions.md

The questions are asked of the sample documents and of the small folder ``benchmarks/pool``, without a language model.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from documents.load import sample_paths
from index.store import Store
from qa import settings
from qa.assistant import Assistant
from qa.assistant.compose import assistant_over, index_over, ingest_with, load_models
from qa.cli.answer_text import as_text
from qa.saved.turns import turn_of
from qa.understand.conversation import Turn

POOL = Path(__file__).with_name("pool")
Place = Literal["sample", "pool"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question: what it is answered with, and questions of one ``place``, each a follow-up of the last one
    where ``together``.
    """

    name: str
    answered: str
    place: Place
    questions: tuple[str, ...]
    together: bool = False


KINDS = (
    Kind("A fact", "A short answer, and the sentence or row that it stands in.", "sample",
         ("When was the Global Digital Economy Conference 2025 held?",)),
    Kind("An explanation", "The sentences that belong to it.", "pool", ("Why are glass bottles forbidden?",)),
    Kind("A list", "All items, as they stand in the document, with what introduces them.", "pool",
         ("What should I bring with me?",)),
    Kind("Steps", "All steps, numbered as in the document.", "pool", ("How do I open a locker?",)),
    Kind("Yes or no", "Yes or no only where the sentence is sure to say so.", "pool",
         ("Are dogs allowed in the building?",)),
    Kind("A count or a sum", "Computed from rows or items, each of which is cited.", "pool",
         ("How many tickets for adults are there in 2025?",)),
    Kind("The most or the least", "The row with the largest or the smallest amount, and the rows that it was compared "
         "with.", "pool", ("What is the cheapest ticket for adults in 2025?",)),
    Kind("A comparison", "What is said of each thing, side by side.", "pool",
         ("How did the deposit for a locker change between 2024 and 2025?",)),
    Kind("What is true now", "The newest edition answers, and the newest dated section of a document.", "pool",
         ("How much is the deposit for a locker?", "When does the new slide open?")),
    Kind("An overview", "The headings of a document's parts, each with the sentence that carries it.", "pool",
         ("What is the guide for visitors about?",)),
    Kind("The library", "Titles, file names and dates, from the index.", "pool", ("Which documents are there?",)),
    Kind("Several questions in one", "One by one; what the documents do not answer is named.", "pool",
         ("How long is the pool, and who is the lifeguard in charge?",)),
    Kind("A follow-up", "It is searched for as the question that it stands for, which is shown.", "sample",
         ("How many 5G base stations does Beijing have?", "And how many satellites?"), together=True),
    Kind("Words to search for", "Keywords and misspelt words are read as questions are.", "sample",
         ("added value digital economy 2024",)),
    Kind("What the documents do not say", "A refusal, and the closest passages.", "pool",
         ("Who won the football World Cup in 2022?",)),
    Kind("Talk", "A notice about the program that fits: it says nothing of what the documents hold.", "pool",
         ("Hello!", "Thank you very much", "Who are you?", "What can you do?", "You are useless",
          "Explain that more simply")),
)  # fmt: skip

_HEAD = """# What can be asked

Every kind of question, with a real one and the answer that it gets without a language model; the confidences are left
out. `python -m benchmarks.questions` makes this page, and a test compares it with what is answered. More of each kind
is in [answers.md](answers.md#what-can-be-asked).

Questions with `--index pool` are asked of the folder `benchmarks/pool/`, the others of the sample documents:

```
$ refdesk index documents/samples
$ refdesk index benchmarks/pool --index pool
```
"""


def page() -> str:
    """The page, in Markdown.

    Raises:
        ModelError: a model cannot be found or used.
    """
    with tempfile.TemporaryDirectory() as folder:
        assistants = _assistants(Path(folder))
        parts = [f"## {kind.name}\n\n{kind.answered}\n\n{_asked(kind, assistants[kind.place])}" for kind in KINDS]
    return "\n".join([_HEAD, *parts])


def _assistants(folder: Path) -> Mapping[Place, Assistant]:
    """One assistant for each place, over the same models."""
    places: dict[Place, Sequence[Path]] = {"sample": sample_paths(), "pool": [POOL]}
    models = load_models(settings.read(index=folder / "sample"))
    found = {}
    for place, paths in places.items():
        chosen = settings.read(index=folder / place)
        store = Store(chosen.index)
        ingest_with(store, models).update(paths)
        found[place] = assistant_over(index_over(store, models), models, chosen)
    return found


def _asked(kind: Kind, assistant: Assistant) -> str:
    return "\n".join(f"```\n{block}\n```\n" for block in _blocks(kind, assistant))


def _blocks(kind: Kind, assistant: Assistant) -> Iterator[str]:
    """The command and what it prints, without the confidence, of each question."""
    history: list[Turn] = []
    for question in kind.questions:
        answer = assistant.ask(question, history=history)
        options = " --after first.json" if history else ""
        options += " --index pool" if kind.place == "pool" else ""
        lines = [line for line in as_text(answer).splitlines() if not line.startswith(("confidence ", "why: "))]
        yield "\n".join([f'$ refdesk ask "{question}"{options}', *lines])
        if kind.together:
            history.append(turn_of(answer.to_dict()))


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(page(), end="")


if __name__ == "__main__":
    main()
