"""How much of what answers a web question is quoted: sentences of CLAPNQ's passages, and its silent passages refused.

    python -m benchmarks.evidence DATA/questions

``DATA/questions`` has ``clapnq_answerable.jsonl.gz`` and ``clapnq_unanswerable.jsonl.gz``, each line a question with
the sentences of its passage and those that were selected by hand. A sentence is said where a citation quotes of it.
Precision, recall and F1 are means over the answerable questions, a refusal counts 0; beside them stand those of quoting
the whole passage. Nothing of these files is learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from documents.blocks import Range
from documents.document import Document
from qa import settings
from qa.answer import Answer
from qa.assistant.compose import document_reader, load_models
from qa.evaluation.metrics.abstention import auroc
from qa.evaluation.metrics.evidence import Scores, overlap
from training.verifier.examples import rows


def places(text: str, sentences: Sequence[str]) -> list[Range]:
    """Where the sentences are in the text, in their order."""
    found, at = list[Range](), 0
    for sentence in sentences:
        start = text.index(sentence, at)
        at = start + len(sentence)
        found.append((start, at))
    return found


def quoted(answer: Answer, sentences: Sequence[Range]) -> set[Range]:
    """The sentences that the answer quotes at least a character of."""
    return {
        (start, end)
        for start, end in sentences
        for own in answer.citations
        if answer.kind == "answer" and own.start < end and start < own.end
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    options = parser.parse_args()
    reader = document_reader(load_models(settings.read()), top_k=15)
    scores, whole, held = list[Scores](), list[Scores](), list[tuple[float, bool]]()
    refused = 0
    for row in rows(options.data / "clapnq_answerable.jsonl.gz"):
        document = Document(row["context"], row["title"])
        sentences = places(document.text, row["sentences"])
        chosen = set(row["selected_sentences"])
        gold = {place for place, text in zip(sentences, row["sentences"], strict=True) if text in chosen}
        answer = reader.ask(row["question"], document)
        scores.append(overlap(quoted(answer, sentences), gold))
        whole.append(overlap(sentences, gold))
        held.append((answer.confidence, True))
        refused += answer.kind == "refusal"
    silent = 0
    for row in rows(options.data / "clapnq_unanswerable.jsonl.gz"):
        answer = reader.ask(row["question"], Document(row["context"], row["title"]))
        held.append((answer.confidence, False))
        silent += answer.kind == "refusal"
    for name, own in (("said", scores), ("whole passage", whole)):
        print(f"{name}: precision, recall, F1 of sentences {np.mean(own, axis=0).round(3).tolist()} ({len(own)})")
    print(f"answerable answered {len(scores) - refused} of {len(scores)}")
    print(f"others refused {silent} of {len(held) - len(scores)}")
    print(
        f"AUROC of the confidence {auroc([own for own, _ in held], [is_answerable for _, is_answerable in held]):.3f}"
    )


if __name__ == "__main__":
    main()
