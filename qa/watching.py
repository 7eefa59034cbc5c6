"""Keeping an index current: what changes in files and folders is indexed within a second or two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from documents.document import DocumentError
from documents.find import IGNORE_FILE
from index.report import Report

DEBOUNCE = 1000  # milliseconds that changes are gathered for, so that a file is not read while it is still written

Changed = Collection[Path] | None


def watch(paths: Sequence[Path], apart: Path, update: Callable[[Changed], Report], say: Callable[[str], None]) -> None:
    """Calls ``update`` with the paths that changed (None: look at all) until interrupted, and says what it did.

    Nothing below ``apart``, the index's own folder, counts as a change.
    """
    import watchfiles

    roots = [path.absolute() for path in paths]
    folders = {root if root.is_dir() else root.parent for root in roots}
    ours = apart.absolute()

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        return not path.is_relative_to(ours) and any(path.is_relative_to(root) for root in roots)

    recursive = any(root.is_dir() for root in roots)
    first = True
    with suppress(KeyboardInterrupt):
        for changes in watchfiles.watch(
            *folders,
            watch_filter=counts,
            debounce=DEBOUNCE,
            rust_timeout=200,
            yield_on_timeout=True,
            recursive=recursive,
            ignore_permission_denied=True,
        ):
            changed = {Path(name) for _, name in changes}
            if first:  # what changed before it was watched
                first = False
                _look(update, None, say)
            elif changed:
                everything = any(path.name == IGNORE_FILE for path in changed)
                _look(update, None if everything else changed, say)


def _look(update: Callable[[Changed], Report], changed: Changed, say: Callable[[str], None]) -> None:
    try:
        report = update(changed)
    except DocumentError as error:  # a root that is gone, or an ignore file that makes no sense: both may be mended
        say(str(error))
        return
    for what, found in (("added", report.added), ("changed", report.changed), ("removed", report.removed)):
        for path in found:
            say(f"{what} {path}")
    if changed is not None:
        for reason in report.failed.values():
            say(f"failed {reason}")
