"""The first difference between two JSON values, in words."""

from __future__ import annotations

import json
from typing import Any


def first_difference(a: Any, b: Any, path: str = "") -> str | None:
    """Where two JSON values first differ, such as "settings.top_k was 10, is now 20"; None if they are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            found = first_difference(a.get(key), b.get(key), f"{path}.{key}" if path else key)
            if found:
                return found
        return None
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, pair in enumerate(zip(a, b, strict=True)):
            found = first_difference(*pair, f"{path}[{number}]")
            if found:
                return found
        return None
    return None if a == b and type(a) is type(b) else f"{path or 'it'} was {_shown(a)}, is now {_shown(b)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
