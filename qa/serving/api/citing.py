"""Where a citation leads, and citations as others write them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from qa.answer import Answer, Citation
from qa.serving.api.schemas import Rendering
from qa.serving.http.paths import DOCUMENT
from qa.serving.library.document_page import QUOTE


class Links:
    """Addresses of this server as the client of a request reaches it, or below ``base``."""

    def __init__(self, base: Request | str) -> None:
        self._base = (base if isinstance(base, str) else str(base.base_url)).rstrip("/")

    def quote(self, document: str, start: int, end: int) -> str:
        """The page that shows the characters ``start`` to ``end`` of a document."""
        return f"{self._base}{DOCUMENT}/{document}?start={start}&end={end}#{QUOTE}"

    def of(self, citation: Citation) -> str:
        """The page that shows a citation."""
        return self.quote(*citation.where)


def rendered(answer: Answer, render: list[Rendering], links: Links) -> dict[str, Any]:
    """The public JSON form of the answer, with what ``render`` asks for besides."""
    data = answer.to_dict()
    if "urls" in render:
        for shown, citation in zip(data["citations"], answer.citations, strict=True):
            shown["url"] = links.of(citation)
    if "char_location" in render:
        data["content"] = char_locations(answer)
    return data


def char_locations(answer: Answer) -> list[dict[str, Any]]:
    """What is said as text blocks with Anthropic's citations; documents are counted in the order of being cited."""
    if not answer.answered:
        return [{"type": "text", "text": answer.text, "citations": []}]
    cited = {citation.number: citation for citation in answer.citations}
    order = list(dict.fromkeys(citation.where[0] for citation in answer.citations))
    return [
        {
            "type": "text",
            "text": statement.text,
            "citations": [_char_location(cited[number], order) for number in statement.citations],
        }
        for statement in answer.said
    ]


def _char_location(citation: Citation, order: list[str]) -> dict[str, Any]:
    return {
        "type": "char_location",
        "cited_text": citation.quote,
        "document_index": order.index(citation.where[0]),
        "document_title": citation.place["title"],
        "start_char_index": citation.start,
        "end_char_index": citation.end,
        "file_id": None,
    }
