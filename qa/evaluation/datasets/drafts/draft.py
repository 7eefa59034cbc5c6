"""The draft of a question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MAX_WORDING = 60  # characters of what must be said
NUMBERED = re.compile(r"\A(?:\d+(?:\.\d+)*[.)]?|[a-z][.)]|\(\w{1,3}\)) +")  # before a heading, or a lead-in
CHECK = "read the documents again: none of them may answer this"


@dataclass(frozen=True, slots=True)
class Draft:
    """A question of a kind, and what a right answer must say: of each of ``groups`` one wording.

    - ``evidence``: the passages of the document that say it;
    - ``head``: one of these must be said first;
    - ``in_order``: the groups must be said one after the other;
    - ``after``: the earlier questions of the conversation.
    """

    kind: str
    question: str
    groups: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    in_order: bool = False
    after: tuple[str, ...] = ()

    def record(self, identity: str, source: str, check: str = "") -> dict[str, Any]:
        """The draft as a line of the visitors' format, about the document ``source``; ``check``: what is doubtful."""
        return {
            "id": identity,
            "kind": self.kind,
            "question": self.question,
            **({"after": list(self.after)} if self.after else {}),
            "expect": {
                **({"all": [list(group) for group in self.groups]} if self.groups else {}),
                **({"head": list(self.head)} if self.head else {}),
                **({"order": True} if self.in_order else {}),
                "cite": [source.rpartition("/")[2]],
            },
            "source": source,
            **({"evidence": list(self.evidence)} if self.evidence else {}),
            **({"check": check} if check else {}),
        }


def refused(identity: str, kind: str, question: str, *, check: bool) -> dict[str, Any]:
    """A question that is to be refused, as a line of the format; ``check``: a person must see that it is so."""
    record = {"id": identity, "kind": kind, "question": question, "expect": {"kind": "refusal"}}
    return {**record, "check": CHECK} if check else record
