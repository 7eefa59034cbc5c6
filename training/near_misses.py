"""Examples of the reader's last stage: questions that a text answers beside questions that it only seems to answer.

- SQuAD 2.0's training questions with their adversarial twins, about one paragraph;
- web searches with an answer in an encyclopedia (Natural Questions, by QED);
- the everyday documents written for this project, whole, their tables as the reader reads them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from documents.document import Document
from documents.linearise import Linearised, linearise
from documents.sentences import Range
from training.data import Data, Example, windowed
from training.everyday_data import FOLDER
from training.everyday_data import read as read_everyday
from training.verifier.examples import is_held_out, rows

TWINS = 6000  # questions of pairs
SEARCHED = 2500  # questions of web searches
CLEAN, WEAK = 2500, 2000  # examples of the earlier stages, so that what was learnt from them is kept
SURE_MATCH = 1.3  # of the twins' paragraph with the recovered question
EPOCHS = 2  # how often the everyday documents are read
HELD_OUT = 0.1  # of the everyday documents, the same ones as of the verifier's


def last_stage(folder: Path, earlier: Data, rng: random.Random) -> tuple[list[Example], list[Example]]:
    """The examples to learn from, shuffled, and those of the everyday documents that are held out.

    ``folder`` has the questions; ``earlier`` are the examples of the stages before.
    """
    everyday, held = everyday_examples()
    searched = [windowed(example, rng) for example in _searched(folder)]
    own = list(islice(twins(folder, rng), TWINS))
    own += rng.sample(searched, min(SEARCHED, len(searched)))
    own += rng.sample(earlier.clean, min(CLEAN, len(earlier.clean)))
    own += rng.sample(earlier.weak, min(WEAK, len(earlier.weak)))
    own += EPOCHS * everyday
    rng.shuffle(own)
    return own, held


def everyday_examples(folder: Path = FOLDER) -> tuple[list[Example], list[Example]]:
    """The questions and near-misses of the everyday documents, and those of the documents that are held out."""
    found: tuple[list[Example], list[Example]] = ([], [])
    for document, items in read_everyday(folder):
        whole = linearise(document.text, document.tables, 0, len(document.text))
        own = found[is_held_out(document.id, HELD_OUT)]
        for item in items:
            if item.kind == "near-miss":
                own.append(Example(item.text, whole.text))
            elif item.kind == "question":
                spans = tuple(as_read(document, whole, answer) for answer in item.answers)
                own.append(Example(item.text, whole.text, spans, (1 / len(spans),) * len(spans)))
    return found


def as_read(document: Document, whole: Linearised, place: Range) -> Range:
    """Where the document's characters are in the linearised text, not where they are repeated as a heading."""
    found = whole.find(*place)
    if found is None:
        raise SystemExit(f"{document.title}: not read: {document.text[slice(*place)]!r}")
    return found


def twins(folder: Path, rng: random.Random) -> Iterator[Example]:
    """Both questions with the same window of their paragraph, so that the window tells nothing."""
    found = rows(folder / "squad2_train_recovered.jsonl.gz")
    rng.shuffle(found)
    for row in found:
        if len(row["candidates"]) == 1 and row["match"] >= SURE_MATCH:
            (span,) = row["candidates"]
            answerable = windowed(Example(row["answerable_question"], row["context"], (tuple(span),), (1.0,)), rng)
            yield answerable
            yield Example(row["unanswerable_question"], answerable.text)


def _searched(folder: Path) -> Sequence[Example]:
    return [
        Example(row["question"], row["context"], spans, (1 / len(spans),) * len(spans))
        for row in rows(folder / "qed_nq.jsonl.gz")
        if (spans := tuple((a["start"], a["start"] + len(a["text"])) for a in row["answers"]))
    ]
