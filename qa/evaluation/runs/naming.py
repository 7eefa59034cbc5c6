"""The names of run folders: dataset, task, system or the run's own name, and the settings that tell it from others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LONGEST = 40  # characters of one setting in a folder's name


def folder_name(config: Mapping[str, Any]) -> str:
    """The name of a run with this configuration, such as "town-qa-default-top_k=5"; the first gets no number."""
    parts = [config["dataset"]["name"], config["task"], config.get("name") or config["system"]]
    parts += [setting_shown(name, value) for name, value in (config.get("varied") or {}).items()]
    return "-".join(re.sub(r"[^\w.=]+", "_", part).strip("_.") or "run" for part in parts)


def setting_shown(name: str, value: object) -> str:
    """A setting as tables and folders show it: of a path only the last part."""
    last = re.split(r"[/\\]", str(value).rstrip("/"))[-1]
    return f"{name}={last}"[:LONGEST]


def numbered(out: Path, name: str) -> list[tuple[int, Path]]:
    """The folders ``name``, ``name-2`` … below ``out`` with their numbers; some may not hold a run yet."""
    found = []
    for path in out.glob(f"{name}*"):
        number = re.fullmatch(r"(?:-(\d+))?", path.name[len(name) :])
        if number and path.is_dir():
            found.append((int(number[1] or 1), path))
    return found
