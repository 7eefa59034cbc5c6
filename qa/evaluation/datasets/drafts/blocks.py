"""Questions about lists, procedures and whole documents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from documents.blocks import Block
from documents.document import Document
from documents.outline import lead_in
from index.analyse import STOP_WORDS
from qa.evaluation.datasets.drafts.asking import Asking, asking_of
from qa.evaluation.datasets.drafts.draft import MAX_WORDING, NUMBERED, Draft

_ITEMS = range(3, 13)  # of a list that is asked about
_LONGEST = 200  # characters of an item
_LONGEST_NAME = 80  # of what a list is called
_PARTS = 3  # of a document that an overview must speak of
_END = re.compile(r"[,;(!?，；（！？。：]|[:.](?=\s|\Z)| [–—-] ")
_STEPS = re.compile(r"\A(?:how )?to \w|\bstep", re.IGNORECASE)  # what a procedure is called
_MARKS = re.compile(r"[*_`\\]+")
_WORD = re.compile(r"[^\W\d_]{5,}")


def lists(document: Document) -> Iterator[Draft]:
    """A draft for each list of a few short items: all must be said, of a procedure in order."""
    for block in document.blocks:
        if block.kind != "list" or document.table_at(block.start) is not None:
            continue
        items, name = _items(document, block), _name(document, block)
        wordings = [_wording(document.text[item.start + len(item.label) : item.end]) for item in items]
        is_short = all(wordings) and all(item.end - item.start <= _LONGEST for item in items)
        if not name or len(items) not in _ITEMS or not is_short:
            continue
        asking = asking_of(document)
        is_numbered = all(item.kind == "step" for item in items)
        is_procedure = asking.is_english and is_numbered and bool(_STEPS.search(name))
        yield Draft(
            "how-to" if is_procedure else "list",
            _procedure(name, document.title) if is_procedure else _list(name, asking),
            tuple((wording,) for wording in wordings),
            tuple(document.text[item.start : item.end].strip() for item in items),
            in_order=is_procedure,
        )


def overview(name: str, document: Document) -> Iterator[Draft]:
    """What the document is about: something must be said of its first parts, each by its heading or its main word."""
    titles = [section for section in document.sections if section.level > 1 or len(document.sections) > _PARTS]
    parts = [section for section in titles if section.title and section.title != document.title][:_PARTS]
    if len(parts) < _PARTS:
        return
    whole = _word_counts(document.text)
    groups = []
    for section in parts:
        title = NUMBERED.sub("", section.title)
        found = _word_counts(document.text[section.heading_end : section.end])
        own = [
            (-count / whole[word], -count, word)
            for word, count in found.items()
            if count > 1 and word not in title.casefold()
        ]
        groups.append((title, *(word for *_, word in sorted(own)[:1])))
    question = asking_of(document).ask("overview", title=document.title or Path(name).name)
    yield Draft("overview", question, tuple(groups))


def _word_counts(text: str) -> Counter[str]:
    return Counter(word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS)


def _items(document: Document, block: Block) -> Sequence[Block]:
    """The items of the list itself, without those of lists within them."""
    inner = [own for own in document.blocks_within(block.start, block.end) if own.kind in ("item", "step")]
    return [own for own in inner if not any(_holds(other, own) for other in inner)]


def _holds(other: Block, own: Block) -> bool:
    return other is not own and other.start <= own.start and own.end <= other.end


def _wording(item: str) -> str:
    """What must be said of an item: its first line up to the first sign that ends a phrase; "" where that is long."""
    line = _MARKS.sub("", item).strip().split("\n")[0]
    shortest = 3 if line.isascii() else 2
    cut = _END.search(line, shortest)
    wording = (line[: cut.start()] if cut else line).strip()
    return wording if shortest <= len(wording) <= MAX_WORDING else ""


def _name(document: Document, block: Block) -> str:
    """What the list is called: by the sentence that leads to it, else by its section; "" for neither."""
    place = lead_in(document.text, block.start)
    lead = " ".join(document.text[slice(*place)].split()).rstrip(":：") if place else ""
    if lead and len(lead) <= _LONGEST_NAME:
        return NUMBERED.sub("", lead)
    return NUMBERED.sub("", next(iter(document.section_path(block.start)[-1:]), ""))


def _list(name: str, asking: Asking) -> str:
    return name if name.endswith(("?", "？")) else asking.ask("list", name=name)


def _procedure(name: str, title: str) -> str:
    """The question for the steps of a procedure with that English name, in a document with that title."""
    purpose = re.match(r"(?:How )?to (.+)", name, re.IGNORECASE)
    return f"How do I {purpose[1].rstrip('?')}?" if purpose else f"What are the steps of “{title or name}”?"
