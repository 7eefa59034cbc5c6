"""Questions that the documents probably do not answer: a person must see whether that is so.

A *near-miss* is a drafted question about another year or name than the document's own. *Silent* is one about a document
that it might answer and, as far as words tell, does not. *Off-topic* are general ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.month_names import names_of
from index.analyse import STOP_WORDS
from qa.evaluation.datasets.drafts.asking import asking_of_most
from qa.evaluation.datasets.drafts.draft import Draft, refused

_NEAR = 3  # near-misses of a folder
_OFF_TOPIC = 2
_YEAR = re.compile(r"(?<![\d.])\b(?:19|20)\d\d\b(?!\.\d)")
# Not at the beginning of a sentence; names of several words are one.
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b(?: [A-Z][a-z]+\b)*")


def unanswered(documents: Mapping[str, Document], drafts: Sequence[Draft]) -> Iterator[dict[str, Any]]:
    """Near-misses of the drafts, a question about a document that is silent on it, and general ones, as records."""
    text = "\n".join(document.text for document in documents.values())
    asking = asking_of_most(documents.values())
    near = _near(text, drafts, is_english=asking.is_english)
    for number, question in enumerate(near, start=1):
        yield refused(f"near-miss#{number}", "near-miss", question, check=True)
    name, document = next(iter(documents.items()))
    title = document.title or Path(name).stem
    for question in asking.unsaid("silent", text, title=title)[:1]:
        yield refused("silent", "silent", question, check=True)
    for number, question in enumerate(asking.unsaid("off-topic", text)[:_OFF_TOPIC], start=1):
        yield refused(f"off-topic#{number}", "off-topic", question, check=False)


def _near(text: str, drafts: Sequence[Draft], *, is_english: bool) -> list[str]:
    """Drafted questions, each with its year or name replaced by another; at most one for each question."""
    own = [draft for draft in drafts if not draft.after and draft.kind in ("fact", "table")]
    years = sorted({int(year) for year in _YEAR.findall(text)})
    names = _names(text) if is_english else []  # others write other words with capitals, too
    found = []
    for draft in own:
        year = _YEAR.search(draft.question)
        name = next((one for one in _NAME.findall(draft.question) if one in names), None)
        if year:
            found.append(draft.question.replace(year[0], str(years[-1] + 2)))
        elif name and draft.kind == "fact" and (other := _other(name, names, draft.question, text)):
            found.append(re.sub(rf"\b{re.escape(name)}\b", other, draft.question))
        elif years and draft.question.startswith("How much is "):
            found.append(f"{draft.question.rstrip('?')} in {years[-1] + 2}?")
    return list(dict.fromkeys(found))[:_NEAR]


def _other(name: str, names: Sequence[str], question: str, text: str) -> str | None:
    """Another name of as many words, of which no line says what the question asks about, as far as its longest word
    tells.
    """
    longest = max(re.findall(r"\w+", question.replace(name, "")), key=len)
    lines = [line for line in text.splitlines() if longest in line]
    like = (one for one in names if len(one.split()) == len(name.split()))
    return next((one for one in like if one not in question and not any(one in line for line in lines)), None)


def _names(text: str) -> list[str]:
    """Words that are always written with a capital, the most frequent first: names, as far as that tells."""
    dates = names_of("en")
    others = {*re.findall(r"\b[a-z]{4,}\b", text), *STOP_WORDS, *dates.months, *dates.days}
    found = Counter(_NAME.findall(text))
    return [name for name, _ in found.most_common() if not {name.lower(), name.lower().removesuffix("s")} & others]
