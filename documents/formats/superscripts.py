"""Raised figures as characters of their own, so that a note's number is not read as part of what it stands behind."""

from __future__ import annotations

_RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def raised(text: str) -> str:
    """The text, shown raised: "m" and "2" are "m²"; what has other characters than figures stays as it is."""
    bare = text.strip()
    return text.translate(_RAISED) if bare.lstrip("+-−").isdecimal() and bare.isascii() else text
