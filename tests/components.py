"""What some tests need and a machine may lack.

Where it is missing these tests are skipped, and the last line of the run says for want of what. Where ``CI`` is true
they fail, but for those that read data from outside the repository.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

# The data for tests and training, which is no part of the repository. Read at once: tests see no such variable.
DATA = Path(os.environ.get("REFDESK_DATA", Path(__file__).parents[2] / "shared" / "data"))
_WANTING = re.compile(r"for want of (?P<component>[^:]+): ")


def lacking(component: str, remedy: str) -> NoReturn:
    """Skip the test for want of a component, with what to do about it; a run that is to test everything fails."""
    is_whole = os.environ.get("CI", "").lower() == "true"
    (pytest.fail if is_whole else pytest.skip)(f"for want of {component}: {remedy}")


def shared_data(name: str) -> Path:
    """The file or folder of the shared data; where there is none the test is skipped, also in CI, which has no data."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"for want of REFDESK_DATA: {path} is not there; name the folder that has {name}")
    return path


def told(skipped: Iterable[Any]) -> str:
    """How many tests were skipped for want of each component, by their reports; "" where none was."""
    reasons = (report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    counts = Counter(found["component"] for found in map(_WANTING.search, reasons) if found)
    most_first = sorted(counts.items(), key=lambda own: (-own[1], own[0]))
    return f"skipped for want of: {', '.join(f'{name} {count}' for name, count in most_first)}" if counts else ""
