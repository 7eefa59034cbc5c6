"""How long the tutorial takes: each of its commands, from ``pip install`` to the comparison with a peer.

    python -m benchmarks.tutorial [FOLDER]

Installs Refdesk of this repository into an environment of its own in FOLDER (a temporary one, which is deleted, if none
is named) and runs every command of docs/tutorial.md there as it is written, in order. Prints the seconds of each and of
all. The ten minutes in which somebody writes the questions are not among them. Packages come from the package index, or
from pip's cache.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).parent.parent
_COMMAND = re.compile(r"^(?:refdesk|python) .*$", re.MULTILINE)


def commands() -> list[str]:
    """The commands of the tutorial, as they stand there."""
    return _COMMAND.findall((ROOT / "docs" / "tutorial.md").read_text("utf-8"))


def walk(folder: Path) -> Iterator[tuple[str, float]]:
    """Each command with the seconds that it took, the installation first.

    Raises:
        SystemExit: one of them failed.
    """
    for name in ("benchmarks", "docs"):
        (folder / name).symlink_to(ROOT / name)
    own = folder / "REFDESK" / "bin"
    path = f"{own}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PATH": path}
    install = f'"{sys.executable}" -m venv REFDESK && REFDESK/bin/pip install -q "{ROOT}[offline]"'
    for command in (install, *commands()):
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment, shell=True, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{command}\n{done.stderr}failed with exit status {done.returncode}")
        yield command, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    named = parser.parse_args().folder
    if named:
        named.mkdir(parents=True, exist_ok=True)
        if any(named.iterdir()):
            parser.error(f"{named} is not empty: name a new folder")
    total = 0.0
    with nullcontext(named) if named else tempfile.TemporaryDirectory() as folder:
        for command, seconds in walk(Path(folder).absolute()):
            total += seconds
            print(f"{seconds:6.1f} s  {command.replace(str(ROOT), '.')}", flush=True)
    print(f"{total:6.1f} s  in all")


if __name__ == "__main__":
    main()
