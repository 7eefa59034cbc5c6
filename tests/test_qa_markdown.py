"""Text of documents where it is rendered as Markdown: it is shown, and nothing of it comes to life."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa.serving.html.markdown import escaped, unescaped

HOSTILE = (
    "![x](http://evil.example/x.png)", "![1](http://evil.example/1.png)", "[x](javascript:alert(1))",
    "[1](javascript:alert(1))", "[1]: http://evil.example/", "<img src=x onerror=alert(1)>", "<javascript:alert(1)>",
    "&lt;b&gt;", "\\<img src=x>", "\\[x](http://evil.example/)", "# Big", "```html", "~~~", "| a | b |", "*a* __b__",
)  # fmt: skip


def rendered(markdown: str) -> str:
    """As a client renders it that trusts HTML."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


def tags(markdown: str) -> set[str]:
    """The elements that come of it, without those of plain paragraphs and lists."""
    return set(re.findall(r"<(\w[\w-]*)", rendered(markdown))) - {"p", "ul", "ol", "li", "br"}


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_of_a_document_is_shown_as_it_is(text: str) -> None:
    assert tags(f"{escaped(text)}[1]\n\n- [1] {escaped(text)}") == set()
    shown = rendered(escaped(text)).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert text in shown


@given(st.text("\\`*_<>#|~&[]()! 1a\n"))
def test_what_was_escaped_is_had_back(text: str) -> None:
    assert unescaped(escaped(text)) == text
