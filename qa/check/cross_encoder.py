"""Entailment by any cross-encoder for natural language inference: of the Hugging Face hub, or in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from index.models import Model, ModelError
from qa.check.entailment import Entailed, entailed

_MOST_SHOWN = 5  # labels in an error
_ABSENT = -1  # the column of a label that a model does not have


class CrossEncoderEntailment:
    """A sequence classifier that sentence-transformers loads; on a GPU where PyTorch finds one.

    It reads a text as the premise and the claim as the hypothesis. Its configuration says which label is which:
    entailment, contradiction and neutral, or entailment and not_entailment, which counts as not mentioned.
    """

    def __init__(self, model: Model) -> None:
        """Load it.

        Raises:
            ModelError: the model cannot be loaded, or it has other labels.
        """
        import torch
        from sentence_transformers import CrossEncoder

        self.fingerprint = model.fingerprint
        try:
            with _no_progress_bars():
                self._model = CrossEncoder(
                    str(model.folder),
                    local_files_only=True,
                    trust_remote_code=False,  # code beside a model is never run, and no pickle is read
                    model_kwargs={"use_safetensors": True},
                    activation_fn=torch.nn.Identity(),
                )
        except Exception as error:  # damaged weights raise bare subclasses of it
            reason = next(iter(str(error).splitlines()), type(error).__name__)
            raise ModelError(f"{model.folder} is not a cross-encoder: {reason}") from error
        self._columns = _columns_of(model.name, self._model.config.id2label)
        self.judge([("", "")])  # sets up the tokenizer, which must not change under several threads

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        """What is said of each claim by its text; texts that are too long for the model are cut at their end."""
        # Alone in its batch, a pair's logits do not depend on its neighbours.
        read = [(text, claim) for claim, text in pairs]
        rows = self._model.predict(read, batch_size=1, show_progress_bar=False) if read else []
        return [entailed(np.append(row, -np.inf)[self._columns]) for row in rows]


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """No bar of transformers' for weights that are on this machine already; an error stays one line."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _columns_of(name: str, labels: Mapping[int, str]) -> list[int]:
    """The columns of the logits of: supported, contradicted, not mentioned."""
    columns = {re.sub(r"[^a-z]", "", str(label).lower()): column for column, label in labels.items()}
    if columns.keys() == {"entailment", "contradiction", "neutral"}:
        return [columns["entailment"], columns["contradiction"], columns["neutral"]]
    if columns.keys() == {"entailment", "notentailment"}:
        return [columns["entailment"], _ABSENT, columns["notentailment"]]
    shown = [" ".join(str(label).split()) for label in labels.values()]
    more = ", …" if len(shown) > _MOST_SHOWN else ""
    raise ModelError(
        f"{name} is no model for natural language inference: its labels are {', '.join(shown[:_MOST_SHOWN])}{more}, "
        "not entailment, contradiction and neutral, nor entailment and not_entailment"
    )
