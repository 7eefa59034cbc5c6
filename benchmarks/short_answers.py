"""How far ahead of all other words an answer's have to be for the short answer (``qa.read.evidence.AHEAD``).

    python -m benchmarks.short_answers training/articles/a05.txt training/articles/d05.txt DATA/everyday/dev/k09.txt ...

Asked are the questions (Q) of files of everyday documents, each of the first passage that has a sentence that answers;
counted are those of which such a sentence is found first. A short answer is right where it and the gold one share half
of their words or more (F1), or one has all of the other. For each number of logits: how many answers are short, the
share of these that are right, and how many are not, with the share of these that would have been right.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.belonging import passages_of
from documents.blocks import overlap
from index.onnx import cores
from qa.check.claims.tokens import contains_words
from qa.evaluation.metrics.answers import f1
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import AHEAD
from qa.read.evidence_reader import EvidenceReader
from qa.read.judge import Judge
from qa.understand.question import analyse
from training.judge.words import Words, holds
from training.shared_everyday import read

LOGITS = (0.0, AHEAD, 1.0, 1.5, 2.0, 3.0)
HALF = 0.5


def is_right(said: str, golds: Sequence[str]) -> bool:
    """Whether the short answer is about one of the gold ones."""
    return any(contains_words(said, gold) or contains_words(gold, said) or f1(said, [gold]) >= HALF for gold in golds)


def answers_of(path: Path, reader: EvidenceReader) -> Iterator[tuple[float, bool]]:
    """Of each answer found: how far ahead its words are, and whether they are right."""
    for document, items in read(path):
        words, passages = Words(document), list(passages_of(document))
        for item in (item for item in items if item.kind == "Q"):
            answering = words.sentences_of(item.fields.get("E", ()))
            holding = (own for own in passages if holds((own.chunk.start, own.chunk.end), answering))
            if (passage := next(holding, None)) is None:
                continue
            # Only what is ranked is read as it would be quoted; of one passage the rank decides nothing.
            found = reader.read(analyse(item.text), [replace(passage, stage_scores={"rerank": 0.0})])
            if found and any(overlap((found[0].start, found[0].end), own) for own in answering):
                yield found[0].ahead, is_right(found[0].words, item.fields["A"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    judge = Judge.load()
    reader = EvidenceReader(judge, Calibration.load())
    found = [one for path in options.files for one in answers_of(path, reader)]
    print(f"{'logits':>6}{'short':>7}{'right':>7}{'not':>6}{'right':>7}")
    for least in LOGITS:
        shown, hidden = (
            [right for ahead, right in found if (ahead >= least) is is_ahead] for is_ahead in (True, False)
        )
        shares = (sum(own) / max(1, len(own)) for own in (shown, hidden))
        print(f"{least:6.1f}{len(shown):7}{next(shares):7.2f}{len(hidden):6}{next(shares):7.2f}")
    print(f"{judge.fingerprint}, {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
