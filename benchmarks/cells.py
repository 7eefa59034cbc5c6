"""Are the cells of tables in PDF files read with the right headings?

    python -m benchmarks.cells FILE.pdf…                        # of 300 cells that were judged by eye
    python -m benchmarks.cells FILE.pdf… --out DIR [--seed 0]   # samples cells, to be judged by eye
    python -m benchmarks.cells --filings DIR                    # every cell of the filings that are made here

- *judged*: ``benchmarks/cells_judged.jsonl`` says what is right of each sampled cell, as a reader of the page's picture
  would: its text, the headings of its row and its columns; ``columns`` is null where there is no table. ``first`` says
  whether it was read so when it was sampled, and ``why`` what was wrong.
- ``--out`` writes ``cells.txt``, with the row headings, the column headings and the text of each sampled cell, and
  sheets of pictures in the same order: the page from the top of the table down to the cell, which has a box.
- ``--filings`` compares what is read of the PDF files in DIR, printed by ``python -m benchmarks.filings``, with their
  figures: a cell is right where its text, row, columns and unit are; ``total`` rows may be in the group they sum up.
"""

from __future__ import annotations

import argparse
import io
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from benchmarks import filings
from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from documents.load import load
from documents.pdf_page import page_image
from qa.answer.cell_units import cell_text, unit_of

JUDGED = Path(__file__).with_name("cells_judged.jsonl")
_SCALES = ("thousand", "million", "billion")
WIDTH = 1000  # pixels of a picture
TALLEST = 420  # pixels of a picture; of a longer table the top and the row are shown
ON_SHEET = 6  # pictures
_MARGIN = 14


class Sampled(NamedTuple):
    """A cell of a document's table."""

    path: Path
    document: Document
    grid: Grid
    cell: Cell

    @property
    def page(self) -> int:
        return self.document.page_at(self.cell.start) or 0

    @property
    def text(self) -> str:
        return cell_text(self.grid, self.cell)

    @property
    def row(self) -> list[str]:
        """The headings of its row."""
        return [cell_text(self.grid, own) for own in self.grid.row_headings(self.cell.row, self.cell.column)]

    @property
    def columns(self) -> list[str]:
        """The headings of its columns."""
        return [cell_text(self.grid, own) for own in self.grid.column_headings(self.cell.row, self.cell.column)]

    @property
    def unit(self) -> str:
        return unit_of(self.document, self.grid, self.cell)

    @property
    def claim(self) -> str:
        """What the document says of the cell."""
        return f"{' › '.join(self.row)}  |  {' › '.join(self.columns)}  =  {self.text}"


def cells(path: Path) -> Iterator[Sampled]:
    """The cells of the file's tables that have values, so are neither headings nor labels."""
    document = load(path)
    for table in document.tables:
        grid = grid_of(document.text, table)
        for row in range(len(grid)):
            if grid.is_data(row):
                for cell in grid.cells(row)[table.labels :]:
                    if not cell.is_empty:
                        yield Sampled(path, document, grid, cell)


def picture(sampled: Sampled) -> Image.Image:
    """The page from the table's top to the cell, which has a red box."""
    data, document, cell = sampled.path.read_bytes(), sampled.document, sampled.cell
    shown = page_image(data, document, cell.start, cell.end, WIDTH)
    page = next(page for page in document.pages if page.number == shown.number)
    start = max(sampled.grid.table.start, page.start)
    top = min(box[1] for box in page_image(data, document, start, cell.end, WIDTH).boxes)
    bottom = max(box[3] for box in shown.boxes)
    image = Image.open(io.BytesIO(shown.png)).convert("RGB")
    for left, upper, right, lower in shown.boxes:
        ImageDraw.Draw(image).rectangle((left - 2, upper - 2, right + 2, lower + 2), outline="red", width=2)
    edge = max(0, int(top) - 3 * _MARGIN), min(image.height, int(bottom) + 2 * _MARGIN)
    if edge[1] - edge[0] <= TALLEST:
        return image.crop((0, edge[0], WIDTH, edge[1]))
    joined = Image.new("RGB", (WIDTH, TALLEST + 4), "grey")
    joined.paste(image.crop((0, edge[0], WIDTH, edge[0] + TALLEST // 2)), (0, 0))
    joined.paste(image.crop((0, edge[1] - TALLEST // 2, WIDTH, edge[1])), (0, TALLEST // 2 + 4))
    return joined


def sheet(pictures: Sequence[Image.Image], first: int) -> Image.Image:
    """Pictures one below the other, each with its number."""
    whole = Image.new("RGB", (WIDTH, sum(each.height + _MARGIN + 4 for each in pictures)), "yellow")
    top = 0
    for number, each in enumerate(pictures, start=first):
        ImageDraw.Draw(whole).text((4, top), f"# {number}", fill="black")
        whole.paste(each, (0, top + _MARGIN))
        top += each.height + _MARGIN + 4
    return whole


def key(row: Sequence[str], columns: Sequence[str], text: str) -> tuple[str, str, str]:
    """What two readings of a cell have in common: spaces and the signs of currencies do not matter."""
    return _bare("".join(row)), _bare("".join(columns)), _bare(text)


def _bare(text: str) -> str:
    return "".join(text.split()).translate({ord(sign): "" for sign in "$€:"})


def judged(paths: Sequence[Path], entries: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], bool]]:
    """Each entry of the files, with whether it is what is read."""
    found = []
    for path in paths:
        read = list(cells(path))
        known = {(own.page, key(own.row, own.columns, own.text)) for own in read}
        texts = {(own.page, _bare(own.text)) for own in read}
        for entry in entries:
            if entry["file"] == path.name:
                if entry["columns"] is None:
                    right = (entry["page"], _bare(entry["text"])) not in texts
                else:
                    right = (entry["page"], key(entry["row"], entry["columns"], entry["text"])) in known
                found.append((entry, right))
    return found


def of_filing(gold: Sequence[filings.Gold], read: Sequence[Sampled]) -> list[tuple[filings.Gold, str]]:
    """Each cell of a filing, with what is wrong of it: "" (nothing), "unit", or "cell"."""
    units = Counter((key(own.row, own.columns, own.text), _scale(own.unit)) for own in read)
    found = []
    for own in gold:
        groups = [own.groups] if not own.label.lower().startswith("total") else [own.groups, *_outer(own, gold)]
        keys = [key([*names, own.label], own.columns, own.text) for names in groups]
        scales = [scale for one in keys for scale in ("", *_SCALES) if units[one, scale] > 0]
        chosen = _scale(own.unit) if _scale(own.unit) in scales else next(iter(scales), None)
        if chosen is not None:
            taken = next(one for one in keys if units[one, chosen] > 0)
            units[taken, chosen] -= 1
        wrong = "cell" if chosen is None else "" if chosen == _scale(own.unit) else "unit"
        found.append((own, wrong))
    return found


def _outer(total: filings.Gold, gold: Sequence[filings.Gold]) -> Iterator[tuple[str, ...]]:
    """The groups of the same table that the total may stand in."""
    yield from dict.fromkeys(own.groups for own in gold if own.table == total.table and own.groups)


def _scale(unit: str) -> str:
    return next((scale for scale in _SCALES if scale in unit.lower()), "")


def _report_filings(folder: Path) -> None:
    right = units = count = 0
    for path in filings.filings():
        gold = list(filings.cells(filings.read(path)))
        found = of_filing(gold, list(cells(folder / f"{path.stem}.pdf")))
        for own, wrong in found:
            if wrong:
                print(f"{wrong}: {path.stem}: {' › '.join((*own.groups, own.label))} | {own.columns} = {own.text}")
        own_right = sum(wrong != "cell" for _, wrong in found)
        print(f"{path.stem:40} {own_right} of {len(found)}")
        right, units, count = right + own_right, units + sum(not wrong for _, wrong in found), count + len(found)
    print(f"{'right row and column':40} {right} of {count}: {right / count:.3f}")
    print(f"{'right row, column and unit':40} {units} of {count}: {units / count:.3f}")


def _report_judged(paths: Sequence[Path]) -> None:
    entries = [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]
    found = judged(paths, entries)
    for entry, is_right in found:
        if not is_right:
            print(f"wrong: {entry['file']} p. {entry['page']}: {entry['row']} | {entry['columns']} = {entry['text']}")
    right = sum(is_right for _, is_right in found)
    print(f"{'judged cells right':40} {right} of {len(found)}: {right / max(1, len(found)):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--filings", type=Path)
    parser.add_argument(
        "--count", type=int, default=300, help="cells, as many from each file as it has, at most its share"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.filings:
        _report_filings(options.filings)
    if options.files and options.out:
        _sample(options.files, options.out, options.count, options.seed)
    elif options.files:
        _report_judged(options.files)


def _sample(files: Sequence[Path], out: Path, count: int, seed: int) -> None:
    """Write the sampled cells and their pictures."""
    chosen: list[Sampled] = []
    for path in files:
        found = list(cells(path))
        share = min(len(found), -(-count // len(files)))
        chosen += random.Random(seed).sample(found, share)
    out.mkdir(parents=True, exist_ok=True)
    claims = (f"# {number} {own.path.name} p. {own.page}: {own.claim}" for number, own in enumerate(chosen))
    (out / "cells.txt").write_text("\n".join(claims) + "\n", "utf-8")
    for first in range(0, len(chosen), ON_SHEET):
        pictures = [picture(own) for own in chosen[first : first + ON_SHEET]]
        sheet(pictures, first).save(out / f"sheet-{first // ON_SHEET:03}.png")


if __name__ == "__main__":
    main()
