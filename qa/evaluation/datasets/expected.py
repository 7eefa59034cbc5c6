"""What a question of the ``visitors`` format expects of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expected:
    """
    - ``kinds``: the kinds of answer that are right;
    - ``groups``: of each group one wording must be said; with ``in_order``, one group behind the other;
    - ``head``: one of these must be in the short answer or, without one, in the first statement; empty: anything may;
    - ``none``: none of these wordings may be said;
    - ``cite``, ``not_cite``: names of files that must, and must not, be cited;
    - ``most``: at most so many statements; None: as many as it likes.
    """

    kinds: tuple[str, ...] = ("answer",)
    groups: tuple[tuple[str, ...], ...] = ()
    head: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
    not_cite: tuple[str, ...] = ()
    in_order: bool = False
    most: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The object that the format has."""
        return {
            "kind": list(self.kinds),
            "all": [list(group) for group in self.groups],
            "head": list(self.head),
            "none": list(self.none),
            "cite": list(self.cite),
            "not_cite": list(self.not_cite),
            "order": self.in_order,
            "most": self.most,
        }
