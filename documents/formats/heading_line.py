"""What a line that stands out by its letters has to be like to be a heading, in files that say nothing of headings."""

from __future__ import annotations

MOST_LETTERS = 120
_MOST_WORDS = 18
_ENDS = (":", "!", "。", "，", "；", "：", "！")  # of a lead-in or sentence in bold


def is_heading_line(text: str) -> bool:
    """Whether the text is short, begins like a heading, does not end like a sentence, and is of words mostly."""
    return (
        0 < len(text) <= MOST_LETTERS
        and len(text.split()) <= _MOST_WORDS
        and text[-1] not in ".,;"
        and not (text[0].islower() or text[0] == "(")
        and 2 * sum(map(str.isalpha, text)) >= len(text)
    )


def is_bold_heading(text: str) -> bool:
    """Whether a text that is in bold is one line like a heading, and no lead-in or sentence."""
    return is_heading_line(text) and "\n" not in text and not text.endswith(_ENDS)
