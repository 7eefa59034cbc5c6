"""Of untrue sentences about a text, how many stand; of true ones, how many are refused.

    python -m benchmarks.untrue [--half even|odd] [--verifier NAME] [--rows ROWS.jsonl]

``benchmarks/untrue.jsonl`` has one object a line: ``id``, ``text`` (two or three sentences), ``untrue`` (each a
``claim`` that the text does not bear out, though it has nearly all of its words, and its ``kind``: what it leaves out
or turns round), ``whole`` (sentences of the text), ``close`` (one sentence said in nearly the same words) and ``short``
(a sentence that leaves out what changes nothing). They were written before they were verified. What is changed by them
is chosen on the texts with even numbers; those with odd numbers are measured at the end. A cut-out is an untrue claim
that is a part of the text, word for word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.verified import entailment_of, parser_of, passage_of, write_rows
from qa.check.verifier import SupportVerifier, Verdict

FILE = Path("benchmarks/untrue.jsonl")
HALVES = {"even": 0, "odd": 1}
TRUE = ("whole", "close", "short")


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim about a text, its kind (those of ``TRUE`` are true), and the verdict on it."""

    id: str
    kind: str
    claim: str
    is_cut: bool
    verdict: Verdict

    @property
    def is_true(self) -> bool:
        return self.kind in TRUE


def rows_of(path: Path, half: str | None) -> Iterator[dict[str, object]]:
    """The rows of the file, or of the texts with even or odd numbers."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if half is None or number % 2 == HALVES[half]:
            yield json.loads(line)


def claims_of(row: dict[str, object]) -> Iterator[tuple[str, str]]:
    """The kind and the words of each claim of a row."""
    yield from ((own["kind"], own["claim"]) for own in row["untrue"])  # type: ignore[attr-defined]
    yield from ((kind, claim) for kind in TRUE for claim in row[kind])  # type: ignore[attr-defined]


def judge(verifier: SupportVerifier, rows: Iterator[dict[str, object]]) -> Iterator[Judged]:
    """The verdict on every claim, by its own text."""
    for row in rows:
        text = str(row["text"])
        for kind, claim in claims_of(row):
            words = claim.rstrip(".").casefold()
            is_cut = kind not in TRUE and words in text.casefold()
            yield Judged(str(row["id"]), kind, claim, is_cut, verifier.verify(claim, [passage_of(text)]))


def print_table(judged: Sequence[Judged]) -> None:
    """Print, by kind, how many claims there are and how many stand."""
    kinds = sorted({own.kind for own in judged if not own.is_true})
    untrue = [own for own in judged if not own.is_true]
    groups = [*((kind, [own for own in untrue if own.kind == kind]) for kind in kinds)]
    groups += [("… cut-outs", [own for own in untrue if own.is_cut]), ("untrue, all", untrue)]
    groups += [(f"true, {kind}", [own for own in judged if own.kind == kind]) for kind in TRUE]
    print(f"{'kind':<20}{'claims':>8}{'stand':>8}{'refused':>9}")
    for name, own in groups:
        stand = sum(one.verdict.supported for one in own)
        print(f"{name:<20}{len(own):>8}{stand:>8}{len(own) - stand:>9}")


def row_of(own: Judged) -> dict[str, object]:
    """The verdict on a claim, as it is written."""
    return {"id": own.id, "kind": own.kind, "claim": own.claim, "stands": own.verdict.supported,
            "score": round(own.verdict.score, 3), "missing": own.verdict.missing}  # fmt: skip


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--half", choices=HALVES, help="the texts with even or odd numbers alone [all]")
    options = parser.parse_args()
    entailment = entailment_of(options)
    judged = list(judge(SupportVerifier(entailment), rows_of(FILE, options.half)))
    print(f"{FILE}, {options.half or 'all'}, {entailment.fingerprint}")
    print_table(judged)
    write_rows(options.rows, map(row_of, judged))


if __name__ == "__main__":
    main()
