"""Does late interaction find or rank what embedder, words and judge do not?

    python -m benchmarks.late_interaction DATA/everyday/dev/*.txt [--together] [--every N]

answerai-colbert-small-v1 (Apache-2.0, in the carrier package of the default models) gives a vector for each token; a
passage's score is the sum over the question's tokens of the largest cosine with one of its own (Khattab and Zaharia
2020). The carrier's export ends before the projection, so the vectors have 384 dimensions. Asked and right are as in
``benchmarks.finding``. The ways:

- "found": what the program finds, in the order of its fusion; "late": all passages of the index by late interaction;
- "union N": the last N of the fifteen found give way to the best N by late interaction that are not among them;
- "judge" and "judge, union N" rank those; "judge + W" adds W times the late score to the judge's logit.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.finding import AMONG, TOP, Asked, folders_of, indexed, key_of, parser_of
from benchmarks.machine import machine
from index.models import DEFAULT_RERANKER, resolve
from index.onnx import OnnxModel, load_tokenizer
from index.passage import Scope
from index.search import Index
from qa import settings
from qa.assistant.compose import load_models

EVERY_PASSAGE = 100_000
UNIONS, SHARES = (2, 4), (0.1, 0.2, 0.4)
QUESTION, PASSAGE = "[unused0]", "[unused1]"  # what the model's texts begin with
MOST_TOKENS = 300


class LateInteraction:
    """Scores passages by the vectors of their tokens, each passage's computed once."""

    def __init__(self) -> None:
        folder = resolve(DEFAULT_RERANKER, "reranker").folder.parent / "colbert"
        self._model, self._tokenizer = OnnxModel(folder / "model.onnx"), load_tokenizer(folder)
        self._known: dict[str, NDArray[np.float32]] = {}

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text fits: at most the number of the question's tokens."""
        new = [text for text in texts if text not in self._known]
        self._known |= dict(zip(new, self._vectors(new, PASSAGE), strict=True))
        (asked,) = self._vectors([question], QUESTION)
        return [float((asked @ self._known[text].T).max(axis=1).sum()) for text in texts]

    def _vectors(self, texts: Sequence[str], mark: str) -> list[NDArray[np.float32]]:
        """For each text the normalised vectors of its tokens, (tokens, 384)."""
        own = self._tokenizer.token_to_id(mark)
        read = ([*ids[:1], own, *ids[1:MOST_TOKENS]] for ids in (self._tokenizer.encode(text).ids for text in texts))
        outputs = self._model.run((ids, [0] * len(ids)) for ids in read)
        return [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in outputs]


def ranks_of(asked: Sequence[Asked], index: Index, late: LateInteraction) -> Iterator[dict[str, int]]:
    """The place of the first right passage by each way, for each question."""
    for own in asked:
        every = index.candidates(own.question, Scope(), EVERY_PASSAGE)
        found = index.candidates(own.question, Scope(), TOP)
        scores = dict(
            zip(map(key_of, every), late.scores(own.question, [one.ranked_text for one in every]), strict=True)
        )
        by_late = sorted(every, key=lambda one: -scores[key_of(one)])
        ranks = {"found": own.rank_in(found), "late": own.rank_in(by_late[:TOP])}
        unions = {"judge": found}
        for count in UNIONS:
            known = {key_of(one) for one in found[: TOP - count]}
            more = [one for one in by_late if key_of(one) not in known]
            unions[f"judge, union {count}"] = [*found[: TOP - count], *more[:count]]
            ranks[f"union {count}"] = own.rank_in(unions[f"judge, union {count}"])
        ranked = {name: index.rerank(own.question, passages) for name, passages in unions.items()}
        ranks |= {name: own.rank_in(passages) for name, passages in ranked.items()}
        for share in SHARES:
            order = sorted(ranked["judge"], key=lambda one: -(one.stage_scores["rerank"] + share * scores[key_of(one)]))
            ranks[f"judge + {share}"] = own.rank_in(order)
        yield ranks


def main() -> None:
    options = parser_of(__doc__).parse_args()
    models, late = load_models(settings.read()), LateInteraction()
    folders = folders_of(options.files, together=options.together)
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for documents, asked in folders.values():
        chosen = asked[:: options.every]
        with tempfile.TemporaryDirectory() as scratch:
            index = indexed(documents, Path(scratch), models)
            for own, ranks in zip(chosen, ranks_of(chosen, index, late), strict=True):
                for way, rank in ranks.items():
                    places[way, "all"].append(rank)
                    if own.is_far:
                        places[way, "far"].append(rank)
    print(machine())
    print(f"{'':18}{'':6}{'questions':>10}" + "".join(f"{f'@{among}':>8}" for among in AMONG))
    for (way, kind), own_ranks in places.items():
        shares = (sum(rank < among for rank in own_ranks) / len(own_ranks) for among in AMONG)
        print(f"{way:18}{kind:6}{len(own_ranks):10}" + "".join(f"{share:8.3f}" for share in shares))


if __name__ == "__main__":
    main()
