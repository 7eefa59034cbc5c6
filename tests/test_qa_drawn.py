"""Ranges of documents as HTML: code, lists and tables are drawn as what they are, and no character is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_qa_render import Reader

from documents.document import Document
from documents.formats import markdown, text
from documents.load import parse
from qa.serving.html.drawn import drawn
from qa.serving.html.marked_words import UNMARKED, Marks
from qa.serving.html.messages import words_of

README = """# Desk `serve`

Start it with `desk serve -p 80`, which is
wrapped here. It is **fast**, see [the
manual](https://desk.example/m) and [below](#stop).

Do this:

1. Open *two* shells:
   ```sh
   desk serve
     --port 80
   ```
2. Stop it
   - with `kill`
   - [x] with care

| Flag | Use |
|------|-----|
| `-p` | the port |

> Ann said:
> so be it.

    indented
      code
"""


def shown(document: Document, first: str = "", last: str = "", marks: Marks = UNMARKED) -> str:
    """The HTML from the words ``first`` to ``last``, without what has no words."""
    start = document.text.index(first) if first else 0
    end = document.text.index(last, start) + len(last) if last else len(document.text)
    html = drawn(document, start, end, words_of(), marks).html
    html = re.sub(r' (?:dir|tabindex|role|aria-label|type)="[^"]*"', "", html)
    return re.sub(r'<button class="copy-code">Copy</button>', "", html)


def test_markdown_is_drawn_without_its_signs() -> None:
    assert shown(markdown.parse(README)) == (
        '<p class="heading">Desk <code>serve</code></p>'
        "<p>Start it with <code>desk serve -p 80</code>, which is\nwrapped here. It is <strong>fast</strong>, see the\n"
        "manual<small>(https://desk.example/m)</small> and below.</p>"
        "<p>Do this:</p>"
        '<ul><li><span class="label">1.</span> Open <em>two</em> shells:'
        '<div class="code"><pre><code>desk serve\n  --port 80</code></pre></div></li>'
        '<li><span class="label">2.</span> Stop it'
        '<ul><li><span class="label">•</span> with <code>kill</code></li>'
        '<li><span class="label">☑</span> with care</li></ul></li></ul>'
        '<div class="rows"><table><tr><th>Flag</th><th>Use</th></tr><tr><td><code>-p</code></td><td>the port</td></tr>'
        "</table></div>"
        "<blockquote><p>Ann said:\n<br>so be it.</p></blockquote>"
        '<div class="code"><pre><code>indented\n  code</code></pre></div>'
    )


def test_a_part_is_drawn_as_what_it_is_a_part_of() -> None:
    document = markdown.parse(README)
    assert shown(document, "--port", "80") == '<div class="code"><pre><code>  --port 80</code></pre></div>'
    assert shown(document, "serve -p", "80`") == "<code>serve -p 80</code>"
    assert shown(document, "| `-p`", "port |") == (
        '<div class="rows"><table><tr><td><code>-p</code></td><td>the port</td></tr></table></div>'
    )
    assert shown(document, "2. Stop it", "Stop it") == '<span class="label">2.</span> Stop it'


def test_of_other_formats_signs_are_words() -> None:
    words = "Use `it` and **that** in 2 * 3 * 4."
    assert shown(text.parse(words)) == words
    page = parse(b"<p>Run:</p><pre>a  `b`\n\n  c</pre><p>one<br>two</p>", "a.html")
    assert shown(page) == (
        '<p>Run:</p><div class="code"><pre><code>a  `b`\n\n  c</code></pre></div><p>one\n<br>two</p>'
    )


def test_wrapped_lines_flow_and_lines_that_are_meant_stay() -> None:
    wrapped = "The keeper of the lighthouse has painted it, and the town pays for\nthe paint each year.\n\n"
    assert "<br>" not in shown(text.parse(wrapped + "The end is near now, as all can see in the town.\n"))
    assert shown(text.parse("Roses are red\nViolets are blue")) == "Roses are red\n<br>Violets are blue"
    spaced = "north   south\n   left      right"
    assert shown(Document(spaced)) == f'<p class="aligned">{spaced}</p>'


def test_what_is_marked_is_marked_in_every_block_and_the_rest_is_around_it() -> None:
    document = markdown.parse("One. Two `x y`.\n\n- three\n- four\n")
    place = (document.text.index("Two"), document.text.index("three") + 5)
    html = shown(document, marks=Marks([place], place, "here", with_around=True))
    assert html == (
        '<p><span class="around">One. </span><mark id="here">Two <code>x y</code>.</mark></p>'
        '<ul><li><span class="label"><mark>•</mark></span> <mark>three</mark></li>'
        '<li class="around"><span class="label"><span class="around">•</span></span> '
        '<span class="around">four</span></li></ul>'
    )


RANGES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5)


@given(st.text("ab1 .\n-|>`*#é<&\U0001f409", max_size=60), RANGES, st.integers(0, 60), st.integers(0, 60))
def test_no_character_is_lost_whatever_is_marked(
    words: str, ranges: list[tuple[int, int]], start: int, end: int
) -> None:
    start, end = sorted((min(start, len(words)), min(end, len(words))))
    for document, signs in ((Document(words), ""), (markdown.parse(words), "`*#>|-•☐☑[]()~=:\n")):
        read = Reader(str(drawn(document, start, end, words_of(), Marks(ranges)).html))
        told = read.text.replace("Copy", "")

        def bare(text: str, signs: str = signs) -> str:
            return "".join(char for char in text if not char.isspace() and char not in signs)

        assert bare(told) == bare(words[start:end])
        held = {at for left, right in ranges for at in range(left, right)}
        assert not set("".join(read.marked)) - set("☑☐•\n") - {words[at] for at in held if at < len(words)}


@pytest.mark.parametrize("parse", [markdown.parse, text.parse])
def test_hostile_text_is_only_text(parse: Callable[[str], Document]) -> None:
    hostile = (
        "[x](javascript:alert(1)) <img src=x onerror=alert(2)> `</code><script>` ![y](https://e.example/p) **<b>**"
    )
    read = Reader(str(drawn(parse(hostile), 0, len(hostile), words_of()).html))
    assert set(read.tags) <= {"p", "code", "strong", "small"}
    assert not {"href", "src", "onerror"} & {name for name, _ in read.attributes}


def test_inline_code_of_a_web_page_is_drawn_as_code() -> None:
    document = parse(
        b"<!DOCTYPE html><html><body><p>Run <code>desk &lt;b&gt;</code> now.</p><table><tr><th>Flag<th>Use"
        b"<tr><td><code>-p</code><td>x</table></body></html>",
        "a.html",
    )
    assert "Run <code>desk &lt;b&gt;</code> now." in shown(document)
    assert "<td><code>-p</code></td>" in shown(document)
    assert shown(document, "esk", "now") == "<code>esk &lt;b&gt;</code> now"
