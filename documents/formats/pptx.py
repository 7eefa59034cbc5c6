"""PowerPoint: each slide is a page, with its shapes from top to bottom and its notes last."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from documents.document import Document, DocumentError
from documents.formats.build import Builder, GridCell
from documents.formats.diagram import diagrams
from documents.formats.package import check_package
from documents.formats.pptx_bullets import Paragraph, paragraphs

PARSER = "pptx/5"

MAX_SLIDES = 5_000
_MAX_GROUPS = 20  # depth of groups within groups
_NEAR = 200_000  # between edges that are in line, in units of 1/360,000 cm
_MOST_BESIDE = 50  # shapes that are looked at for the one below a heading
_RUNNING = ("DATE", "FOOTER", "HEADER")  # what a slide's layout repeats on all slides


def parse(data: bytes, name: str) -> Document:
    """The document of a presentation; raises DocumentError for one that is broken, encrypted or without text."""
    check_package(data, name, "PPTX").close()
    try:
        import pptx

        presentation = pptx.Presentation(io.BytesIO(data))
        builder, title, running = Builder(PARSER), "", set[str]()
        for number, slide in enumerate(presentation.slides, start=1):
            if number > MAX_SLIDES:
                raise DocumentError(f"{name}: more than {MAX_SLIDES} slides, the limit; split it into parts")
            builder.page(number)
            own = _add_slide(slide, builder, running)
            title = title or own
        named = presentation.core_properties.title or ""
    except DocumentError:
        raise
    except Exception as error:  # python-pptx passes on any error of lxml, zipfile and its own lookups
        raise DocumentError(f"{name}: not a readable presentation; open it and save it again as PPTX") from error
    return builder.document(name, named if named.lower() not in ("", "powerpoint presentation") else title)


def _add_slide(slide: Any, builder: Builder, running: set[str]) -> str:
    """Add one slide; returns its title. Of ``running``, footers and dates that slides before have, there are no more.

    The number of a slide is its page's.
    """
    heading = slide.shapes.title
    title = heading.text_frame.text if heading is not None else ""
    builder.heading(title, 1)
    others = [shape for shape in slide.shapes if heading is None or shape.shape_id != heading.shape_id]
    for shape in _shapes(others, 0):
        kind = str(shape.placeholder_format.type) if shape.is_placeholder else ""
        if kind.startswith("SLIDE_NUMBER"):
            continue
        if kind.startswith(_RUNNING):
            text = " ".join(shape.text_frame.text.split())
            builder.paragraph("" if text in running else text)
            running.add(text)
        elif getattr(shape, "has_table", False):
            _add_table(shape.table, builder)
        elif getattr(shape, "has_chart", False):
            builder.rows(_chart(shape.chart), heading=True)
        elif shape.has_text_frame:
            _add_text(shape, builder)
        else:
            _add_diagrams(shape, builder)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        builder.paragraph(slide.notes_slide.notes_text_frame.text)
    return str(title)


def _shapes(shapes: Iterable[Any], depth: int) -> Iterator[Any]:
    """Shapes from top to bottom; a group's shapes come in the place of the group."""
    for shape in _columns(sorted(shapes, key=lambda shape: ((shape.top or 0) // 100_000, shape.left or 0))):
        if hasattr(shape, "shapes"):
            if depth < _MAX_GROUPS:
                yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _columns(shapes: list[Any]) -> Iterator[Any]:
    """The shapes, each heading of a column ("For", "Against") with the column itself behind it."""
    places = [[shape.left or 0, shape.top or 0, shape.width or 0, shape.height or 0] for shape in shapes]
    done = set[int]()
    for number, shape in enumerate(shapes):
        if number in done:
            continue
        yield shape
        left, top, width, height = places[number]
        for other in range(number + 1, min(number + _MOST_BESIDE, len(shapes))):
            other_left, other_top, other_width, other_height = places[other]
            is_in_line = abs(other_left - left) < _NEAR and abs(other_width - width) < _NEAR
            is_close = abs(other_top - top - height) < max(height, 1) and other_height > 2 * height
            if other not in done and is_in_line and is_close:
                done.add(other)
                yield shapes[other]
                break


def _add_diagrams(shape: Any, builder: Builder) -> None:
    for texts in diagrams(shape._element, shape.part):
        for text, level in texts:
            builder.item(text, "", level)
        builder.end_list()


def _add_text(shape: Any, builder: Builder) -> None:
    """Add a text box: what has bullets or numbers as lists, other paragraphs as prose.

    Several short lines without bullets are a list, too, unless they are the subtitle.
    """
    found = list(paragraphs(shape))
    is_plain = not any(paragraph.label for paragraph in found)
    if is_plain and len(found) > 1 and not _is_subtitle(shape) and not any(_is_sentence(own.text) for own in found):
        for paragraph in found:
            builder.item(paragraph.text, "", paragraph.level)
    else:
        _add_paragraphs(found, builder)
    builder.end_list()


def _add_paragraphs(found: Iterable[Paragraph], builder: Builder) -> None:
    levels: list[int] = []  # of the last item and those that it is in
    for text, label, level, is_step in found:
        if not label:
            levels = []
            builder.paragraph(text)
            continue
        while levels and levels[-1] >= level:
            levels.pop()
        builder.item(text, label, len(levels), is_step=is_step)
        levels.append(level)


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?", "。", "！", "？", ":", "："))


def _is_subtitle(shape: Any) -> bool:
    return bool(shape.is_placeholder) and "SUBTITLE" in str(shape.placeholder_format.type)


def _add_table(table: Any, builder: Builder) -> None:
    """Add a table; its style says whether the first row and column are headings."""
    # Not by ``table.rows``, which looks for all rows again at each of them.
    rows = groupby(table.iter_cells(), key=lambda cell: cell._tc.getparent())
    grid = [
        [
            GridCell(cell.text, cell.span_width, cell.span_height) if cell.is_merge_origin else GridCell(cell.text)
            for cell in cells
            if not cell.is_spanned
        ]
        for _, cells in rows
    ]
    builder.rows(grid, heading=True if table.first_row else None)


def _chart(chart: Any) -> list[list[str]]:
    """A chart's numbers as a table with a row for each category."""
    plot = next(iter(chart.plots), None)
    if plot is None:
        return []
    series = list(plot.series)
    rows = [["", *(str(each.name) for each in series)]]
    for number, category in enumerate(plot.categories):
        values = [each.values[number] if number < len(each.values) else None for each in series]
        rows.append([str(category), *("" if value is None else f"{value:.15g}" for value in values)])
    return rows
