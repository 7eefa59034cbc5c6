"""reStructuredText: headings, paragraphs, lists and tables, without included files and raw markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder

if TYPE_CHECKING:
    from docutils import nodes

PARSER = "rst/1"

MAX_CHARACTERS = 5_000_000
_SETTINGS = {
    "_disable_config": True,  # no docutils.conf is read
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "tab_width": 4,
    "line_length_limit": 100_000,
    "warning_stream": False,
}


def parse(data: bytes, name: str) -> Document:
    """The document of a reStructuredText file; raises DocumentError where it cannot be read or holds no text."""
    text = decode(data, name)
    if len(text) > MAX_CHARACTERS:
        raise DocumentError(f"{name}: larger than {MAX_CHARACTERS // 10**6} million characters; split it into parts")
    try:
        from docutils.core import publish_doctree

        tree = publish_doctree(text, settings_overrides=_SETTINGS)
    except (Exception, SystemExit) as error:  # docutils passes on any error of its directives
        raise DocumentError(
            f"{name}: not readable as reStructuredText; save it as .txt to have it read plainly"
        ) from error
    builder = Builder(PARSER)
    title = next((child.astext() for child in tree.children if child.tagname == "title"), "")
    try:
        _add(tree, builder, 1)
    except RecursionError as error:
        raise DocumentError(f"{name}: its sections or lists are nested too deep") from error
    return builder.document(name, title)


def _add(parent: nodes.Element, builder: Builder, level: int) -> None:
    """Add the contents of ``parent`` in order."""
    for node in parent.children:
        tag = node.tagname
        if tag in ("title", "subtitle", "rubric"):
            builder.heading(node.astext(), level if tag == "title" else level + 1)
        elif tag == "section":
            _add(node, builder, level + 1)
        elif tag in ("bullet_list", "enumerated_list", "definition_list", "field_list", "option_list"):
            _add(node, builder, level)
        elif tag in ("list_item", "definition_list_item", "field", "option_list_item"):
            if node.children and all(child.tagname in _SIMPLE for child in node.children):
                builder.item(_one_line(node))
            else:
                _add(node, builder, level)
        elif tag == "table":
            _add_table(node, builder)
        elif tag in (
            "comment",
            "substitution_definition",
            "target",
            "system_message",
            "pending",
            "raw",
            "image",
            "meta",
        ):
            continue
        elif tag in _TEXTS or not getattr(node, "children", None):
            builder.paragraph(node.astext())
        else:
            _add(node, builder, level)


_SIMPLE = ("paragraph", "term", "classifier", "definition", "field_name", "field_body", "option_group", "description")
_TEXTS = ("paragraph", "literal_block", "doctest_block", "line_block", "term", "attribution", "caption", "math_block")


def _one_line(node: nodes.Element) -> str:
    parts = (" ".join(child.astext().split()) for child in node.children)
    return ": ".join(part.rstrip(":") for part in parts if part)


def _add_table(table: nodes.Element, builder: Builder) -> None:
    """Add a table row by row; the first row of its head gives the column headings."""
    grid: list[list[str]] = []
    headed = False
    for part in _below(table, "tgroup"):
        for rows in part.children:
            if rows.tagname in ("thead", "tbody"):
                headed = headed or rows.tagname == "thead"
                grid += [_cells(row) for row in rows.children]
    builder.rows(grid, heading=headed or None)


def _below(node: nodes.Element, tag: str) -> list[Any]:
    return [child for child in node.children if child.tagname == tag]


def _cells(row: nodes.Element) -> list[str]:
    cells: list[str] = []
    for entry in row.children:
        cells += [entry.astext(), *[""] * min(int(entry.get("morecols", 0)), 100)]
    return cells
