"""Links that open a web page at a quotation."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

_LONG = 300  # characters; of a longer quotation only both ends are given, as the specification advises
_END_WORDS = 6


def text_fragment(quoted: str, prefix: str = "", suffix: str = "") -> str:
    """The URL fragment that points to ``quoted``: ``#:~:text=prefix-,start,end,-suffix`` (WICG text fragments).

    ``prefix`` and ``suffix`` are the text around the quotation, which distinguishes equal passages; "" leaves them out.
    An empty quotation gives "".
    """
    words = quoted.split()
    if not words:
        return ""
    text = " ".join(words)
    parts = [_encoded(text)]
    if "\n" in quoted.strip() or len(text) > _LONG:  # a text match cannot span blocks, but a range can
        half = max(1, min(_END_WORDS, len(words) // 2))
        parts = [_encoded(" ".join(words[:half])), _encoded(" ".join(words[-half:]))] if len(words) > 1 else parts
    before, after = " ".join(prefix.split()), " ".join(suffix.split())
    if before:
        parts.insert(0, f"{_encoded(before)}-")
    if after:
        parts.append(f"-{_encoded(after)}")
    return f"#:~:text={','.join(parts)}"


def row_fragment(cells: Sequence[str]) -> str:
    """The URL fragment that points to a row of a table: from its first cell to its last, each a text of its own."""
    filled = [" ".join(cell.split()) for cell in cells if cell.strip()]
    return f"#:~:text={','.join(map(_encoded, dict.fromkeys((*filled[:1], *filled[-1:]))))}" if filled else ""


def _encoded(text: str) -> str:
    """``text`` percent-encoded, with the commas, ampersands and dashes that separate the parts of a fragment."""
    return quote(text, safe="").replace("-", "%2D")
