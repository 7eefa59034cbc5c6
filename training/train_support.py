"""Train the support model: the upper layers of a reader that says whether a text supports a claim.

    python -m training.train_support --data DATA/train --scifact DATA/scifact --out .training/support

The span reader (``qa/weights/reader.onnx``) reads claim and text up to its layer ``SHARED``; from there on a copy of
its upper layers learns, by binary cross-entropy, whether the text supports the claim. What the shared layers make of
the pairs is computed once, by the int8 file itself, so that learning sees what it will be given. Data:
``training.claims``; of SciFact only abstracts that no claim cites.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch.nn import functional

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation import abstention
from qa.evaluation.formats.beir import read_corpus
from training.claims import Pair, asked_pairs, changed_pairs, texts_of, titled_pairs
from training.train_reader import ReaderModel, dequantised, starting_model

READER = Path(__file__).parent.parent / "qa" / "weights" / "reader.onnx"
SHARED = 9
HIDDEN = f"/bert/encoder/layer.{SHARED - 1}/output/LayerNorm/LayerNormalization_output_0"
CLAIM_TOKENS, TEXT_TOKENS = 96, 160
BATCH = 32
POOL = 40  # batches that are sorted by length together
WARM_UP = 60  # steps
HELD_OUT = 600
SIZES = {"asked": 0.12, "texts": 700, "abstracts": 500}


class Upper(torch.nn.Module):
    """The layers above the shared ones; (rows, tokens, width) and the additive mask -> (rows,) logits."""

    def __init__(self, reader: ReaderModel) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(list(reader.bert.encoder.layer[SHARED:]))
        self.pooler = reader.bert.pooler
        self.classifier = reader.relevance

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        for layer in self.layers:
            output = layer(hidden, mask)
            hidden = output[0] if isinstance(output, tuple) else output
        return self.classifier(self.pooler(hidden))[:, 0]


def starting_upper() -> Upper:
    """The reader's own upper layers."""
    reader = starting_model(resolve(DEFAULT_RERANKER, "reranker").folder)
    reader.load_state_dict(dequantised(READER))
    return Upper(reader)


class Lower:
    """The reader's shared layers, as they ship."""

    def __init__(self) -> None:
        import onnx

        model = onnx.load(str(READER))
        model.graph.output.append(onnx.helper.make_tensor_value_info(HIDDEN, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self._run = onnxruntime.RunOptions()
        self._run.add_run_config_entry("only_execute_path_to_fetches", "1")
        self._run.only_execute_path_to_fetches = True
        self._tokenizer: Tokenizer = load_tokenizer(resolve(DEFAULT_RERANKER, "reranker").folder)

    def read(self, pairs: Sequence[tuple[str, str]]) -> list[np.ndarray]:
        """Of each claim and text the hidden states, (tokens, width), in half precision."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self._read, pairs))

    def _read(self, pair: tuple[str, str]) -> np.ndarray:
        cls, sep = self._tokenizer.encode("", add_special_tokens=True).ids[:2]
        claim, text = (self._tokenizer.encode(part, add_special_tokens=False).ids for part in pair)
        one, two = [cls, *claim[:CLAIM_TOKENS], sep], [*text[:TEXT_TOKENS], sep]
        ids = np.array([[*one, *two]], dtype=np.int64)
        types = np.array([[0] * len(one) + [1] * len(two)], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        return self._session.run([HIDDEN], feed, self._run)[0][0].astype(np.float16)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Hidden states with their labels."""

    hidden: list[np.ndarray]
    labels: np.ndarray

    def batches(self, rng: random.Random) -> Iterator[list[int]]:
        """Numbers of the rows of each batch, of like lengths, in random order."""
        order = list(range(len(self.hidden)))
        rng.shuffle(order)
        for start in range(0, len(order), POOL * BATCH):
            pool = sorted(order[start : start + POOL * BATCH], key=lambda number: len(self.hidden[number]))
            batches = [pool[first : first + BATCH] for first in range(0, len(pool), BATCH)]
            rng.shuffle(batches)
            yield from batches


def padded(hidden: Sequence[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = -(-max(len(own) for own in hidden) // 16) * 16
    states = torch.zeros(len(hidden), longest, hidden[0].shape[1])
    mask = torch.full((len(hidden), 1, 1, longest), -1e4)
    for number, own in enumerate(hidden):
        states[number, : len(own)] = torch.from_numpy(own.astype(np.float32))
        mask[number, :, :, : len(own)] = 0
    return states, mask


def learn(model: Upper, data: Encoded, rate: float, epochs: int, seed: int, weights: np.ndarray | None = None) -> None:
    """Fine-tune ``model`` on the data, in place."""
    rng = random.Random(seed)
    batches = [batch for _ in range(epochs) for batch in data.batches(rng)]
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    began = time.monotonic()
    losses: list[float] = []
    for step, batch in enumerate(batches):
        for setting in optimiser.param_groups:
            setting["lr"] = rate * min(1.0, (step + 1) / WARM_UP) * (1 - step / len(batches))
        labels = torch.tensor(data.labels[batch], dtype=torch.float32)
        weight = None if weights is None else torch.tensor(weights[batch], dtype=torch.float32)
        logits = model(*padded([data.hidden[number] for number in batch]))
        loss = functional.binary_cross_entropy_with_logits(logits, labels, weight)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
        if step % 50 == 49:
            print(json.dumps({"step": step + 1, "of": len(batches), "loss": round(float(np.mean(losses[-50:])), 4),
                              "minutes": round((time.monotonic() - began) / 60, 1)}), flush=True)  # fmt: skip


def logits_of(model: Upper, hidden: Sequence[np.ndarray]) -> np.ndarray:
    with torch.no_grad():
        return np.array([float(model(torch.from_numpy(own.astype(np.float32))[None])[0]) for own in hidden])


def pairs_of(data: Path, scifact: Path, rng: random.Random) -> list[Pair]:
    """The pairs, shuffled."""
    corpus = read_corpus((scifact / "corpus.jsonl").read_bytes(), "corpus.jsonl")
    cited = {line.split("\t")[1] for line in (scifact / "qrels.test.tsv").read_text("utf-8").splitlines()[1:]}
    cited |= {line.split("\t")[1] for line in (scifact / "qrels.train.tsv").read_text("utf-8").splitlines()[1:]}
    abstracts = [(document.title, document.text) for name, document in corpus.items() if name not in cited]
    pairs = [
        *asked_pairs(data, rng, SIZES["asked"]),
        *changed_pairs(texts_of(data, int(SIZES["texts"]), rng), rng),
        *changed_pairs([text for _, text in rng.sample(abstracts, int(SIZES["abstracts"]))], rng),
        *titled_pairs(abstracts, rng),
    ]
    rng.shuffle(pairs)
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scifact", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training/support"))
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    pairs = pairs_of(options.data, options.scifact, random.Random(options.seed))
    held, own = pairs[:HELD_OUT], pairs[HELD_OUT:]
    began = time.monotonic()
    lower = Lower()
    encoded, kept = (
        Encoded(
            lower.read([(pair.claim, pair.text) for pair in part]), np.array([float(pair.supported) for pair in part])
        )
        for part in (own, held)
    )
    print(
        json.dumps({"pairs": len(own), "supported": encoded.labels.mean(), "seconds": time.monotonic() - began}),
        flush=True,
    )
    model = starting_upper()
    before = abstention.auroc(logits_of(model, kept.hidden), kept.labels)
    learn(model, encoded, options.rate, options.epochs, options.seed)
    after = abstention.auroc(logits_of(model, kept.hidden), kept.labels)
    print(json.dumps({"held_out": len(kept.labels), "auroc_before": before, "auroc": after}), flush=True)
    torch.save(model.state_dict(), options.out / "upper.pt")


if __name__ == "__main__":
    main()
