"""Which chunks have an embedding: all but the rows of large tables, which their words and numbers find.

A row of a table of 50,000 orders or measurements is asked for by a name, a code or a number that stands in it: BM25
finds that, and embeddings of such rows are nearly alike. So only what introduces a large table is embedded: what stands
before it, with its headings, and its first rows. A row with prose in a cell is embedded as other prose is.
"""

from __future__ import annotations

from documents.document import Chunk
from documents.grid import grid_of

LARGE = 1_000  # rows from which on a table is large: more take longer to embed than a document of a hundred pages
FIRST = 100  # rows of a large table that are embedded
PROSE = 200  # characters of a cell of prose


def is_embedded(chunk: Chunk) -> bool:
    """Whether the chunk has an embedding; it depends on nothing but the chunk and its document."""
    table = chunk.document.table_at(chunk.start)
    if table is None:
        return True
    grid = grid_of(chunk.document.text, table)
    if len(grid) < LARGE or grid.row_at(chunk.start) < FIRST:
        return True
    return any(len(cell) >= PROSE for cell in chunk.text.split("|"))
