"""What a line that stands out by its letters has to be like to be a heading, in files that say nothing of headings."""

from __future__ import annotations

MOST_LETTERS = 120
NO_HEADING = (":", "!", "。", "，", "；", "：", "！")  # ends of a lead-in or sentence in bold
_MOST_WORDS = 18


def is_heading_line(text: str) -> bool:
    """Whether the text is short, begins like a heading, does not end like a sentence, and is of words mostly."""
    return (
        0 < len(text) <= MOST_LETTERS
        and len(text.split()) <= _MOST_WORDS
        and text[-1] not in ".,;"
        and not (text[0].islower() or text[0] == "(")
        and 2 * sum(map(str.isalpha, text)) >= len(text)
    )
