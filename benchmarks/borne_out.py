"""Of sentences that a language model wrote about documents, how many are shown, and are these borne out?

    python -m benchmarks.borne_out [--verifier NAME] [--set held_out] [--rows ROWS.jsonl]

``benchmarks/borne_out.jsonl`` has a sentence a line: ``set`` ("dev": of ``benchmarks/everyday``, to choose by;
"held_out": of ``training/held_out``, by which nothing is chosen), ``question``, ``sentence`` as ``refdesk[writer]``'s
model wrote it, the ``passages`` that its prompt had, each with the ``context`` it stands under, and ``borne_out``:
whether they bear it out, with what matters to it, if it answers the question or not. An AI model that also works on
Refdesk said so, having read question, passages and sentence and not what the verifier makes of it; sentences on
which it was not sure are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.verified import entailment_of, parser_of, passage_of, write_rows
from qa.check.verifier import SupportVerifier, Verdict
from qa.write.grounds import claim_of

FILE = Path("benchmarks/borne_out.jsonl")
SETS = ("dev", "held_out")


@dataclass(frozen=True, slots=True)
class Judged:
    """A sentence of the file, and the verdict on it."""

    row: Mapping[str, Any]
    verdict: Verdict


def judge(verifier: SupportVerifier, rows: Sequence[Mapping[str, Any]]) -> Iterator[Judged]:
    """The verdict on every sentence, by the passages of its prompt."""
    for row in rows:
        passages = [passage_of(own["text"], own["context"]) for own in row["passages"]]
        yield Judged(row, verifier.verify(claim_of(row["sentence"], row["question"]), passages))


def print_table(judged: Sequence[Judged]) -> None:
    """Print of each set what is written, borne out, shown, and both."""
    print(f"{'set':<10}{'written':>8}{'borne out':>11}{'shown':>7}{'of these borne out':>20}{'of borne out shown':>20}")
    for name in SETS:
        own = [one for one in judged if one.row["set"] == name]
        if not own:
            continue
        shown = [one for one in own if one.verdict.supported]
        true = [one for one in own if one.row["borne_out"]]
        both = sum(bool(one.row["borne_out"]) for one in shown)
        counts = f"{len(own):>8}{len(true):>11}{len(shown):>7}"
        print(f"{name:<10}{counts}{both / max(1, len(shown)):>20.3f}{both / max(1, len(true)):>20.3f}")


def row_of(own: Judged) -> dict[str, object]:
    """The verdict on a sentence, as it is written."""
    told = {name: own.row[name] for name in ("set", "question", "sentence", "borne_out")}
    return {
        **told,
        "shown": own.verdict.supported,
        "score": round(own.verdict.score, 3),
        "missing": own.verdict.missing,
    }


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--set", choices=SETS, help="one of the sets alone [both]")
    options = parser.parse_args()
    rows = [row for row in map(json.loads, FILE.open(encoding="utf-8")) if options.set in (None, row["set"])]
    verifier = SupportVerifier(entailment_of(options))
    judged = list(judge(verifier, rows))
    print(f"{FILE}, {verifier.fingerprint}")
    print_table(judged)
    write_rows(options.rows, map(row_of, judged))


if __name__ == "__main__":
    main()
