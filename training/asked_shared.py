"""Questions whose kind their set or their first words tell; read while training, never part of it.

They add everyday subjects and ways of writing. What cannot be told is left out: "how many" and "what is" of sets
that ask for facts, "what are" of CAsT. Those on everyday documents and articles ask for yes or no, or for a list, where
their writers meant it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from training import shared_everyday as everyday
from training.asked_data import Example
from training.shared_everyday import ARTICLES, HELD_ARTICLES

_OF_ITEMS = {"Y": "polar", "X": "polar", "L": "list"}  # what the items of documents ask for

_FACT = re.compile(
    r"(who|whom|whose|when|where|in (what|which) (year|city|country|month|state)"
    r"|(what|which) (year|day|date|city|country|state|company|person|team|river|language|percentage|name)"
    r"|how (much|long|old|far|tall|high|big|large|fast|often|deep))\b"
)
_EXPLANATION = re.compile(
    r"(why|how (does|did|do) (?!(you|i|we|one)\b)|explain\b|define\b"
    r"|what (is|was) the (purpose|significance|role|meaning|cause|reason|effect|impact|importance|function)\b"
    r"|what causes?\b|what does .* mean\b)"
)
_POLAR = re.compile(r"(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b(?!.*\bor\b)")
_LIST = re.compile(
    r"(list|name)\b|(what|which) (are|were)\b|(what|which) (two|three|four|five|\w+ [a-z]+s)\b"
    r"|\w* ?(types|kinds|examples|parts) of"
)
_COMPARISON = re.compile(r".*\b(difference|differences|compare|compared to|differ|versus|vs|similarities)\b")
_TOLD: dict[str, re.Pattern[str]] = {
    "comparison": _COMPARISON, "fact": _FACT, "explanation": _EXPLANATION, "polar": _POLAR
}  # fmt: skip


def examples(data: Path, most: int) -> Iterator[Example]:
    """At most ``most`` examples of each set, in its order.

    Raises:
        OSError: a set is not there.
    """
    questions = data / "questions"
    for name, kind_of in _KINDS.items():
        path = next(path for path in (questions / name, data / "follow_ups" / name, data / "scifact" / name)
                    if path.exists() or path.parent.name == "scifact")  # fmt: skip
        known: set[str] = set()
        for row in _rows(path):
            if len(known) == most:
                break
            text = str(row.get("rewrite") or row.get("question") or row.get("answerable_question") or row.get("text"))
            kind = kind_of(row, text.lower())
            if kind and text not in known:
                known.add(text)
                yield Example(kind, text, name, None)


def of_documents(data: Path, every: int) -> Iterator[Example]:
    """Each ``every``-th question on everyday documents and articles; a file counts as a frame.

    Raises:
        OSError: the everyday documents are not there.
    """
    paths = sorted([*ARTICLES.glob("*.txt"), *(data / "everyday" / "train").glob("*.txt")])
    learned = (path for path in paths if path.stem not in HELD_ARTICLES)
    items = ((path.stem, item) for path in learned for _, own in everyday.read(path) for item in own)
    for name, item in islice(items, 0, None, every):
        if kind := _OF_ITEMS.get(item.kind) or (item.kind == "Q" and _of_question(item.text)):
            yield Example(kind, item.text, name, None)


def _of_question(text: str) -> str:
    place = everyday.asking(text)
    return _first_told((text[slice(*place)] if place else text).lower(), "explanation", "fact")


def _first_told(text: str, *kinds: str) -> str:
    return next((kind for kind in kinds if _TOLD[kind].match(text)), "")


def _told(*kinds: str) -> Callable[[dict[str, Any], str], str]:
    """What a question's first words tell, if it is one of the kinds."""

    def kind_of(row: dict[str, Any], text: str) -> str:  # noqa: ARG001 - every set's function is given its row
        return _first_told(text, *kinds)

    return kind_of


_KINDS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "boolq.jsonl.gz": lambda _, text: "polar" if _POLAR.match(text) else "",
    "condaqa.jsonl.gz": lambda _, text: "polar" if _POLAR.match(text) else "",
    "qed_nq.jsonl.gz": _told("fact"),
    "squad2_train_twins.jsonl.gz": _told("fact", "explanation"),
    "narrativeqa_spans.jsonl.gz": _told("fact", "explanation"),
    "quac.jsonl.gz": lambda row, text: _told("polar", "explanation", "fact")(row, text) if not row["history"] else "",
    "clapnq_answerable.jsonl.gz": _told("comparison", "explanation"),
    "clapnq_unanswerable.jsonl.gz": _told("comparison", "explanation"),
    "multispanqa.jsonl.gz": lambda _, text: "list" if _LIST.match(text) else "",
    "trec_cast.jsonl.gz": _told("comparison", "explanation", "polar"),
    "mtrag_rewrites.jsonl.gz": _told("comparison", "explanation", "polar"),
    "queries.train.jsonl": lambda *_: "keyword",  # claims: statements, which ask nothing
}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from map(json.loads, data.splitlines())
