"""Finds the files to read: those named, those that patterns match, and those in folders.

Patterns are those of gitignore (``documents.patterns``): ``*.log``, ``drafts/``, ``/top.txt``, ``**/old/*``. A later
pattern overrides an earlier one, a deeper folder's ignore file overrides one above it, and ``!`` negates a pattern.
"""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from documents.document import DocumentError, printable
from documents.load import format_of, is_folder
from documents.patterns import IGNORE_FILE, Patterns, read_patterns

Rules = tuple[tuple[Path, Patterns], ...]

MAX_RULES = 32  # nested ignore files: each of them is checked for each file


def _raise(_: Path, error: DocumentError) -> None:
    raise error


def find(
    paths: Iterable[Path],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    failed: Callable[[Path, DocumentError], None] = _raise,
) -> Iterator[Path]:
    """The files to load: those given, and those of a known format in the folders given, each once, sorted.

    A path that does not exist but contains ``*``, ``?`` or ``[`` is a pattern (``**`` stands for any folders) and means
    the files and folders that it matches.

    In folders, and among what a pattern matches, these are skipped: files of other formats, hidden entries, what a
    ``.refdeskignore`` or ``exclude`` matches, and what ``include`` does not match. Linked folders are not entered, and
    a linked file is taken only if its target lies in the folder given. A folder that cannot be read is yielded itself,
    so that loading it reports why.

    A folder whose ignore file cannot be used is skipped, since it is unknown which of its files are wanted; ``failed``
    is called with the folder and the reason.

    Raises:
        DocumentError: before the first file, where a path is missing or of no known format, or where a pattern matches
            nothing or is invalid.
    """
    selection = _Selection(Patterns(include, "--include") if include else None, Patterns(exclude, "--exclude"), failed)
    roots = [root for path in paths for root in selection.roots(path)]
    seen = set[Path]()
    for root, is_listed in roots:
        for path in selection.within(root) if is_listed else [root]:
            key = path.absolute()
            if key not in seen:
                seen.add(key)
                yield path
    if include and not seen:
        raise DocumentError(f"no file matches --include {' '.join(map(printable, include))}")


class _UnusableError(Exception):
    """The ignore file of ``folder`` cannot be used."""

    def __init__(self, folder: Path, reason: DocumentError) -> None:
        super().__init__(str(reason))
        self.folder = folder
        self.reason = reason


class _Selection:
    """Selects the files of folders by format, patterns and ignore files."""

    def __init__(
        self, include: Patterns | None, exclude: Patterns, failed: Callable[[Path, DocumentError], None]
    ) -> None:
        self._include = include
        self._exclude = exclude
        self._failed = failed

    def roots(self, path: Path) -> list[tuple[Path, bool]]:
        """The files and folders that ``path`` names, each with whether it is a folder."""
        if not _is_pattern(path):
            return [(path, is_folder(path))]
        base = base_of(path)
        top = base.resolve()
        matches = [match for match in _matches(base, path.parts[len(base.parts) :]) if _is_inside(match, top)]
        found = [(match, True) for match in matches if _is_own_folder(match)]
        found += [(match, False) for match in matches if match.is_file() and self._is_selected(match, base)]
        if not found:
            what = "nothing matches" if not matches else "no file of a known format matches"
            raise DocumentError(f"{what} {printable(path)}")
        return found

    def within(self, root: Path) -> Iterator[Path]:
        """The files in the folder ``root``."""
        top = root.resolve()
        waiting: list[tuple[Path, Rules | None]] = [(root, ())]  # folders with their rules; files with None
        while waiting:
            path, rules = waiting.pop()
            if rules is None:
                yield path
                continue
            try:
                entries = sorted(os.scandir(path), key=lambda entry: entry.name, reverse=True)
            except OSError:
                yield path
                continue
            try:
                waiting += self._chosen(path, entries, rules, root, top)
            except _UnusableError as error:
                self._failed(error.folder, error.reason)

    def _chosen(
        self, folder: Path, entries: Sequence[os.DirEntry[str]], rules: Rules, root: Path, top: Path
    ) -> list[tuple[Path, Rules | None]]:
        """The selected entries of a folder in ``root`` (``top`` once resolved): files with None, folders with rules."""
        if any(entry.name == IGNORE_FILE for entry in entries):
            rules = _with_own(rules, folder)
        chosen = list[tuple[Path, Rules | None]]()
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if _is_own_folder(entry):
                if not _is_ignored(path, rules, "/") and not self._exclude.matches(f"{_relative(path, root)}/"):
                    chosen.append((path, rules))
            elif self._is_selected(path, root) and not _is_ignored(path, rules) and _is_file_in(entry, top):
                chosen.append((path, None))
        return chosen

    def _is_selected(self, path: Path, root: Path) -> bool:
        name = _relative(path, root)
        kind = format_of(path)
        if kind is None or not kind.is_ready() or self._exclude.matches(name):
            return False
        return self._include is None or self._include.matches(name)


def _with_own(rules: Rules, folder: Path) -> Rules:
    """The rules, followed by those of the folder's own ignore file."""
    try:
        if len(rules) >= MAX_RULES:
            raise DocumentError(f"{printable(folder)}: more than {MAX_RULES} ignore files above one another, the limit")
        return (*rules, (folder, read_patterns(folder / IGNORE_FILE)))
    except DocumentError as error:
        raise _UnusableError(folder, error) from error


def _is_ignored(path: Path, rules: Rules, end: str = "") -> bool:
    """Whether the innermost ignore file that matches ``path`` excludes it; ``end`` is a slash for folders."""
    for folder, patterns in reversed(rules):
        try:
            said = patterns.decision(_relative(path, folder) + end)
        except DocumentError as error:
            raise _UnusableError(folder, error) from error
        if said is not None:
            return said
    return False


def _matches(base: Path, parts: Sequence[str]) -> list[Path]:
    """What the parts of a pattern match below ``base``, sorted; linked and hidden folders are not entered."""
    found = {base}
    for number, part in enumerate(parts, start=1):
        is_last = number == len(parts)
        if part != "**":
            found = {match for folder in found for match in _step(folder, part)}
            found = {path for path in found if is_last or _is_own_folder(path)}
        elif not is_last:  # the contents of a matching folder are taken anyway
            found = _below(found)
    return sorted(found)


def _step(folder: Path, part: str) -> Iterator[Path]:
    """The entries of the folder that one part of a pattern matches."""
    if not glob.has_magic(part):
        yield from [folder / part] if os.path.lexists(folder / part) else []
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if fnmatch.fnmatch(entry.name, part) and (part.startswith(".") or not entry.name.startswith(".")):
                yield folder / entry.name


def _below(folders: Iterable[Path]) -> set[Path]:
    """The folders, and all folders in them."""
    found, waiting = set[Path](), list(folders)
    while waiting:
        folder = waiting.pop()
        if folder not in found:
            found.add(folder)
            waiting += [path for path in _step(folder, "*") if _is_own_folder(path)]
    return found


def _is_own_folder(path: Path | os.DirEntry[str]) -> bool:
    """Whether ``path`` is a folder and not a link to one."""
    try:
        return path.is_dir() and not path.is_symlink()
    except OSError:
        return False


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def base_of(path: Path) -> Path:
    """The path itself or, for a pattern, the folder it starts from: its parts before the first one with a wildcard."""
    if not _is_pattern(path):
        return path
    parts = list(path.parts)
    fixed = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:fixed])


def _is_pattern(path: Path) -> bool:
    return glob.has_magic(str(path)) and not os.path.lexists(path)


def _is_inside(path: Path, top: Path) -> bool:
    try:
        return path.resolve().is_relative_to(top)
    except (OSError, RuntimeError):  # a loop of links
        return False


def _is_file_in(entry: os.DirEntry[str], top: Path) -> bool:
    try:
        return (not entry.is_symlink() or _is_inside(Path(entry.path), top)) and entry.is_file()
    except OSError:
        return False


def folders_below(paths: Iterable[Path]) -> set[Path]:
    """The folders among ``paths`` and all folders below them; linked and hidden ones are not entered."""
    return _below(path for path in paths if path.is_dir())
