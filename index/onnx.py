"""One ONNX session that the embedder and the reranker share the ways of.

Each text is one inference, unpadded, on one thread; several run side by side. The int8 models quantise
activations over the whole batch, so a text beside another gives another result; alone it always gives the
same, whatever the number of threads that share the work. On two cores this is as fast as batching.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

# From 1.29 on, onnxruntime reports to its maker which models are run, unless this is set before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.models import ModelError, state_of

# The token ids of one input, and the segment each belongs to.
Tokens = tuple[list[int], list[int]]
# The arrays of one input by name, without a batch axis.
Feed = Mapping[str, NDArray[Any]]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxModel:
    """A BERT-like transformer in ONNX: token ids in, the first output out."""

    def __init__(self, path: Path, *, workers: int | None = None) -> None:
        try:
            self._session = _session(str(path), *state_of(path))
        except Exception as error:  # onnxruntime's errors are bare subclasses of it
            raise ModelError(f"{path} is not a usable ONNX model: {str(error).splitlines()[0]}") from error
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.outputs_named = tuple(given.name for given in self._session.get_outputs())
        self._pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="onnx")

    def run(self, inputs: Iterable[Tokens]) -> Iterator[NDArray[np.float32]]:
        """The model's first output for each input, batch axis dropped, in order."""
        return (outputs[0] for outputs in self.outputs(map(fed, inputs)))

    def outputs(self, feeds: Iterable[Feed]) -> Iterator[list[NDArray[np.float32]]]:
        """All outputs for each feed, batch axis dropped, in order; what a feed has beyond the inputs is left out."""
        return self._pool.map(self._outputs, feeds)

    def _outputs(self, feed: Feed) -> list[NDArray[np.float32]]:
        given = {name: values[None] for name, values in feed.items() if name in self._inputs}
        return [output[0] for output in self._session.run(None, given)]


def fed(tokens: Tokens) -> Feed:
    """What a model of token ids is fed for one input."""
    ids, types = (np.asarray(values, dtype=np.int64) for values in tokens)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}


@lru_cache(maxsize=8)  # of an assistant's models there are seven
def _session(path: str, *_state: int) -> onnxruntime.InferenceSession:
    """The session of a file, loaded once a process while the file stays as it is: sessions have no state."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning pools slow every other process on a shared machine down by an order of magnitude.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def load_tokenizer(folder: Path, most: int | None = None) -> Tokenizer:
    """The folder's tokenizer, which does not pad, and cuts to ``most`` tokens or not at all. Whoever has it shares it.

    Raises:
        ModelError: there is none, or it cannot be used.
    """
    path = folder / "tokenizer.json"
    try:
        return _tokenizer(str(path), most, *state_of(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelError(f"{path} is not a usable tokenizer: {error}") from error


@lru_cache(maxsize=4)
def _tokenizer(path: str, most: int | None, *_state: int) -> Tokenizer:
    """The tokenizer of a file, loaded once a process while the file stays as it is."""
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_padding()
    if most is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(most)  # of a pair, the longer text first
    return tokenizer
