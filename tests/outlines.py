"""What tests say of a document's structure."""

from __future__ import annotations

from documents.blocks import check_structure
from documents.document import Document
from documents.grid import Grid


def outline(document: Document) -> list[tuple[str, str, str]]:
    """Kind, label and first line of each block of a document whose structure is valid."""
    check_structure(document.text, document.blocks, document.tables)
    return [
        (block.kind, block.label, document.text[block.start : block.end].split("\n")[0]) for block in document.blocks
    ]


def cells(document: Document) -> list[list[list[str]]]:
    """The texts of the cells of each table, by row."""
    found = [Grid(document.text, table) for table in document.tables]
    return [
        [[document.text[cell.start : cell.end] for cell in grid.cells(row)] for row in range(len(grid))]
        for grid in found
    ]


def lists(document: Document) -> list[list[str]]:
    """The items of each list as they stand in the text, in the order in which the lists begin."""
    found: list[list[str]] = []
    open_ones: list[tuple[int, list[str]]] = []  # the end of each list that the next item may be in, and its items
    for block in document.blocks:
        while open_ones and open_ones[-1][0] <= block.start:
            open_ones.pop()
        if block.kind == "list":
            found.append([])
            open_ones.append((block.end, found[-1]))
        elif block.kind in ("item", "step"):
            open_ones[-1][1].append(document.text[block.start : block.end])
    return found


def brief(line: str) -> str:
    """The line, or how a longer one begins and how many characters it has, so that no file is copied into a test."""
    return line if len(line) <= 24 else f"{line[:20]}… {len(line)}"
