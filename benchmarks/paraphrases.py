"""Of true and of false paraphrases, the share that the verifier accepts, by kind of falsehood.

    python -m benchmarks.paraphrases [--verifier NAME] [--file FILE.jsonl] [--rows ROWS.jsonl]

The file has one object a line: ``id``, ``text`` (one to four sentences), ``true`` (says what the text says, in other
words), ``false`` (looks as good and does not follow) and ``kind`` of the falsehood. Ours were written before any
verifier read them. Each paraphrase is verified against its own text. The marks: at least .85 of the true ones accepted,
and at most .05 of the false ones. AUROC is of the scores, whatever the threshold. ``--rows`` writes every verdict.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa import compose, settings
from qa.check.verifier import Verdict
from qa.evaluation.metrics.abstention import auroc
from qa.write.writer import Verifier

FILE = Path("tests/fixtures/paraphrases.jsonl")
LEAST_TRUE, MOST_FALSE = 0.85, 0.05


@dataclass(frozen=True, slots=True)
class Judged:
    """A text's number and kind, and the verdicts on its true and on its false paraphrase."""

    id: str
    kind: str
    true: Verdict
    false: Verdict


def judge(verifier: Verifier, path: Path) -> list[Judged]:
    """The verdicts on every paraphrase of the file."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Judged(
            row["id"],
            row["kind"],
            *(verifier.verify(row[name], [passage_of(row["text"])]) for name in ("true", "false")),
        )
        for row in rows
    ]


def passage_of(text: str) -> Passage:
    """The text as the only passage of a document without a title."""
    document = Document(text)
    return Passage(Chunk(document, 0, len(text)), Source("text.txt", document.id), 1.0)


def print_table(judged: Sequence[Judged]) -> None:
    """Print the shares accepted, by kind and of all."""
    print(f"{'kind of falsehood':<20} {'texts':>5}  {'true accepted':>13}  {'false accepted':>14}")
    for kind in [*dict.fromkeys(own.kind for own in judged), "all"]:
        chosen = [own for own in judged if kind in (own.kind, "all")]
        true, false = (sum(verdicts) / len(chosen) for verdicts in zip(*accepted(chosen), strict=True))
        print(f"{kind:<20} {len(chosen):>5}  {true:>13.2f}  {false:>14.2f}")
    print(f"{'the marks':<20} {'':>5}  {f'>= {LEAST_TRUE}':>13}  {f'<= {MOST_FALSE}':>14}")
    labels = [True] * len(judged) + [False] * len(judged)
    print(f"AUROC {auroc([own.true.score for own in judged] + [own.false.score for own in judged], labels):.3f}")


def accepted(judged: Sequence[Judged]) -> list[tuple[bool, bool]]:
    """Whether the true and the false paraphrase of each text are accepted."""
    return [(own.true.supported, own.false.supported) for own in judged]


def write_rows(path: Path, judged: Sequence[Judged]) -> None:
    """Write the verdicts, a line for each paraphrase."""
    with path.open("w", encoding="utf-8") as out:
        for own in judged:
            for is_true, verdict in ((True, own.true), (False, own.false)):
                row = {
                    "id": own.id, "kind": own.kind, "true": is_true, "accepted": verdict.supported,
                    "score": round(verdict.score, 3), "missing": verdict.missing,
                }  # fmt: skip
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verifier", help="a cross-encoder's folder or hub name [the shipped one]")
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--rows", type=Path, help="write every verdict here")
    options = parser.parse_args()
    verifier = compose.load_verifier(settings.read(verifier=options.verifier))
    judged = judge(verifier, options.file)
    print(f"{options.file}, {verifier.fingerprint}")
    print_table(judged)
    if options.rows:
        write_rows(options.rows, judged)


if __name__ == "__main__":
    main()
