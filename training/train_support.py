"""Train the upper layers of the support model that ships in ``qa/weights``.

    python -m training.train_support --data DATA/train --scifact DATA/scifact --out .training/support

The span reader (``qa/weights/reader.onnx``) reads claim and text up to its layer ``SHARED``; from there on a copy of its
upper layers learns, as binary cross-entropy, whether the text supports the claim. The lower layers stay the reader's own
and are shipped once. Data: ``training.claims``; of SciFact only abstracts that no claim of the test split cites.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers.models.bert.modeling_bert import BertLayer

from index.models import DEFAULT_RERANKER, resolve
from index.onnx import load_tokenizer
from qa.evaluation.abstention import auroc
from training.claims import Pair, asked_pairs, changed_pairs, texts_of, titled_pairs
from training.train_reader import ReaderModel, dequantised, starting_model

SHARED = 9
CLAIM_TOKENS, TEXT_TOKENS = 96, 192
BATCH = 32
POOL = 50
WARM_UP = 100
HELD_OUT = 600


class Upper(torch.nn.Module):
    """The layers above the shared ones; (batch, tokens, width) and their additive mask -> (batch,) logits."""

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


def encoded(tokenizer: Tokenizer, claim: str, text: str) -> tuple[list[int], list[int]]:
    """Token ids and segments of ``[CLS] claim [SEP] text [SEP]``."""
    cls, sep = tokenizer.encode("", add_special_tokens=True).ids[:2]
    one = [cls, *tokenizer.encode(claim, add_special_tokens=False).ids[:CLAIM_TOKENS], sep]
    two = [*tokenizer.encode(text, add_special_tokens=False).ids[:TEXT_TOKENS], sep]
    return [*one, *two], [0] * len(one) + [1] * len(two)


def lower(reader: ReaderModel, rows: Sequence[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the shared layers make of the rows, (rows, tokens, width), and the additive mask."""
    longest = -(-max(len(ids) for ids, _ in rows) // 16) * 16
    ids, types, mask = (torch.zeros(len(rows), longest, dtype=torch.long) for _ in range(3))
    for number, (own, segments) in enumerate(rows):
        ids[number, : len(own)], types[number, : len(own)] = torch.tensor(own), torch.tensor(segments)
        mask[number, : len(own)] = 1
    kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    masked = ((1 - mask[:, None, None, :]) * -1e4).to(kind)
    with torch.no_grad():
        hidden = reader.bert.embeddings(input_ids=ids, token_type_ids=types)
        for layer in reader.bert.encoder.layer[:SHARED]:
            output = layer(hidden, masked)
            hidden = output[0] if isinstance(output, tuple) else output
    return hidden, masked


def models() -> tuple[ReaderModel, Upper, Tokenizer]:
    """The reader as it ships, and a copy of its upper layers to be trained."""
    folder = resolve(DEFAULT_RERANKER, "reranker").folder
    weights = dequantised(Path(__file__).parent.parent / "qa" / "weights" / "reader.onnx")
    readers = []
    for _ in range(2):
        reader = starting_model(folder)
        reader.load_state_dict(weights)
        readers.append(reader)
    return readers[0].eval(), Upper(readers[1]), load_tokenizer(folder)
