"""From which logit on a sentence beside the best one of a passage is said, too (``qa.propose.belonging``).

    python -m benchmarks.belonging training/articles/a05.txt training/articles/d05.txt DATA/everyday/dev/k09.txt ...

Asked are the questions (Q) and the lists (L) of files of everyday documents, each of the first passage that has a
sentence that answers. "beside" is how many sentences of it, apart from the one with the highest logit, have at least
the logit; "right" the share of these that answer; "of wanted" the share of those that answer which they are.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from documents.blocks import overlap
from documents.document import Document, Source
from documents.sentences import Range
from documents.split import Splitter
from index.onnx import cores
from index.passage import Passage
from index.query import Query
from qa.check.injection.recogniser import Unchecked
from qa.propose.belonging import BELONGS, BELONGS_TO_NUMBER, prose_of
from qa.read.judge import Judge
from training.judge.words import Words, holds
from training.shared_everyday import read

LOGITS = (0.0, 0.5, 1.0, BELONGS, BELONGS_TO_NUMBER)
Beside = list[tuple[float, bool]]  # of each sentence but the best: its logit, and whether it answers


def beside_the_best(judge: Judge, question: str, passage: Passage, answering: Sequence[Range]) -> Beside:
    """The sentences of the passage without the one that has the highest logit."""
    places = prose_of(passage, Unchecked())
    logits = judge.evidence(Query.of(question), passage.ranked_text, list(places.values()))
    told = [any(overlap(place, own) for own in answering) for place in places]
    return sorted(zip(logits, told, strict=True), reverse=True)[1:]


def asked_of(path: Path) -> Iterator[tuple[str, str, Passage, list[Range]]]:
    """The kind, the text, the first passage that answers and the sentences that do, of each question and list."""
    for document, items in read(path):
        words, passages = Words(document), list(passages_of(document))
        for item in items:
            answering = words.sentences_of(item.fields.get("E", ())) if item.kind in "QL" else []
            holding = (own for own in passages if holds((own.chunk.start, own.chunk.end), answering))
            if passage := next(holding, None):
                yield item.kind, item.text, passage, answering


def passages_of(document: Document) -> Iterator[Passage]:
    """The document as an index would hold it."""
    for chunk in Splitter().split(document):
        yield Passage(chunk, Source("everyday.md", document.id), 0.0)


def row(logit: float, found: Sequence[Beside]) -> str:
    """One line of the table."""
    said = [is_right for own in found for value, is_right in own if value >= logit]
    wanted = sum(is_right for own in found for _, is_right in own)
    right = sum(said)
    shares = (right / max(1, len(said)), right / max(1, wanted))
    return f"{logit:6.1f}{len(said) / len(found):10.2f}{shares[0]:8.2f}{shares[1]:11.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    judge, found = Judge.load(), dict[str, list[Beside]]()
    for path in options.files:
        for kind, question, passage, answering in asked_of(path):
            found.setdefault(kind, []).append(beside_the_best(judge, question, passage, answering))
    for kind, own in found.items():
        print(f"{kind}, {len(own)} asked\n{'logit':>6}{'beside':>10}{'right':>8}{'of wanted':>11}")
        print(*(row(logit, own) for logit in LOGITS), sep="\n")
    print(f"{judge.fingerprint}, {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
