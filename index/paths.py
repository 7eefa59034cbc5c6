"""Paths as the index writes and compares them."""

from __future__ import annotations

import os
from pathlib import Path

from documents.document import printable


def normal_path(path: Path) -> Path:
    """The one way to write a path: absolute, without ``..``; links are not followed."""
    return Path(os.path.normpath(path.absolute()))


def path_text(path: Path) -> str:
    """The path as text that can be encoded; a byte that is no text becomes a question mark."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def wrong_name(path: Path) -> str | None:
    """Why a file of that name cannot be indexed, if it cannot."""
    shown = path_text(path)
    return None if shown == str(path) else f"{printable(shown)}: the name is not valid text; rename the file"


def is_under(source_path: str, path: Path) -> bool:
    """Whether the source is the file or folder ``path``, or lies in it."""
    return Path(source_path).is_relative_to(normal_path(path))


def member_path(path: Path, name: str) -> str:
    """The path of what a file calls ``name`` in itself; never outside of the file, whatever the name says."""
    steps = (step for step in name.replace("\\", "/").split("/") if step.strip(". ") and step[1:] != ":")  # no drive
    return str(path.joinpath(*(step.replace(":", "_") for step in steps)))


def size_of(path: Path) -> int | None:
    """The file's size in bytes; None where there is no such file or its folder may not be searched."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def is_gone(path: Path) -> bool:
    """Whether the file is gone and, where ``path`` is a member of a file, so is the file that holds it."""
    return not any(size_of(file) is not None for file in (path, *path.parents))
