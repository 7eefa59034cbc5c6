"""Where a quotation stands in a web page: a link that opens the page at it."""

from __future__ import annotations

from urllib.parse import quote

_LONG = 300  # characters from which on only both ends are named, as the specification advises
_END_WORDS = 6


def text_fragment(quoted: str, prefix: str = "", suffix: str = "") -> str:
    """The fragment that leads a browser to ``quoted``: ``#:~:text=prefix-,start,end,-suffix`` (WICG text fragments).

    ``prefix`` and ``suffix`` are what stands around it, which tells one place from others; "" leaves them out. An empty
    quotation gives "".
    """
    words = quoted.split()
    if not words:
        return ""
    text = " ".join(words)
    parts = [_encoded(text)]
    if "\n" in quoted.strip() or len(text) > _LONG:  # a match does not go over blocks, but a range does
        half = max(1, min(_END_WORDS, len(words) // 2))
        parts = [_encoded(" ".join(words[:half])), _encoded(" ".join(words[-half:]))] if len(words) > 1 else parts
    before, after = " ".join(prefix.split()), " ".join(suffix.split())
    if before:
        parts.insert(0, f"{_encoded(before)}-")
    if after:
        parts.append(f"-{_encoded(after)}")
    return f"#:~:text={','.join(parts)}"


def _encoded(text: str) -> str:
    """Percent-encoded; commas, ampersands and dashes too, since they part the directive."""
    return quote(text, safe="").replace("-", "%2D")
