"""Earlier mails at the end of a mail, where mail programs quote them without marks.

Each begins with its fields ("From: … Sent: … To: … Subject: …"), or below a line "On …, Ann wrote:", and goes on to the
end; so each is a quotation in the one that quotes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from documents.blocks import Block, in_order
from documents.document import Document
from documents.vocabulary import any_of, words_of

SENDERS = words_of("mail_senders")
SUBJECTS = words_of("mail_subjects")
LEAST_FIELDS = 3

_DEEPEST = 20  # quotations in each other
_SENT = words_of("mail_sent")  # fields of a quoted mail only
_MARKER = re.compile(
    rf"(?:[-_*>\s]{{0,40}}{any_of('quoted_mail')}[-_*:：\s]{{0,40}}|_{{10,}}|-{{10,}})\Z", re.IGNORECASE
)
_WROTE = re.compile(
    r"^(?:On|Am|Le)[ ][^\n]{3,200}?(?:\n[^\n]{1,100}?){0,2}?\b(?:wrote|schrieb|a[ ]écrit)\b[^\n:：]{0,100}[ ]?[:：]$",
    re.MULTILINE,
)
_SENT_AT = re.compile(r"\d{1,2}[:.h]\d\d|@")  # which is said of mails, but not of letters in a story
_BLANK = re.compile(r"\s*")
_LONGEST_LINE = 200


def with_quoted_mails(document: Document, *, is_mail: bool = False) -> Document:
    """The document with these quotations.

    In a mail, all fields of a mail below its own begin one. Elsewhere several mails may stand one after the other, so
    that it must be said: by a line above ("-----Original Message-----"), or by the field "Sent".
    """
    text, found = document.text, list[Block]()
    for start in sorted({*_headers(document, is_mail), *_introduced(text)})[:_DEEPEST]:
        around = [own for own in document.blocks_at(start) if own.start < start]
        starts = [own.kind for own in document.blocks_at(start) if own.start == start]
        if "quotation" in starts or document.table_at(start):
            continue
        end = min((own.end for own in around), default=len(text))
        found.append(Block("quotation", start, start + len(text[start:end].rstrip())))
    return replace(document, blocks=in_order([*found, *document.blocks])) if found else document


def _headers(document: Document, is_mail: bool) -> Iterator[int]:
    """Where the fields of mails begin that are quoted."""
    first = _BLANK.match(document.text).end()  # type: ignore[union-attr]
    for block in document.blocks:
        if block.kind != "header" or block.start == first:
            continue
        fields = [own.label.lower() for own in document.blocks_within(block.start, block.end) if own.kind == "field"]
        if len(fields) < LEAST_FIELDS or SENDERS.isdisjoint(fields) or SUBJECTS.isdisjoint(fields):
            continue
        before = document.text[max(0, block.start - _LONGEST_LINE) : block.start].rstrip()
        if is_mail or not _SENT.isdisjoint(fields) or _MARKER.match(before, before.rfind("\n") + 1):
            yield block.start


def _introduced(text: str) -> Iterator[int]:
    """Where the text begins below lines that say who wrote it and when, if it has no marks."""
    for line in _WROTE.finditer(text):
        start = _BLANK.match(text, line.end()).end()  # type: ignore[union-attr]
        if start < len(text) and text[start] != ">" and _SENT_AT.search(line[0]):
            yield start
