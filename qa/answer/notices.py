"""What is said in the program's own voice and not from documents: refusals, talk, the list of documents, notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from documents.document import Source

REFUSAL = "I did not find an answer to that in these documents."
LIBRARY_SHOWN = 50  # documents that are listed where it is asked which there are
HELP = (
    "Ask a question about these documents. I answer with sentences quoted from them, each with its source, "
    "and say so when they do not hold the answer."
)
Talk = Literal["greeting", "thanks", "identity", "ability", "complaint", "simpler", "other"]
TALK: Mapping[Talk, str] = {
    "greeting": f"Hello. {HELP}",
    "thanks": "You are welcome. Ask whenever there is something to look up in these documents.",
    "identity": "I am Refdesk, a program and no person. I look things up in these documents and answer with what "
    "stands in them, each sentence with its source. Beyond them I know nothing.",
    "ability": "I find facts, lists and procedures in these documents, count and add up what their tables hold, "
    "compare two things, and tell which documents there are and what one is about. Every sentence has its source, "
    "where you can check it. I cannot search elsewhere, translate or give an opinion.",
    "complaint": "I am sorry that this did not help. The source beside an answer shows what the documents really say. "
    "It often helps to ask for one thing at a time and to name what you mean as the documents do. What they do not "
    "hold, I cannot tell.",
    "simpler": "I show what the documents say in their own words, and cannot put it more simply. Ask for one part of "
    "it, or what a word in it means, and I look whether the documents explain it.",
    "other": HELP,
}
LANGUAGE = (
    "I read English here, and this question or these documents are in another language. Please ask in English. "
    'For other languages, whoever runs Refdesk installs "refdesk[multilingual]" and indexes the documents anew with '
    "--embedder multilingual-e5-small-q4 (another folder with --index)."
)
# Said to a token that may ask and not read, where it is asked which documents there are.
UNLISTED = "Which documents there are is told only to those who may read them."
# Shown before one of several questions that the documents do not answer.
NOT_ANSWERED = "Not found in these documents"
# Shown with an answer that rests on a request (``qa.check.injection.recogniser``).
CAUTION = (
    "This rests on a sentence that asks you to go, pay or send something somewhere. "
    "Check with the sender before you do."
)
# Shown beside a statement that is struck.
UNSUPPORTED = "not found in the documents"

# Shown above what a language model says of itself where the documents do not answer.
BEYOND = "Not from these documents, and not checked; the language model says:"

# A note on an answer that quotes several documents (``qa.read.rivals``).
DIFFER = "The documents do not say the same; what each of them says is quoted."
NEWEST = "First comes what the newest of them says, of {date}."

# Notes on how an answer was written: where the language model stopped early, or quotations stand in for its text.
BROKEN_OFF = "The language model broke off; this is what it had written and the documents support."
UNAVAILABLE = "The language model is not available just now; this is quoted from the documents."
NOTHING_LEFT = "Nothing that the language model wrote is found in the documents; this is quoted from them."
DECLINED = "The language model found no answer in the passages; this is quoted from them."


def differing(dates: Sequence[str]) -> str:
    """The note on documents that differ, by their ``dates`` as they are quoted ("": unknown), and why one comes first.

    A date is no reason where none of the others is known to be earlier, or one is as late or later.
    """
    first, *others = dates
    compared = [(other[: len(first)], first[: len(other)]) for other in others if other != first and other]
    is_newest = first and compared and all(other < own for other, own in compared)
    return f"{DIFFER}\n{NEWEST.format(date=first)}" if is_newest else DIFFER


def library(catalogue: Sequence[tuple[Source, str]]) -> str:
    """Which documents there are, a line each, by their sources and titles: title, file name and date."""
    count = len({source.document_id for source, _ in catalogue})
    lines = ["There is one document here:" if count == 1 else f"There are {count} documents here:"]
    lines += [f"• {library_line(source.name, title, source.date)}" for source, title in catalogue[:LIBRARY_SHOWN]]
    if len(catalogue) > LIBRARY_SHOWN:
        lines.append(f"and {len(catalogue) - LIBRARY_SHOWN} more.")
    return "\n".join(lines)


def library_line(name: str, title: str, date: str | None) -> str:
    """How ``library`` lists a document of a file name."""
    called = f"{title} ({name})" if title and title != name else name
    return f"{called}, {date}" if date else called


def read_library(text: str) -> tuple[int, list[str], int] | None:
    """How many documents a text of ``library`` tells of, its lines, and how many more; None for any other text."""
    found = re.fullmatch(
        r"There (?:is (?P<one>one) document|are (?P<count>\d+) documents) here:(?P<lines>(?:\n• .+)+)"
        r"(?:\nand (?P<more>\d+) more\.)?",
        text,
    )
    if not found:
        return None
    return int(found["count"] or 1), found["lines"].split("\n• ")[1:], int(found["more"] or 0)
