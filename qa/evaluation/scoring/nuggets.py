"""Score an answer by the nuggets of its question: as the judge assigns them, and as its file of answers says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qa.check.entailment import answered
from qa.evaluation.datasets.dataset import Nugget
from qa.evaluation.metrics.agreement import cohens_kappa, raw_agreement
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.metrics.nuggets import NONE, SUPPORT, AssignedNugget, nugget_scores, says_all_vital
from qa.evaluation.scoring.reply import ReplyError

GIVEN = "given"  # of a record's nugget, and before the scores by what a file of answers says


@dataclass(frozen=True, slots=True)
class ScoredNuggets:
    """An answer's nuggets as its record keeps them; no ``rows``: its question has no nuggets."""

    rows: tuple[Mapping[str, Any], ...] = ()

    @property
    def metrics(self) -> dict[str, float]:
        """The scores by the judge and, under names that begin with "given_", by the file of answers."""
        if not self.rows:
            return {}
        given = nugget_scores(_assigned(self.rows, GIVEN)) if GIVEN in self.rows[0] else {}
        ours = nugget_scores(_assigned(self.rows, "assignment"))
        return ours | {f"{GIVEN}_{name}": value for name, value in given.items()}

    @property
    def are_said(self) -> bool:
        """Whether every vital nugget is said, by the judge."""
        return bool(self.rows) and says_all_vital(_assigned(self.rows, "assignment"))


def score_nuggets(
    nuggets: Sequence[Nugget], question: str, said: Sequence[str], given: Mapping[str, str], support: SupportJudge
) -> ScoredNuggets:
    """Assign the nuggets to an answer with the statements ``said``; the judge knows no support in part.

    ``given`` are the assignments that came with the answer, by the nuggets' texts; empty: none came.

    Raises:
        ReplyError: one came without that of some nugget.
    """
    premise = answered(question, " ".join(said)) if said else ""
    rows = []
    for nugget in nuggets:
        ours = SUPPORT if premise and support(nugget.text, premise) else NONE
        row = {"text": nugget.text, "importance": nugget.importance, "assignment": ours}
        rows.append({**row, GIVEN: _given(nugget.text, given)} if given else row)
    return ScoredNuggets(tuple(rows))


def agreement(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How far the judge's assignments agree with those that came with the answers: on support, against all else."""
    rows = [row for record in records for row in record.get("nuggets", ()) if GIVEN in row]
    ours, given = ([row[name] == SUPPORT for row in rows] for name in ("assignment", GIVEN))
    return {"assigned": len(rows), "agreement": raw_agreement(ours, given), "kappa": cohens_kappa(ours, given)}


def _given(text: str, given: Mapping[str, str]) -> str:
    key = " ".join(text.split())
    if key not in given:
        raise ReplyError(f"no assignment came for the nugget: {text[:60]!r}: assign the dataset's own nuggets")
    return given[key]


def _assigned(rows: Sequence[Mapping[str, Any]], name: str) -> list[AssignedNugget]:
    return [AssignedNugget(row["importance"], row[name]) for row in rows]
