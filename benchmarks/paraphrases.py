"""Of true and of false paraphrases, the share that the verifier accepts, by kind of falsehood.

    python -m benchmarks.paraphrases [--verifier NAME] [--file FILE.jsonl] [--rows ROWS.jsonl]

The file has one object a line: ``id``, ``text`` (one to four sentences), ``true`` (says what the text says, in other
words), ``false`` (looks as good and does not follow) and ``kind`` of the falsehood. Ours were written before any
verifier read them. Each paraphrase is verified against its own text. The marks: at least .85 of the true ones accepted,
and at most .05 of the false ones. Beside it is what its entailment model alone accepts, with a probability of .5 or
more for the whole text. AUROC is of the scores, whatever the threshold. ``--rows`` writes every verdict.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.verified import entailment_of, parser_of, passage_of, write_rows
from qa.check.entailment import Entailed, Entailment
from qa.check.verifier import SupportVerifier, Verdict
from qa.evaluation.metrics.abstention import auroc

FILE = Path("tests/fixtures/paraphrases.jsonl")
LEAST_TRUE, MOST_FALSE = 0.85, 0.05
COLUMNS = ("texts", "true accepted", "false accepted", "model: true", "model: false")


@dataclass(frozen=True, slots=True)
class Judged:
    """A paraphrase, the verifier's verdict on it, and its entailment model's."""

    id: str
    kind: str
    is_true: bool
    claim: str
    verdict: Verdict
    entailed: Entailed

    @property
    def is_entailed(self) -> bool:
        return self.entailed.supported >= 0.5


def judge(entailment: Entailment, path: Path) -> list[Judged]:
    """The verdicts on every paraphrase of the file."""
    verifier = SupportVerifier(entailment)
    judged = []
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        for is_true in (True, False):
            claim = row["true" if is_true else "false"]
            verdict = verifier.verify(claim, [passage_of(row["text"])])
            (entailed,) = entailment.judge([(claim, row["text"])])
            judged.append(Judged(row["id"], row["kind"], is_true, claim, verdict, entailed))
    return judged


def print_table(judged: Sequence[Judged]) -> None:
    """Print the shares accepted, by kind and of all."""
    print(f"{'kind of falsehood':<18}" + "".join(f"{name:>16}" for name in COLUMNS))
    for kind in [*dict.fromkeys(own.kind for own in judged), "all"]:
        chosen = [
            [own for own in judged if kind in (own.kind, "all") and own.is_true is truth] for truth in (True, False)
        ]
        shares = [sum(own.verdict.supported for own in part) / len(part) for part in chosen]
        shares += [sum(own.is_entailed for own in part) / len(part) for part in chosen]
        print(f"{kind:<18}{len(chosen[0]):>16}" + "".join(f"{share:>16.2f}" for share in shares))
    print(f"{'the marks':<18}{'':>16}{f'>= {LEAST_TRUE}':>16}{f'<= {MOST_FALSE}':>16}")
    truths = [own.is_true for own in judged]
    verified = auroc([own.verdict.score for own in judged], truths)
    print(f"AUROC: verifier {verified:.3f}, model {auroc([own.entailed.supported for own in judged], truths):.3f}")


def row_of(own: Judged) -> dict[str, object]:
    """The verdicts on a paraphrase, as they are written."""
    return {
        "id": own.id, "kind": own.kind, "true": own.is_true, "claim": own.claim,
        "accepted": own.verdict.supported, "score": round(own.verdict.score, 3),
        "missing": own.verdict.missing, "entailed": round(own.entailed.supported, 3),
    }  # fmt: skip


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--file", type=Path, default=FILE)
    options = parser.parse_args()
    entailment = entailment_of(options)
    judged = judge(entailment, options.file)
    print(f"{options.file}, {entailment.fingerprint}")
    print_table(judged)
    write_rows(options.rows, map(row_of, judged))


if __name__ == "__main__":
    main()
