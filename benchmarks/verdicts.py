"""How well verifiers tell what an everyday document bears out, on the documents that none of them learned from.

    python -m benchmarks.verdicts [WEIGHTS.onnx …]

The pairs are those of ``training.verifier.everyday`` from held-out documents: answers against tempting wrong ones and
near-misses, the claims that yes would make, and claims. AUROC is of supported against not supported, of the shipped
verifier first.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from qa.check.entailment import OnnxEntailment
from qa.evaluation.metrics.abstention import auroc
from training.verifier.everyday import everyday
from training.verifier.examples import SUPPORTED, Pair

KINDS = {
    "answers": ("everyday question", "everyday near-miss"),
    "yes or no": ("everyday polar",),
    "claims": ("everyday claim",),
}


def figures(entailment: OnnxEntailment, pairs: Sequence[Pair]) -> dict[str, tuple[int, float]]:
    """Of each kind, how many pairs there are, and the AUROC."""
    found = {}
    for kind, sources in KINDS.items():
        own = [pair for pair in pairs if pair.source in sources]
        scores = [said.supported for said in entailment.judge([(pair.claim, pair.evidence) for pair in own])]
        found[kind] = len(own), float(auroc(scores, [pair.label == SUPPORTED for pair in own]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="*", help="other weights to compare with")
    pairs = list(everyday(held_out_only=True))
    for weights in (None, *parser.parse_args().weights):
        own = figures(OnnxEntailment(weights), pairs)
        print(weights or "shipped", *(f"{kind}: {auc:.3f} ({count})" for kind, (count, auc) in own.items()), sep="  ")


if __name__ == "__main__":
    main()
