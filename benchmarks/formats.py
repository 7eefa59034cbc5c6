"""The table of formats in ``docs/formats.md``, from the code's own: ``python -m benchmarks.formats``."""

from __future__ import annotations

import argparse

from documents.formats.registry import FORMATS, MB, Format


def formats_table() -> str:
    """A Markdown table: each format with its suffixes, what is kept of it, and its largest file."""
    suffixes: dict[Format, list[str]] = {}
    for suffix, kind in FORMATS.items():
        suffixes.setdefault(kind, []).append(f"`{suffix}`")
    rows = [
        f"| {kind.name} | {' '.join(own)} | {kind.keeps} | {kind.max_bytes // MB} MB |"
        for kind, own in suffixes.items()
    ]
    return "\n".join(["| format | suffixes | kept beside the text | up to |", "|---|---|---|---|", *rows])


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(formats_table())


if __name__ == "__main__":
    main()
