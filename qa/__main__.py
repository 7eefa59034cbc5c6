"""The command ``refdesk``, also as ``python -m qa``: an interrupt is one line and exit code 130 at any moment.

Nothing heavy is imported before that is so. Python raises ``KeyboardInterrupt`` wherever it happens to be. Within an
import some extension modules make an ``ImportError`` of it, and where no exception can leave (a finaliser, the
interpreter's end) it is lost or printed as a traceback. There the process ends at once: the index is changed in
transactions, and the processes that read files end with the one that began them.
"""

from __future__ import annotations

import os
import sys

try:
    import signal

    from qa.cli import INTERRUPTED
except KeyboardInterrupt:
    print("refdesk: interrupted", file=sys.stderr)
    sys.exit(130)

TYPE_CHECKING = False  # typing's own would have to be imported
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

_IMPORTING = "<frozen importlib._bootstrap>"


def main() -> None:
    """Run the command line."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not under nohup, say
    if heeded:
        signal.signal(signal.SIGINT, _interrupted)
        sys.unraisablehook = _unraisable
    try:
        from qa.cli.app import main as run

        _print_as_lines()
        run()
    except KeyboardInterrupt:
        _leave()
    finally:
        if heeded:
            signal.signal(signal.SIGINT, _leave)


def _print_as_lines() -> None:
    """What Python itself prints, warnings and uncaught errors, is text from elsewhere too."""
    import logging
    import threading

    from qa.cli.console import show_traceback

    logging.captureWarnings(True)
    sys.excepthook = show_traceback
    threading.excepthook = lambda args: show_traceback(args.exc_type, args.exc_value, args.exc_traceback)


def _interrupted(_: int, frame: FrameType | None) -> None:
    while frame:
        if frame.f_code.co_filename == _IMPORTING:
            _leave()
        frame = frame.f_back
    raise KeyboardInterrupt


def _unraisable(args: Any) -> None:
    if args.exc_type is KeyboardInterrupt:
        _leave()
    sys.__unraisablehook__(args)


def _leave(*_: object) -> NoReturn:
    shown = "\x1b[?25h" if os.isatty(2) else ""  # a progress bar may have hidden the cursor
    os.write(2, f"{shown}refdesk: {INTERRUPTED}\n".encode())
    os._exit(130)


if __name__ == "__main__":
    main()
