"""Make ``benchmarks/everyday``, a set for evaluation, of the shared data's everyday documents.

    python -m benchmarks.everyday_set DATA/everyday/dev/*.txt [--out benchmarks/everyday]

Each file becomes a folder of documents in Markdown. ``questions.jsonl`` has what is asked of them, in the form of
``benchmarks/visitors``; ``claims.jsonl`` true and false claims with the sentences around the place that tells, for the
task ``support``. Questions about several documents are left out.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.sentences import Range
from training.judge.words import Words
from training.shared_everyday import Item, read, shares_words, texts

KINDS = {"Q": "question", "N": "near-miss", "Y": "yes-no", "X": "yes-no", "L": "list", "G": "follow-up"}
LABELS = {"T": "supported", "F": "not_supported"}
_OPENING = 30  # characters of a sentence, row or item that must be said
_MARKS = re.compile(r"\A\s*(?:[-+•]|\d+[.)])\s|[*_`#|]")  # the label of an item, and Markdown's signs


def records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lines of ``questions`` and ``claims`` for a file, each with which it is for."""
    for number, (document, items) in enumerate(read(path)):
        words, before = Words(document), ""
        for place, item in enumerate(items, start=1):
            before = item.text if item.kind == "Q" else before
            told = words.sentences_of(item.fields.get("E", ()))
            own = {"id": f"{path.stem}-{number}-{place}"}
            if item.kind in LABELS and told:
                claim = {"claim": item.text, "evidence": _around(words, told), "label": LABELS[item.kind]}
                yield "claims", own | claim
            elif item.kind in KINDS and (told or item.kind == "N"):
                asked = {"corpus": path.stem, "kind": KINDS[item.kind], "question": item.text}
                after = {"after": [before]} if item.kind == "G" else {}
                yield "questions", own | asked | after | _gold(item, document, told, _name(path, number))


def _gold(item: Item, document: Document, told: Sequence[Range], name: str) -> dict[str, Any]:
    """What is expected of the answer to an item, its document and evidence, and whether the two share words."""
    if item.kind == "N":
        return {"expect": {"kind": "refusal"}}
    evidence = [document.text[start:end] for start, end in told]
    expect: dict[str, Any] = {"cite": [name]}
    match item.kind:
        case "Q" | "G":
            expect["all"] = [list(item.fields.get("A", ()))]
        case "L":
            expect["all"] = [[_opening(text)] for text in evidence]
        case _:
            expect |= {"all": [[_opening(evidence[0])]], "head": ["yes" if item.kind == "Y" else "no"]}
    words = "shared" if shares_words(item.text, " ".join(evidence)) else "other"
    return {"expect": expect, "source": [name], "evidence": evidence, "words": words}


def _name(path: Path, number: int) -> str:
    """The name of a file's document, by its number."""
    return f"{path.stem}-{number}.md"


def _opening(evidence: str) -> str:
    """The first words of a sentence of evidence, up to ``_OPENING`` characters."""
    words = " ".join(_MARKS.sub(" ", evidence).split())
    return words if len(words) <= _OPENING else words[:_OPENING].rpartition(" ")[0]


def _around(words: Words, told: Sequence[Range]) -> str:
    """The sentences that tell, with the one before and the one after."""
    numbers = [number for number, place in enumerate(words.sentences) if place in told]
    around = words.sentences[max(0, min(numbers) - 1) : max(numbers) + 2]
    return words.document.text[around[0][0] : around[-1][1]]


def write(files: Sequence[Path], out: Path) -> Mapping[str, int]:
    """Write the set; returns how many documents, questions and claims it has."""
    found: dict[str, list[str]] = {"questions": [], "claims": []}
    documents = 0
    for path in files:
        (out / path.stem).mkdir(parents=True, exist_ok=True)
        for number, (_, text, _) in enumerate(texts(path)):
            (out / path.stem / _name(path, number)).write_text(text, "utf-8")
            documents += 1
        for name, record in records(path):
            found[name].append(json.dumps(record, ensure_ascii=False) + "\n")
    for name, lines in found.items():
        (out / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return {"documents": documents} | {name: len(lines) for name, lines in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "everyday")
    options = parser.parse_args()
    print(", ".join(f"{count:,} {name}" for name, count in write(sorted(options.files), options.out).items()))


if __name__ == "__main__":
    main()
