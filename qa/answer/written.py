"""What became of the sentences that a language model wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_PREFIX = "sentences_"  # of the names under which an answer's ``model`` has the counts


class WrittenSentences(NamedTuple):
    """How many were ``written``, ``shown`` as the documents bear them out, and ``replaced`` by a quotation."""

    written: int
    shown: int
    replaced: int

    @classmethod
    def of(cls, model: Mapping[str, Any]) -> WrittenSentences | None:
        """The counts of an answer's ``model``; None where it has none, as of other makers and earlier versions."""
        try:
            return cls(*(int(model[f"{_PREFIX}{name}"]) for name in cls._fields))
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def left_out(self) -> int:
        """Those that neither are shown nor have a quotation in their place."""
        return self.written - self.shown - self.replaced

    @property
    def as_model(self) -> dict[str, str]:
        """The counts as an answer's ``model`` has them."""
        return {f"{_PREFIX}{name}": str(count) for name, count in self._asdict().items()}

    @property
    def note(self) -> str:
        """The note on them."""
        return (
            f"Of what the language model wrote, sentences borne out: {self.shown}, replaced by a quotation: "
            f"{self.replaced}, left out: {self.left_out}."
        )
