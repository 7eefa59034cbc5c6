"""What a check says, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "caution", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check ``check`` has found, and where that is not ``ok``, what to do about it (``advice``)."""

    check: str
    status: Status
    detail: str
    advice: str = ""
