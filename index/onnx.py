"""One ONNX session that the embedder and the reranker share the ways of.

Each text is one inference, unpadded, on one thread; several run side by side. The int8 models quantise
activations over the whole batch, so a text beside another gives another result; alone it always gives the
same, whatever the number of threads that share the work. On two cores this is as fast as batching.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from index.models import ModelError


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxModel:
    """A transformer in ONNX with its tokenizer: encodings in, the first output of each out."""

    def __init__(self, folder: Path, *, max_tokens: int = 512, workers: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Spinning pools slow every other process on a shared machine down by an order of magnitude.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ModelError(f"{folder} is not a usable ONNX model: {str(error).splitlines()[0]}") from error
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(max_tokens)
        self._inputs = {given.name for given in self._session.get_inputs()}
        self._pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="onnx")

    def run(self, encodings: Iterable[Encoding]) -> Iterator[NDArray[np.float32]]:
        """The model's first output for each encoding, batch axis dropped, in order."""
        return self._pool.map(self._run_one, encodings)

    def _run_one(self, encoding: Encoding) -> NDArray[np.float32]:
        feed = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        arrays = {name: np.asarray([ids], dtype=np.int64) for name, ids in feed.items() if name in self._inputs}
        output: NDArray[np.float32] = self._session.run(None, arrays)[0][0]
        return output
