"""Web pages: lists with their numbers and all that is in their items, terms, quotations, code, tables."""

from __future__ import annotations

import pytest
from outlines import cells, lists, outline

from documents.blocks import Group
from documents.document import Document
from documents.grid import Grid
from documents.load import parse


def page(markup: str) -> Document:
    return parse(f"<!DOCTYPE html><html><body>{markup}</body></html>".encode(), "a.html")


@pytest.mark.parametrize(
    ("attributes", "labels"),
    [
        ("", ["1.", "2.", "3."]),
        ("start=4", ["4.", "5.", "6."]),
        ("reversed", ["3.", "2.", "1."]),
        ("reversed start=10", ["10.", "9.", "8."]),
        ("type=a", ["a.", "b.", "c."]),
        ("type=A start=26", ["Z.", "AA.", "AB."]),
        ("type=i", ["i.", "ii.", "iii."]),
        ("type=I start=4", ["IV.", "V.", "VI."]),
        ('style="list-style-type: lower-alpha"', ["a.", "b.", "c."]),
        ('style="list-style: none"', ["", "", ""]),
        ("start=0", ["0.", "1.", "2."]),
        ("start=x", ["1.", "2.", "3."]),
    ],
)
def test_numbers_of_items(attributes: str, labels: list[str]) -> None:
    document = page(f"<ol {attributes}><li>one<li>two<li>three</ol>")
    assert [label for kind, label, _ in outline(document) if kind == "step"] == labels
    assert document.text == "\n".join(
        f"{label} {word}".strip() for label, word in zip(labels, ("one", "two", "three"), strict=True)
    )


def test_an_item_may_set_the_number() -> None:
    assert page("<ol><li>a<li value=7>b<li>c</ol>").text == "1. a\n7. b\n8. c"


def test_an_item_holds_its_paragraphs_code_tables_and_lists() -> None:
    document = page(
        """<p>Do this:</p><ol><li><p>Open it.</p><p>Wait.</p><pre><code class="language-python">if x:

    y()
</code></pre></li><li>Turn it:<ul><li>left<li>right</ul></li>
<li><table><tr><th>A<th>B<tr><td>1<td>2</table></li></ol><p>Done.</p>"""
    )
    assert document.text == (
        "Do this:\n\n1. Open it.\n\n  Wait.\n\nif x:\n\n    y()\n\n2. Turn it:\n  • left\n  • right\n"
        "3.\n| A | B |\n| 1 | 2 |\n\nDone."
    )
    assert outline(document) == [
        ("list", "", "1. Open it."),
        ("step", "1.", "1. Open it."),
        ("code", "python", "if x:"),
        ("step", "2.", "2. Turn it:"),
        ("list", "", "• left"),
        ("item", "•", "• left"),
        ("item", "•", "• right"),
        ("step", "3.", "3."),
    ]
    assert document.blocks[0].end == document.tables[0].end


def test_a_list_right_within_a_list_is_a_list_of_its_own() -> None:
    assert lists(page("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>")) == [["• a", "• c"], ["• b"]]


def test_two_lists_one_after_the_other() -> None:
    assert lists(page("<ol><li>a<li>b</ol><ol><li>c</ol>")) == [["1. a", "2. b"], ["1. c"]]


def test_numbers_of_items_with_headings_are_part_of_these() -> None:
    document = page("<ol><li><h3>Install</h3><p>Copy it.</p></li><li><h3>Run</h3><p>Start it.</p></li></ol>")
    assert [section.title for section in document.sections] == ["1. Install", "2. Run"]
    assert document.text == "1. Install\n\nCopy it.\n\n2. Run\n\nStart it."
    assert document.blocks == ()


def test_a_term_and_its_definitions_are_one_item() -> None:
    document = page(
        """<dl><dt>Bow</dt><dd>The front.</dd><dt>Port</dt><dt>Larboard</dt><dd><p>The left side.</p><p>Red.</p></dd>
<dd>A harbour.</dd><div><dt>What is it?</dt><dd>A ship.</dd></div><dt>Kinds:</dt><dd><ul><li>sail</ul></dd></dl>"""
    )
    assert lists(document) == [
        [
            "Bow: The front.",
            "Port, Larboard: The left side.\n\n  Red.\n\n  A harbour.",
            "What is it? A ship.",
            "Kinds:\n  • sail",
        ],
        ["• sail"],
    ]


def test_quotations_and_code() -> None:
    document = page(
        """<blockquote><p>It rains.</p><blockquote>It snows.</blockquote></blockquote>
<div class="highlight-console"><pre>$ run  it</pre></div><pre class="brush: java">x</pre>"""
    )
    assert outline(document) == [
        ("quotation", "", "It rains."),
        ("quotation", "", "It snows."),
        ("code", "console", "$ run  it"),
        ("code", "java", "x"),
    ]


def test_a_table_with_headings_in_two_rows_groups_and_a_foot() -> None:
    document = page(
        """<table><caption>Sales</caption><thead><tr><td rowspan=2></td><th colspan=2>2023<th rowspan=2>2022
<tr><th>H1<th>H2</thead><tfoot><tr><th>Total<td>9<td>8<td>7</tfoot>
<tbody><tr><th colspan=4>North<tr><th>Kiel<td>1<td>2<td>3</tbody>
<tbody><tr><th colspan=4>South<tr><th>Ulm<td>4<td>5<td>6</tbody></table>"""
    )
    assert cells(document) == [
        [
            ["", "2023", "", "2022"], ["", "H1", "H2"], ["North"], ["Kiel", "1", "2", "3"], ["South"],
            ["Ulm", "4", "5", "6"], ["Total", "9", "8", "7"],
        ]
    ]  # fmt: skip
    (table,) = document.tables
    assert (table.headings, table.labels) == ((0, 1), 1)
    assert table.groups == (Group(2, 3), Group(4, 5))
    assert table.caption is not None
    assert document.text[slice(*table.caption)] == "Sales"
    grid = Grid(document.text, table)
    assert [document.text[cell.start : cell.end] for cell in grid.column_headings(3, 2)] == ["2023", "H2"]
    assert [document.text[cell.start : cell.end] for cell in grid.row_headings(3)] == ["North", "Kiel"]


def test_headings_in_the_first_column_only() -> None:
    document = page("<table><tr><th scope=row>Name<td>Ann<tr><th>Phone<td><tr><th>Town<td>Bonn</table>")
    (table,) = document.tables
    assert (table.headings, table.labels, table.groups) == ((), 1, ())


def test_headings_that_are_repeated_within_a_table() -> None:
    rows = "<tr><th>Town<th>Sold<tr><td>Bonn<td>1<tr><th>Town<th>Lost<tr><td>Ulm<td>2"
    assert page(f"<table>{rows}</table>").tables[0].headings == (0, 2)


def test_a_caption_of_a_figure_belongs_to_the_table_in_it() -> None:
    table = "<table><tr><th>A<th>B<tr><td>{}<td>2</table>"
    document = page(
        f"<figure>{table.format(1)}<figcaption>First</figcaption></figure>"
        f"<figure><figcaption>Second</figcaption>{table.format(2)}</figure>"
    )
    captions = [document.text[slice(*own.caption)] for own in document.tables if own.caption]
    assert captions == ["First", "Second"]


def test_a_table_for_layout_is_no_table() -> None:
    layout = "<table><tr><td><p>Left.</p><td><table><tr><th>A<th>B<tr><td>1<td>2</table></table>"
    document = page(f"{layout}<table><tr><td>A box.</table>")
    assert document.text == "Left.\n\n| A | B |\n| 1 | 2 |\n\nA box."
    assert len(document.tables) == 1


def test_signs_in_cells_of_their_own_are_joined_to_their_figures() -> None:
    document = page(
        "<table><tr><th>Item<th colspan=3>2023<th colspan=2>Change<tr><td>Loss<td>$<td>(805<td>)<td>4<td>%"
        "<tr><td>Costs<td><td>7<td><td>$<td>n/a</table>"
    )
    assert cells(document)[0][1:] == [["Loss", "", "$(805)", "", "4%"], ["Costs", "", "7", "", "$", "n/a"]]


def test_a_numbered_line_above_a_table_is_its_caption() -> None:
    document = page("<p>Text.</p><p>Table 3: Prices</p><table><tr><th>Item<th>Price<tr><td>Tea<td>2</table>")
    assert document.tables[0].caption is not None
    assert document.text[slice(*document.tables[0].caption)] == "Table 3: Prices"
    assert outline(document) == [("caption", "", "Table 3: Prices")]


def test_lists_in_cells_keep_their_labels() -> None:
    document = page(
        "<table><tr><th>Bin<th>For<tr><td>Blue<td><ul><li>paper<li>card</ul><tr><td>Red<td><ol><li>tins<li>oil</ol></table>"
    )
    assert cells(document) == [[["Bin", "For"], ["Blue", "• paper • card"], ["Red", "1. tins 2. oil"]]]


def test_lists_and_fields_typed_by_hand() -> None:
    document = page("<p>Bring:</p><p>- boots</p><p>- rope</p><p>1) open it<br>2) close it</p><p>Size: 3 m</p>")
    assert lists(document) == [["- boots", "- rope"], ["1) open it", "2) close it"]]
    assert ("field", "Size", "Size: 3 m") in outline(document)


def test_a_span_to_the_end_and_spans_without_sense() -> None:
    document = page("<table><tr><th>A<th>B<tr><td rowspan=0>x<td colspan=-1>1<tr><td rowspan=zz>2</table>")
    assert cells(document) == [[["A", "B"], ["x", "1"], ["", "2"]]]


NEIGHBOURS = "<link rel=prev href=a.html><link rel=next href=c.html><link rel=up href=index.html>"
CONTENT = "<h2>Dump</h2>" + "<p>The dump is a file with commands, which are fed back to the server.</p>" * 9


@pytest.mark.parametrize(
    "heading",
    [
        '<section id=dump><h2>Dump<a class=headerlink href="#dump">¶</a></h2>',
        '<h2 id=dump>Dump <a href="#dump" title="Permanent link">§</a></h2>',
        '<h2><a name=dump></a>Dump <a href="#dump">#</a></h2>',
        '<dl><dt id=dump>Dump<a href="#dump"><span>\uf0c1</span></a></dt><dd>of all</dd></dl>',
        '<table id=dump><caption>Dump<a href="#dump">¶</a></caption><tr><th>A<th>B<tr><td>1<td>2</table>',
    ],
)
def test_the_sign_with_which_a_heading_links_to_itself_is_no_content(heading: str) -> None:
    document = page(f"{heading}<p>It is made.<p>")
    assert document.text.startswith("Dump")
    assert not set(document.text) & set("¶§#\uf0c1")


def test_a_sign_that_links_elsewhere_is_content() -> None:
    assert page('<p>Five stars<a href="#note">*</a></p><p id=note>* of six</p>').text == "Five stars*\n\n* of six"


@pytest.mark.parametrize(
    "row",
    [
        "<div class=navheader><table><tr><th colspan=3>Dump<tr><td><a href=a.html>Prev</a><th>Chapter 25"
        "<td><a href=c.html>Next</a></table></div>",
        "<table><tr><td>[<a href='a.html#x'> &lt; Start </a>]<td>[<a href=index.html>Top</a>]</table>",
        "<p>Next: <a rel=next href=c.html>Files</a>, Up: <a rel=up href=index.html>Backup</a></p>",
        "<div><a href=a.html>&lt;-previous</a><a href=x.html>contents</a><p></div>",
        "<p class=top><a href=m.html>Modules</a> | <a href=f.html>FAQ</a> | <a href=s.html>Sitemap</a></p>",
        "<div id=path><a href=/>Apache</a> &gt; <a href=/d>Documentation</a></div>",
    ],
)
def test_rows_of_links_around_the_content_are_left_out(row: str) -> None:
    markup = f"<html><head>{NEIGHBOURS}</head><body>{row}{CONTENT}{row}</body></html>"
    assert parse(markup.encode(), "a.html").text == page(CONTENT).text


@pytest.mark.parametrize(
    "words",
    [
        "<p>As <a href=a.html>the last chapter</a> says, and <a href=c.html>the next</a> shows.</p>",
        "<p><a href=a.html>pg_dumpall</a>, <a href=c.html>pg_restore</a></p>",
        "<ul><li><a href=1.html>one</a> | <a href=2.html>two</a></li></ul>",
        "<table><tr><th>Module<th>Page<tr><td><a href=1.html>core</a><td><a href=2.html>mime</a></table>",
    ],
)
def test_links_in_sentences_lists_and_tables_are_content(words: str) -> None:
    whole = parse(f"<html><head>{NEIGHBOURS}</head><body>{CONTENT}{words}</body></html>".encode(), "a.html")
    assert len(whole.text) > len(page(CONTENT).text)


def test_inline_code_is_known_in_paragraphs_headings_terms_items_and_cells_and_changes_no_text() -> None:
    document = page(
        "<h2>The <code>serve</code> command</h2><p>Start <code> desk\n serve</code>, or press "
        "<kbd>Ctrl</kbd>+<kbd><tt>C</tt></kbd>, see <a href=x>the <code>man</code></a>.</p>"
        "<dl><dt><code>-p</code></dt><dt><code>--port</code></dt><dd>The <tt>port</tt>.</dl>"
        "<ul><li>a <code>b</code><ul><li><code>d</code></ul></ul>"
        "<table><tr><th>Flag<th>Use<tr><td><code>-v</code><td>say <samp>more now</samp></table>"
        "<pre>x <code>y</code></pre><p>end</p>"
    )
    assert [document.text[start:end] for start, end in document.inline_code] == [
        *("serve", "desk serve", "Ctrl", "C", "man", "-p", "--port", "port", "b", "d", "-v", "more now")
    ]
    assert document.text.startswith(
        "The serve command\n\nStart desk serve, or press Ctrl+C, see the man.\n\n-p, --port: "
    )


@pytest.mark.parametrize(
    "markup", ["<code></code> a", "<code><p>a</p></code>", "<p>a\u00adb <code>c</code>", "<code>a"]
)
def test_code_that_cannot_be_placed_is_no_error(markup: str) -> None:
    document = page(f"{markup}<p>b</p>")
    assert all(document.text[start:end].strip() for start, end in document.inline_code)


@pytest.mark.parametrize("charset", ["iso-8859-1", "ISO-8859-1", "latin1", "us-ascii", "windows-1252"])
def test_latin_1_is_read_as_browsers_read_it(charset: str) -> None:
    markup = f'<meta charset="{charset}"><p>It’s €100 – don’t wait</p>'
    assert parse(markup.encode("cp1252"), "a.html").text == "It’s €100 – don’t wait"


def test_the_button_that_unfolds_an_answer_is_its_heading_and_other_buttons_say_nothing() -> None:
    document = page("<h2><button>How do I return it?</button></h2><p>Within 30 days. <button>Copy</button></p>")
    assert document.text == "How do I return it?\n\nWithin 30 days."
    assert [section.title for section in document.sections] == ["How do I return it?"]


def test_a_cell_or_heading_that_is_only_a_picture_says_what_stands_for_it() -> None:
    table = '<table><tr><th>Plan<th>SSO<tr><td>Free<td><img alt="No"><tr><td>Team<td><img alt="x" hidden>'
    document = page(f'<h1><img alt="Our plans"></h1>{table}<tr><td>Firm<td><img alt="tick"> Yes</table>')
    assert document.text == "Our plans\n\n| Plan | SSO |\n| Free | No |\n| Team |\n| Firm | Yes |"


def test_utf_8_that_calls_itself_latin_1_is_read_as_utf_8() -> None:
    markup = '<meta charset="iso-8859-1"><p>Die Gebühr beträgt 5 € – für alle</p>'
    assert parse(markup.encode(), "a.html").text == "Die Gebühr beträgt 5 € – für alle"


@pytest.mark.parametrize(
    "code",
    [
        "<pre><code><div class=line>a = 1</div><div class=line>  b = 2</div></code></pre>",
        "<pre><div class=line>a = 1\n</div><div class=line>  b = 2\n</div></pre>",
        "<pre><ol class=linenums><li><span>a = 1</span></li><li>  b = 2</li></ol></pre>",
        "<table><tr><td class=linenos><div><pre>9\n10</pre></div></td><td><div><pre><span></span>a = 1\n  b = 2\n</pre>"
        "</div></td></tr></table>",
        "<pre><code><table><tr><td><pre>1\n2\n</pre></td><td><pre>a = 1\n  b = 2\n</pre></td></tr></table></pre>",
    ],
)
def test_code_keeps_its_lines_and_not_their_numbers(code: str) -> None:
    document = page(f"<p>Write:</p>{code}<p>Then run it.</p>")
    assert document.text == "Write:\n\na = 1\n  b = 2\n\nThen run it."
    assert [block.kind for block in document.blocks] == ["code"]


@pytest.mark.parametrize(
    "around",
    [
        "<div role=dialog aria-label=Privacy><h2>We value your privacy</h2><p>We and 700 others store data.</p></div>",
        "<ol class=breadcrumb><li><a href=/>Home</a><li><a href=/help>Help</a><li class=active>Returns</ol>",
        "<button aria-expanded=false>Menu</button><ul class=menu><li><a href=a>Shop</a><li><a href=b>Help</a></ul>",
    ],
)
def test_dialogs_paths_and_buttons_of_menus_are_around_the_content(around: str) -> None:
    words = "Returns are free for thirty days from the day on which the parcel was brought, and later they cost 5 €."
    assert page(f"{around}<p>{words}</p>").text == words


def test_the_button_that_unfolds_what_is_below_it_says_what_that_is_about() -> None:
    document = page(
        "<div><button aria-expanded=false aria-controls=a>Can I swap it?</button><div id=a><p>In any shop.</div></div>"
    )
    assert document.text == "Can I swap it?\n\nIn any shop."


@pytest.mark.parametrize("kind", ["epub:type=footnote", "role=doc-footnote"])
def test_a_footnote_of_a_publication_is_content(kind: str) -> None:
    note = f"<aside {kind}><p>* Not all of them.</p></aside>"
    assert page(f"<p>Boats float*.</p>{note}<aside>Buy boats!</aside>").text == "Boats float*.\n\n* Not all of them."


LONG = "<p>What is paid back to members of staff who travel, and to whom they write for it, is said here.</p>"


def test_short_lines_in_bold_above_others_are_headings() -> None:
    document = page(
        f"<h2>Expenses</h2>{LONG}<p><b>Travel by train</b></p>{LONG}<p>&nbsp;</p><div><strong>Who pays?</strong></div>"
        f"<ul><li>The department that sends you.</ul>{LONG}<h3>Contact</h3>{LONG}<p><strong>Post</strong></p>{LONG}"
    )
    assert [(section.level, section.title) for section in document.sections] == [
        (2, "Expenses"), (3, "Travel by train"), (3, "Who pays?"), (3, "Contact"), (4, "Post"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "<p><b>Acme Ltd</b></p><p><b>High Street</b></p>",
        "<p><b>Please write to us.</b></p>",
        "<p><b>Only half</b> of it</p>",
        "<p><b>Note:</b></p>",
        "<p><b>Default: on</b></p>",
        "<p><b><a href=x.html>Read more</a></b></p>",
        "<p><b>Table 1: Rates</b></p>",
        "<div><p><b>Loan Calculator</b></p><div><img alt='A window'></div></div>",
        "<table><tr><td><p><b>Name</b></p><p>Ann</p></td><td>1</td></tr><tr><td>a</td><td>b</td></tr></table>",
        "<ul><li><p><b>Ferry</b></p><p>It goes at nine.</p></ul>",
    ],
)
def test_other_words_in_bold_are_no_headings(line: str) -> None:
    assert page(f"{LONG}{line}{LONG}").sections == ()


def test_in_a_page_in_bold_no_line_stands_out() -> None:
    assert page("<p>Read it.</p><p><b>Notice</b></p><p>Not <b>that all of this is in bold</b>.</p>").sections == ()


@pytest.mark.parametrize(
    "heading",
    [
        "<h2>Dump<span class=x><span>[</span><a href='/w?action=edit'>Bearbeiten</a><span>]</span></span></h2>",
        "<h2>Dump<span>[<a href='/w?a=1'>edit</a> | <a href='/w?a=2'>edit source</a>]</span></h2>",
        "<div><h2>Dump</h2><span>[<a href='/w?action=edit'>edit</a>]</span></div>",
        "<h2 id=dump>Dump<a href='/manual/backup.html#dump'>#</a></h2>",
    ],
)
def test_links_to_edit_a_section_and_signs_with_its_whole_address_are_no_content(heading: str) -> None:
    assert page(f"{heading}<p>It is made.").text == "Dump\n\nIt is made."


def test_notes_and_words_in_brackets_beside_a_heading_are_content() -> None:
    document = page(
        "<h2>Dump<span>[<a href='#n1'>1</a>]</span> <span>[<a href=x>new</a> in 9]</span></h2><p>It is made."
    )
    assert document.text == "Dump[1] [new in 9]\n\nIt is made."


@pytest.mark.parametrize(
    "parts",
    [
        "<button>Can I swap it?</button><div>In any shop.</div><button>Who pays?</button><div>You.</div>",
        "<button>Can I swap it?</button><div hidden>In any shop.</div><button>Who pays?</button><div hidden>You.</div>",
        "<div>Can I swap it?</div><div style='display:none'>In any shop.</div><div>Who pays?</div>"
        "<div style='display: none'>You.</div>",
        "<div><p>Can I swap it?</p><p hidden>In any shop.</p></div><div><p>Who pays?</p><p hidden>You.</p></div>",
    ],
)
def test_what_lines_unfold_by_turns_is_read_below_them(parts: str) -> None:
    assert page(f"<h2>Questions</h2>{parts}").text.split("\n\n") == [
        "Questions", "Can I swap it?", "In any shop.", "Who pays?", "You.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ("<button>Copy</button><div>a = 1</div><button>Copy</button><div>b = 2</div>", "a = 1\n\nb = 2"),
        ("<button>Menu</button><div hidden>Home</div><p>Text", "Text"),
        ("<div>Text</div><div hidden>Loading</div><p>More", "Text\n\nMore"),
    ],
)
def test_other_buttons_and_what_is_hidden_below_a_line_are_no_content(parts: str, text: str) -> None:
    assert page(parts).text == text


def rows_of_headings(rows: list[tuple[str, str]]) -> tuple[int, ...]:
    markup = "".join("<tr>" + "".join(f"<td>{text}" for text in row) for row in rows)
    return page(f"<table>{markup}</table>").tables[0].headings


@pytest.mark.parametrize(
    "rows",
    [
        [("Name", "Ann Lee"), ("Born", "5 May 1990"), ("E-mail", "ann@example.org"), ("Department", "Sales")],
        [("<b>Name</b>", "Ann Lee"), ("<b>Role</b>", "Clerk"), ("<b>Office</b>", "")],
        [("S", "Select area"), ("C", "Capture screen"), ("W", "Capture window")],
        [("h", "Left"), ("Backspace", "Left"), ("l", "Right")],
        [("Shift", "Left"), ("Backspace", "Left"), ("Space", "Right")],
    ],
)
def test_labels_and_values_have_no_headings(rows: list[tuple[str, str]]) -> None:
    assert rows_of_headings(rows) == ()


@pytest.mark.parametrize(
    "rows",
    [
        [("Part of the day", "Time"), ("Morning break", "10:40–11:00"), ("Lunch", "12:40–13:30")],
        [("Expression", "Meaning"), ("f:John", "Messages from John"), ("f:Ann", "Messages from Ann")],
        [
            ("Name", "E-mail"),
            ("Ann Lee", "ann@example.org"),
            ("Bob Roe", "bob@example.org"),
            ("Cy Dee", "none, room 3"),
        ],
        [("Room", "Price"), ("Single", "50 €"), ("Double", "80 € a night"), ("Suite", "on request")],
        [("x", "y"), ("a", "1"), ("b", "2")],
        [("<b>Name</b>", "<b>Office</b>"), ("<b>Ann</b>", "Attic"), ("<b>Bob</b>", "Basement")],
    ],
)
def test_columns_of_one_kind_keep_their_headings(rows: list[tuple[str, str]]) -> None:
    assert rows_of_headings(rows) == (0,)


def test_the_number_of_a_note_is_raised_where_it_is_a_link_too() -> None:
    notes = [f"<sup><a href=#n>{sign}</a></sup>" for sign in ("1", "2", "[3]")]
    assert page("<p>50 euros{}<h2>Fees{}</h2><p>All{}".format(*notes)).text == "50 euros¹\n\nFees²\n\nAll[3]"
