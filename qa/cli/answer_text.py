"""An Answer as plain text for a terminal: only what it quotes keeps line breaks of its own."""

from __future__ import annotations

from index.passage import Passage
from qa.answer import Answer, Citation
from qa.answer.notices import BEYOND, NOT_ANSWERED, UNSUPPORTED
from qa.answer.reasons import in_one_line
from qa.answer.row_view import is_row, row_as_text, short_as_text
from qa.cli.visible import visible, visible_lines

CLOSEST = 3  # passages that a refusal shows
OLDER = "from an older document"  # beside a sentence of an edition that is not the newest found


def as_text(answer: Answer) -> str:
    """The short answer, the cited statements and where each quote stands; or the refusal and the closest passages."""
    if answer.kind == "notice":
        return visible_lines(answer.text)
    heading = [f"(searched for: {visible(answer.standalone_question)})", ""] if answer.is_rewritten else []
    if answer.kind == "refusal":
        lines = [*heading, visible_lines(answer.text), *(["", "Closest I found:"] if answer.passages else [])]
        if nearest := answer.nearest:
            lines.append(f"- {visible(_where(nearest.passage))}: {visible_lines(nearest.quote)}")
        for passage in answer.further[: CLOSEST - bool(nearest)]:
            lines.append(visible(f"- {_where(passage)}: {_shorten(passage.chunk.text)}"))
        lines += ["", *_why(answer)] if answer.why else []
        lines += ["", visible(f"{BEYOND} {answer.beyond}")] if answer.beyond else []
        return "\n".join(lines)
    short = short_as_text(answer)
    lines = [*heading, visible_lines(short), ""] if short else heading
    lines += [visible_lines(_said(answer)), ""]
    for statement in answer.said:
        if statement.status == "computed" and (rows := row_as_text(answer, statement)) != statement.text:
            lines += [*(visible(f"- {row}") for row in rows.split("\n")), ""]
    lines += [visible(f"{NOT_ANSWERED}: {question}") for question in answer.unanswered]
    lines += [f"{UNSUPPORTED}: {visible_lines(struck.text)}" for struck in answer.statements if not struck.is_said]
    lines += [visible(f"[{citation.number}] {_place(citation)}") for citation in answer.citations]
    lines += [visible(f"confidence {answer.confidence_text}"), *_why(answer)]
    lines += [visible_lines(line) for line in (answer.note, answer.caution) if line]
    return "\n".join(lines)


def _where(passage: Passage) -> str:
    """The file and the section of a passage."""
    chunk = passage.chunk
    return ", ".join(filter(None, [passage.source.name, *chunk.document.section_path(chunk.start)[-1:]]))


def _said(answer: Answer) -> str:
    """What is said, with its markers: a row of a table, and one of the things compared, as a line of its own."""
    parts = []
    for statement in answer.said:
        text = row_as_text(answer, statement) if is_row(statement) else statement.text
        side = f"{side}: " if (side := answer.side_of(statement)) else ""
        older = f" ({OLDER})" if statement.role == "older" else ""
        is_line = is_row(statement) or statement.status == "computed"
        parts += [side, text, *(f"[{number}]" for number in statement.citations), older, "\n" if is_line else " "]
    return "".join(parts).strip()


def _why(answer: Answer) -> list[str]:
    """What the confidence rests on, as a line; no line where that is not known."""
    return [visible(f"why: {in_one_line(answer.why)}")] if answer.why else []


def _place(citation: Citation) -> str:
    page = f"page {citation.page}" if citation.page is not None else None
    parts = [citation.passage.source.name, page, citation.section, f"characters {citation.start}–{citation.end}"]
    return ", ".join(part for part in parts if part)


def _shorten(text: str, length: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rsplit(" ", 1)[0] + "…"
