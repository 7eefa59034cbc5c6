"""An Answer as plain text for a terminal."""

from __future__ import annotations

from qa.answer import Answer, Citation

CLOSEST = 3  # passages that a refusal shows


def as_text(answer: Answer) -> str:
    """The short answer, the cited statements and where each quote stands; or the refusal and the closest passages."""
    if answer.kind == "notice":
        return answer.text
    if answer.kind == "refusal":
        lines = [answer.text, *(["", "Closest I found:"] if answer.passages else [])]
        for passage in answer.passages[:CLOSEST]:
            chunk = passage.chunk
            place = ", ".join(filter(None, [passage.source.name, *chunk.document.section_path(chunk.start)[-1:]]))
            lines.append(f"- {place}: {_shorten(chunk.text)}")
        return "\n".join(lines)
    lines = [answer.short_answer, ""] if answer.short_answer else []
    lines += [answer.text, ""]
    lines += [f"[{citation.number}] {_place(citation)}" for citation in answer.citations]
    lines.append(f"confidence {answer.caveat or percent(answer.confidence)}")
    return "\n".join(lines)


def percent(probability: float) -> str:
    """A probability as people say it; certainty is never claimed by rounding."""
    if probability >= 0.995:
        return "over 99%"
    if probability < 0.005:
        return "under 1%"
    return f"{round(probability * 100)}%"


def _place(citation: Citation) -> str:
    page = f"page {citation.page}" if citation.page is not None else None
    parts = [citation.passage.source.name, page, citation.section, f"characters {citation.start}–{citation.end}"]
    return ", ".join(part for part in parts if part)


def _shorten(text: str, length: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rsplit(" ", 1)[0] + "…"
