"""Which files there are to read: those named, those that patterns match, and those in folders.

Patterns are gitignore's (``pathspec``): ``*.log``, ``drafts/``, ``/top.txt``, ``**/old/*``; a later one, or one in a
folder further in, counts more, and ``!`` takes back.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from documents.document import DocumentError, printable
from documents.load import format_of, is_folder

IGNORE_FILE = ".refdeskignore"

Rules = tuple[Path, GitIgnoreSpec]


def find(paths: Iterable[Path], include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Iterator[Path]:
    """The files to load: those given, and those of a known format in the folders given, each once, sorted.

    A path that is not there but holds ``*``, ``?`` or ``[`` is a pattern: the files and folders that it matches are
    given (``**`` stands for any folders). Within folders, and of what a pattern matches, files of other formats, hidden
    entries, what a ``.refdeskignore`` or ``exclude`` names, and what ``include`` does not name are passed over; linked
    folders are not entered, and a linked file counts only if it lies in the folder given. A folder that cannot be
    read is yielded itself: loading it tells why.

    Raises DocumentError, before the first file, for a path that is missing or of no known format, for a pattern that
    matches nothing, and for one that makes no sense.
    """
    wanted = _Wanted(_rules(include, "--include") if include else None, _rules(exclude, "--exclude"))
    roots = [root for path in paths for root in wanted.roots(path)]
    seen = set[Path]()
    for root, listed in roots:
        for path in wanted.within(root, root.resolve(), (), root) if listed else [root]:
            key = path.absolute()
            if key not in seen:
                seen.add(key)
                yield path
    if include and not seen:
        raise DocumentError(f"no file matches --include {' '.join(map(printable, include))}")


class _Wanted:
    """What of a folder is wanted."""

    def __init__(self, include: GitIgnoreSpec | None, exclude: GitIgnoreSpec) -> None:
        self._include = include
        self._exclude = exclude

    def roots(self, path: Path) -> list[tuple[Path, bool]]:
        """The files and folders that ``path`` names, each with whether it is a folder."""
        if not _is_pattern(path):
            return [(path, is_folder(path))]
        base = base_of(path)
        matches = sorted(Path(match) for match in glob.iglob(str(path), recursive=True))  # noqa: PTH207 - Path.glob finds hidden ones
        inside = [match for match in matches if _is_inside(match, base.resolve())]
        found = [(match, True) for match in inside if match.is_dir()]
        found += [(match, False) for match in inside if match.is_file() and self._is_wanted(match, base)]
        if not found:
            what = "nothing matches" if not inside else "no file of a known format matches"
            raise DocumentError(f"{what} {printable(path)}")
        return found

    def within(self, folder: Path, top: Path, rules: tuple[Rules, ...], root: Path) -> Iterator[Path]:
        """The files in ``folder``, which lies in ``root``, really ``top``; ``rules`` are those of the folders above."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield folder
            return
        if any(entry.name == IGNORE_FILE for entry in entries):
            rules = (*rules, (folder, _ignore_file(folder / IGNORE_FILE)))
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not _is_ignored(path, rules, "/") and not self._exclude.match_file(f"{_relative(path, root)}/"):
                    yield from self.within(path, top, rules, root)
            elif self._is_wanted(path, root) and not _is_ignored(path, rules) and _is_file_in(entry, top):
                yield path

    def _is_wanted(self, path: Path, root: Path) -> bool:
        name = _relative(path, root)
        kind = format_of(path)
        if kind is None or not kind.is_ready() or self._exclude.match_file(name):
            return False
        return self._include is None or self._include.match_file(name)


def _rules(lines: Iterable[str], where: str) -> GitIgnoreSpec:
    """
    Raises:
        DocumentError: a pattern makes no sense.
    """
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise DocumentError(f"{where}: {printable(str(error))}") from error


def _ignore_file(path: Path) -> GitIgnoreSpec:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DocumentError(f"{printable(path)}: cannot be read ({reason})") from error
    return _rules(lines, printable(path))


def _is_ignored(path: Path, rules: tuple[Rules, ...], end: str = "") -> bool:
    """What the ignore files say of ``path``, the innermost that says anything; ``end`` is a slash for folders."""
    for folder, spec in reversed(rules):
        said = spec.check_file(_relative(path, folder) + end).include
        if said is not None:
            return said
    return False


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def base_of(path: Path) -> Path:
    """The path itself, or the folder that a pattern starts from: its parts before the first that is one."""
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
    except (OSError, RuntimeError):  # links in a circle
        return False


def _is_file_in(entry: os.DirEntry[str], top: Path) -> bool:
    try:
        return (not entry.is_symlink() or _is_inside(Path(entry.path), top)) and entry.is_file()
    except OSError:
        return False
