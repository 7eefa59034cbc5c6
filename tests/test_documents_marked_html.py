"""Web pages in which a quotation is marked, so that they open there."""

from __future__ import annotations

import re

import pytest

from documents.load import parse
from documents.marked_html import with_mark

MENU = "<html><head><title>Dump it</title></head><body><ul class=menu><li><a href=x>Dump it</a></ul>"


def marked(markup: str, words: str) -> list[str]:
    """What is marked of the page where the document's ``words`` are quoted."""
    document = parse(markup.encode(), "a.html")
    start = document.text.index(words)
    shown = with_mark(markup, document, start, start + len(words), "here")
    assert shown.count(' id="here"') == 1
    assert re.sub(r"<mark[^>]*>|</mark>", "", shown) == markup
    return re.findall(r"<mark[^>]*>(.*?)</mark>", shown, re.DOTALL)


@pytest.mark.parametrize(
    ("markup", "words", "pieces"),
    [
        (f"{MENU}<h1>Dump it</h1><p>Dump it now.", "Dump it now.", ["Dump it now"]),
        (f"{MENU}<p>Run <code>pg_dump</code>\n  it &amp; wait.", "pg_dump it & wait.",
         ["pg_dump", "\n  it &amp; wait"]),
        ("<ol><li>Open it.<li>Shut it.</ol>", "2. Shut it.", ["Shut it"]),
        ("<table><tr><th>Name<th>Size<tr><td>abc<td>30</table>", "| abc | 30 |", ["abc", "30"]),
        ("<!-- Wait here. --><script>'Wait here.'</script><p title='Wait here.>'>Wait here.</p>", "Wait", ["Wait"]),
        ("<p>Erst &uuml;ben, dann l&#246;schen.</p>", "üben, dann löschen", ["&uuml;ben, dann l&#246;schen"]),
    ],
)  # fmt: skip
def test_the_words_of_the_quotation_are_marked_in_the_source(markup: str, words: str, pieces: list[str]) -> None:
    assert marked(markup, words) == pieces


def test_of_equal_words_those_between_the_same_others_are_marked() -> None:
    markup = "<p>Contents: Locks</p><p>First part. Locks are held.</p><p>Second part. Locks are held.</p>"
    document = parse(markup.encode(), "a.html")
    start = document.text.rindex("Locks")
    shown = with_mark(markup, document, start, start + 15, "here")
    assert shown.startswith(markup[: markup.rindex("Locks")] + "<mark")


def test_without_a_quotation_the_place_is_where_the_content_begins() -> None:
    markup = "<nav><a href=x>Dump it</a></nav><h1>Backup</h1><p>Dump it.</p>"
    document = parse(markup.encode(), "a.html")
    assert '<h1><a id="here"></a>Backup</h1>' in with_mark(markup, document, 0, 0, "here")


@pytest.mark.parametrize("markup", ["<p>Other words.</p>", "", "<script>one two three", "<!--", '<a "', "<<<"])
def test_a_page_without_the_words_stays_as_it_is(markup: str) -> None:
    assert with_mark(markup, parse(b"<p>One two three.</p>", "a.html"), 0, 14, "here") == markup
