"""Are the cells of tables in PDF files read with the right headings? Sampled cells, to be judged by eye.

    python -m benchmarks.cells FILE.pdf… --out DIR [--count 300] [--seed 0]

Writes ``cells.txt``, with the row headings, the column headings and the text of each sampled cell, and sheets of
pictures in the same order: the part of the page from the top of the table down to the cell, which has a box. A cell is
right where its text is the whole cell, and its headings are those that a reader of the picture would name. Every table
is as likely as its number of cells below headings or beside labels.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

from documents.document import Document
from documents.grid import Cell, Grid, grid_of
from documents.load import load
from documents.pdf_page import page_image

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
    def claim(self) -> str:
        """What the document says of the cell."""
        text, row, column = self.document.text, self.cell.row, self.cell.column
        across, down = self.grid.row_headings(row, column), self.grid.column_headings(row, column)
        names = [" › ".join(text[own.start : own.end] for own in headings) for headings in (across, down)]
        return f"{names[0]}  |  {names[1]}  =  {text[self.cell.start : self.cell.end]}"


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--count", type=int, default=300, help="cells, as many from each file as it has, at most its share"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen: list[Sampled] = []
    for path in options.files:
        found = list(cells(path))
        share = min(len(found), -(-options.count // len(options.files)))
        chosen += random.Random(options.seed).sample(found, share)
    options.out.mkdir(parents=True, exist_ok=True)
    claims = (f"# {number} {own.path.name} p. {own.page}: {own.claim}" for number, own in enumerate(chosen))
    (options.out / "cells.txt").write_text("\n".join(claims) + "\n", "utf-8")
    for first in range(0, len(chosen), ON_SHEET):
        pictures = [picture(own) for own in chosen[first : first + ON_SHEET]]
        sheet(pictures, first).save(options.out / f"sheet-{first // ON_SHEET:03}.png")


if __name__ == "__main__":
    main()
