"""Word's footnotes and endnotes: the signs that stand for them in the text, and their own texts.

The signs are those of web pages, "[1]": behind a sentence they do not keep it from ending. Both kinds are counted
together, so that a sign is that of one note only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from documents.formats.docx_styles import W
from documents.formats.docx_text import REFERENCES, SIGN, is_shown, text_of

if TYPE_CHECKING:
    from docx.document import Document as Word

_Key = tuple[str, str]  # the kind of a note and its id


class Notes:
    """The notes of one document, whose references get their signs."""

    def __init__(self, word: Word) -> None:
        self._texts = dict(_texts(word))
        signs: dict[_Key, str] = {}
        for reference in word.element.body.iter(*REFERENCES):
            key = _key(reference)
            has_own = reference.get(f"{W}customMarkFollows") in ("1", "true", "on")  # in the text and in the note
            if not has_own and key in self._texts and is_shown(reference):
                reference.set(SIGN, signs.setdefault(key, f"[{len(signs) + 1}]"))

    def of(self, element: Any) -> Iterator[str]:
        """The notes to which the element refers, each where it is first referred to."""
        for reference in element.iter(*REFERENCES):
            if is_shown(reference) and (text := self._texts.pop(_key(reference), "")):
                yield f"{reference.get(SIGN, '')} {text}".strip()


def _key(reference: Any) -> _Key:
    return reference.tag.removesuffix("Reference"), reference.get(f"{W}id") or ""


def _texts(word: Word) -> Iterator[tuple[_Key, str]]:
    """The texts of footnotes and endnotes."""
    from documents.formats.xml import parse_xml

    for relation in word.part.rels.values():
        if not relation.is_external and relation.reltype.rsplit("/", 1)[-1] in ("footnotes", "endnotes"):
            for note in parse_xml(relation.target_part.blob, "notes"):
                if note.get(f"{W}type") is None and (text := " ".join(text_of(note).split())):
                    yield (note.tag, note.get(f"{W}id") or ""), text
