"""reStructuredText: headings, paragraphs, lists and tables, without included files and raw markup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from documents.blocks import Kind, Range
from documents.decode import decode
from documents.document import Document, DocumentError
from documents.formats.build import Builder, GridCell
from documents.formats.inline_code import behind, code_in
from documents.formats.numerals import Style, numeral

if TYPE_CHECKING:
    from docutils import nodes

PARSER = "rst/3"

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
        _Walk(builder).through(tree, 1)
    except RecursionError as error:
        raise DocumentError(f"{name}: its sections or lists are nested too deep") from error
    return builder.document(name, title)


class _Walk:
    """Adds the nodes of a document in order."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._nodes: dict[str, Callable[[Any, int], None]] = {
            "section": lambda node, level: self.through(node, level + 1),
            "title": lambda node, level: builder.heading(node.astext(), level, _inline_code(node)),
            **dict.fromkeys(
                ("subtitle", "rubric"),
                lambda node, level: builder.heading(node.astext(), level + 1, _inline_code(node)),
            ),
            **dict.fromkeys(("bullet_list", "enumerated_list"), self._list),
            **dict.fromkeys(("definition_list", "option_list"), self._named_list),
            "field_list": self._fields,
            "docinfo": self._fields,
            "block_quote": self._quotation,
            **dict.fromkeys(("literal_block", "doctest_block", "math_block"), self._code),
            "caption": self._caption,
            "table": self._table,
        }

    def through(self, parent: nodes.Element, level: int) -> None:
        """Add what is in ``parent``; its headings are of that ``level``."""
        for node in parent.children:
            tag = node.tagname
            if tag in _LEFT_OUT:
                continue
            if tag in self._nodes:
                self._nodes[tag](node, level)
            elif tag in _TEXTS or not getattr(node, "children", None):
                self._builder.paragraph(node.astext(), code=_inline_code(node))
            else:
                self.through(node, level)

    def _list(self, node: nodes.Element, level: int) -> None:
        kind: Kind = "step" if node.tagname == "enumerated_list" else "item"
        with self._builder.block("list"):
            for item, label in zip(node.children, _labels(node), strict=False):
                with self._builder.block(kind, label):
                    self.through(item, level)

    def _named_list(self, node: nodes.Element, level: int) -> None:
        """Add a list of terms, fields or options, each with what is said of it."""
        with self._builder.block("list"):
            for item in node.children:
                parts = [child for child in item.children if child.tagname not in _BODIES]
                bodies = [child for child in item.children if child.tagname in _BODIES]
                with self._builder.block("item"):
                    self._named(parts, bodies, level)

    def _fields(self, node: nodes.Element, level: int) -> None:
        """Add fields; where one has more than a paragraph, they are a list like one of terms."""
        if any(len(body.children) > 1 for body in node.findall(lambda found: found.tagname == "field_body")):
            self._named_list(node, level)
            return
        for item in node.children:
            parts = [child.astext() for child in item.children]
            name, value = parts if item.tagname == "field" else (item.tagname.capitalize(), item.astext())
            self._builder.field(name, value)

    def _named(self, parts: list[nodes.Element], bodies: list[nodes.Element], level: int) -> None:
        """Add a name of these parts and what is said of it, of which a first paragraph stands in the same line."""
        name, code = "", list[Range]()
        for part in parts:
            name += ", " if name else ""
            code += behind(name, _inline_code(part))
            name += " ".join(part.astext().split())
        said = [child for body in bodies for child in body.children]
        name += " " if name.endswith((":", "?", "!", ".")) else ": "
        is_text = bool(said) and said[0].tagname == "paragraph"
        code += behind(name, _inline_code(said[0])) if is_text else ()
        self._builder.paragraph(name + said[0].astext() if is_text else name, code=code)
        for body in bodies:
            if is_text:
                body.remove(said[0])
                is_text = False
            self.through(body, level)

    def _caption(self, node: nodes.Element, _level: int) -> None:
        self._builder.paragraph(node.astext(), "caption", code=_inline_code(node))

    def _quotation(self, node: nodes.Element, level: int) -> None:
        with self._builder.block("quotation"):
            self.through(node, level)

    def _code(self, node: nodes.Element, _level: int) -> None:
        classes = [name for name in node.get("classes", ()) if name != "code"]
        self._builder.paragraph(node.astext(), "code", node.get("language") or (classes[0] if classes else ""))

    def _table(self, table: nodes.Element, _level: int) -> None:
        """Add a table; the rows of its head and its stub columns are headings."""
        grid: list[list[GridCell]] = []
        for group in _below(table, "tgroup"):
            stubs = sum(bool(spec.get("stub")) for spec in _below(group, "colspec"))
            for part in group.children:
                if part.tagname in ("thead", "tbody"):
                    grid += [_cells(row, stubs, is_head=part.tagname == "thead") for row in part.children]
        title = next((child.astext() for child in _below(table, "title")), "")
        is_headed = any(cell.is_heading for row in grid for cell in row)
        self._builder.rows(grid, heading=None if is_headed else False, caption=title)


_LEFT_OUT = frozenset(
    {"comment", "substitution_definition", "target", "system_message", "pending", "raw", "image", "meta", "colspec"}
)
_BODIES = frozenset({"definition", "field_body", "description"})
_TEXTS = frozenset({"paragraph", "line_block", "term", "attribution"})
_STYLES: dict[str, Style] = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}


def _labels(node: nodes.Element) -> Iterator[str]:
    """The numbers or signs of a list's items as shown."""
    style, number = _STYLES.get(node.get("enumtype", ""), "1"), int(node.get("start", 1))
    for _ in node.children:
        shown = f"{node.get('prefix', '')}{numeral(number, style)}{node.get('suffix', '.')}"
        yield shown if node.tagname == "enumerated_list" else "•"
        number += 1


def _inline_code(node: nodes.Node) -> tuple[Range, ...]:
    """The inline code in the text of a node (``documents.formats.inline_code``)."""
    from docutils import nodes as known

    return code_in((text.astext(), isinstance(text.parent, known.literal)) for text in node.findall(known.Text))


def _below(node: nodes.Element, tag: str) -> list[Any]:
    return [child for child in node.children if child.tagname == tag]


def _cells(row: nodes.Element, stubs: int, *, is_head: bool) -> list[GridCell]:
    return [
        GridCell(
            entry.astext(),
            int(entry.get("morecols", 0)) + 1,
            int(entry.get("morerows", 0)) + 1,
            is_head or column < stubs,
            _inline_code(entry),
        )
        for column, entry in enumerate(row.children)
    ]
