"""The checks of citations: quotes are whole sentences or blocks of their documents, and what is said of them is so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from documents.blocks import Range, overlap
from documents.document import Chunk, Document, Source
from documents.grid import grid_of
from documents.sentences import sentences
from documents.split import sentences_within
from index.passage import Passage
from qa.answer import Citation
from qa.answer.cells import cited_cells
from qa.read.lines import WHOLE
from qa.saved.verification_source import Answer, Problems, VerificationSource, is_located, located, said

BY_LINES = (*WHOLE, "overview")  # kinds of question that are answered by all lines of a block, or parts of a document
ENTRIES = ("item", "step")  # blocks of a list


def citation_problems(citation: Answer, against: VerificationSource) -> Problems:
    """What is wrong with one citation as a range of a document."""
    name = f"citation [{citation['number']}] of {citation['source']}"
    document = against.document_of(citation["document"])
    if document is None:
        yield f"{name}: the document {citation['document'][:19]}… is not in {against.place}"
    elif not is_located(citation, document):
        yield f"{name}: characters {citation['start']} to {citation['end']} are not the quote"


def citations(answer: Answer, against: VerificationSource) -> Problems:
    """Every quote is the cited characters."""
    yield from chain.from_iterable(citation_problems(citation, against) for citation in answer["citations"])


def places(answer: Answer, against: VerificationSource) -> Problems:
    """The source, title, page, section and date of each citation are those of its document."""
    for citation, document in located(answer, against):
        name, source = f"citation [{citation['number']}]", Source(citation["source"], document.id)
        if against.sources is not None and document.id not in against.sources.get(source.path, ()):
            yield f"{name}: the text is in {against.place}, but not from {source.path}"
            continue
        start, end = citation["start"], citation["end"]
        right = Citation(citation["number"], Passage(Chunk(document, start, end), source, 0.0), start, end)
        for what, value in right.place.items():
            if against.outlined and what in citation and citation[what] != value:
                yield f"{name}: the {what} is {value or 'none'}, not {citation[what] or 'none'}"
        dates = against.dates.get((source.path, document.id), ()) if against.dates is not None else ()
        if dates and "date" in citation and citation["date"] not in dates:
            yield f"{name}: the date is {next(iter(dates)) or 'none'}, not {citation['date'] or 'none'}"


def whole_sentences(answer: Answer, against: VerificationSource) -> Problems:
    """Each citation is of whole sentences of one of the passages: half a sentence may say the opposite."""
    may_be_beside = _of_rows(answer)
    is_all = answer.get("asked") in BY_LINES or answer.get("parts")
    for citation, document in located(answer, against) if against.own else ():
        name, start, end = f"citation [{citation['number']}]", citation["start"], citation["end"]
        found = [(own["start"], own["end"]) for own in answer["passages"] if own["source"] == citation["source"]]
        within = [passage for passage in found if passage[0] <= start and end <= passage[1]]
        if citation["number"] in may_be_beside and _is_of_shared_block(document, start, end, found):
            continue
        if is_all and _stands_alone(document, start, end):
            continue  # all of a list, table or document is said, whatever the passages hold of it
        is_near = any(overlap((start, end), own) for own in found)
        if is_near and against.outlined and _stands_alone(document, start, end):
            continue  # a block that is in two passages, of which one was found
        if not within:
            yield f"{name} is in none of the passages"
        elif against.outlined and not (
            _is_heading(document, start, end) or any(_are_whole(document, *passage, start, end) for passage in within)
        ):
            yield f"{name} is not of whole sentences"


def cells(answer: Answer, against: VerificationSource) -> Problems:
    """The cells of each citation are cells of its rows, with their headings and unit."""
    for citation, document in located(answer, against) if against.own and against.outlined else ():
        if "cells" in citation:
            spans = [(cell["start"], cell["end"]) for cell in citation["cells"]]
            right = cited_cells(document, citation["start"], citation["end"], spans)
            if [cell.to_dict() for cell in right] != citation["cells"]:
                yield f"citation [{citation['number']}]: the cells are not those of its row"


def marks(answer: Answer, against: VerificationSource) -> Problems:  # noqa: ARG001
    """What is marked is within its quote."""
    for citation in answer["citations"]:
        if any(not citation["start"] <= start < end <= citation["end"] for start, end in citation.get("marks", ())):
            yield f"citation [{citation['number']}]: what is marked is not within the quote"


def nearest(answer: Answer, against: VerificationSource) -> Problems:
    """What a refusal came closest to is a block of a passage, as a citation is."""
    block = answer.get("nearest")
    if block is None:
        return
    if answer["kind"] != "refusal":
        yield "what came closest: an answer is given"
    as_cited = {**answer, "citations": [block], "statements": []}
    for check in (citations, places, whole_sentences, cells, marks):
        yield from (f"what came closest: {problem}" for problem in check(as_cited, against))


def _of_rows(answer: Answer) -> set[int]:
    """The numbers of the citations of what is computed or a row: these may be beside the passages."""
    statements = (own for own in said(answer) if own["status"] == "computed" or own.get("role") == "row")
    return {number for statement in statements for number in statement["citations"]}


def _are_whole(document: Document, first: int, last: int, start: int, end: int) -> bool:
    """Whether ``start`` to ``end`` are whole sentences of the passage ``first`` to ``last``."""
    starts, ends = _edges(document, first, last)
    return start in starts and end in ends


def _is_of_shared_block(document: Document, start: int, end: int, passages: Sequence[Range]) -> bool:
    """Whether the range is a whole row of a table, or item of a list, of which one of the passages has a part."""
    blocks = document.blocks_at(start)
    if table := document.table_at(start):
        grid = grid_of(document.text, table)
        whole, is_entry = (table.start, table.end), grid.range_of(grid.row_at(start)) == (start, end)
    elif blocks:
        whole = (blocks[0].start, blocks[0].end)
        is_entry = any(own.kind in ENTRIES and (own.start, own.end) == (start, end) for own in blocks)
    else:
        return False
    return is_entry and any(overlap(whole, passage) for passage in passages)


def _is_heading(document: Document, start: int, end: int) -> bool:
    """Whether the range is all words of a heading."""
    headings = ((own.start, own.heading_end) for own in document.sections)
    return any(
        first <= start and end <= last and not re.search(r"\w", document.text[first:start] + document.text[end:last])
        for first, last in headings
    )


def _stands_alone(document: Document, start: int, end: int) -> bool:
    """Whether the range is the words of a heading, or whole sentences as the document itself divides them."""
    if _is_heading(document, start, end):
        return True
    around = sentences_within(document, max(0, start - 1), min(len(document.text), end + 1))
    return start in {first for first, _ in around} and end in {last for _, last in around}


@lru_cache(maxsize=64)
def _edges(document: Document, first: int, last: int) -> tuple[frozenset[int], frozenset[int]]:
    """Where sentences of the passage begin and end, both for the verifier and for the reader."""
    ranges = [*sentences(document.text, first, last), *sentences_within(document, first, last)]
    return frozenset(start for start, _ in ranges), frozenset(end for _, end in ranges)
