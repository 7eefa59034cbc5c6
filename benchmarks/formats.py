"""The README's table of formats, from the code's own, and how fast a mixed folder is read.

    python -m benchmarks.formats [--speed]

``--speed`` indexes a folder of 1,000 small files of every format with the default embedder and tells the share of its
time that was spent in reading them.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from documents import load
from documents.formats.table import FORMATS, MB, Format


def formats_table() -> str:
    """Markdown: each format with its suffixes, what is kept and the largest file."""
    suffixes: dict[Format, list[str]] = {}
    for suffix, kind in FORMATS.items():
        suffixes.setdefault(kind, []).append(f"`{suffix}`")
    rows = [
        f"| {kind.name} | {' '.join(own)} | {kind.keeps} | {kind.max_bytes // MB} MB |"
        for kind, own in suffixes.items()
    ]
    return "\n".join(["| format | suffixes | kept beside the text | up to |", "|---|---|---|---|", *rows])


def different(name: str, data: bytes, number: int) -> bytes:
    """A real file with other names in it, so that each of many is embedded."""
    from real_files import lines, pdf, zip_file

    if name.endswith(".pdf"):
        return pdf(
            lines([f"Report {number} tells of the harbour of town {number},", "where ships lie and grain is sold."])
        )
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return zip_file({each: different(each, archive.read(each), number) for each in archive.namelist()})
    return re.sub(rb"\b(Ann|Bonn|harbour|rivers|hills|Friday|When|It)\b", rb"\1 %d" % number, data)


def share_of_parsing(count: int) -> tuple[float, float]:
    """Seconds spent in parsing and in all, for a folder of ``count`` small files, no two of them the same."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from real_files import FILES

    from qa import settings
    from qa.compose import open_ingest

    with tempfile.TemporaryDirectory() as place:
        folder, made = Path(place) / "files", {name: make() for name, make in FILES.items()}
        folder.mkdir()
        for number in range(count):
            name = list(made)[number % len(made)]
            (folder / f"{number:04}{Path(name).suffix}").write_bytes(different(name, made[name], number))
        began = time.perf_counter()
        for path in load.find([folder]):
            for _ in load.parts(path):
                pass
        parsing = time.perf_counter() - began
        ingest = open_ingest(settings.read(index=Path(place) / "index"))
        began = time.perf_counter()
        ingest.update([folder])
        return parsing, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", action="store_true")
    if parser.parse_args().speed:
        parsing, whole = share_of_parsing(1_000)
        print(f"1,000 small files: {parsing:.1f} s of parsing in {whole:.1f} s of indexing, {parsing / whole:.0%}")
    else:
        print(formats_table())


if __name__ == "__main__":
    main()
