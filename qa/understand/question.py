"""What a question is about, by its words: the names that evidence must mention, and the words that carry meaning.

A light analysis of English questions; in other languages only identifiers are names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from documents.language import identify
from documents.vocabulary import Vocabulary
from documents.words import IDENTIFIER, compounds
from index.analyse import STOP_WORDS
from index.query import Query
from qa.understand.question_type import QuestionType

_SENTENCE_START = re.compile(r"(?:^|[^\W\d_]{4,}[.?!]\s+)[\"“‘'(\[¿¡]*$")
_MEASURED = re.compile(r"\A(\d+)-[a-z]{2,}(?:-old)?\Z")  # "a 51-week contract": of 51 weeks
_TITLES = Vocabulary("qa").words_of("titles_in_questions")


@dataclass(frozen=True, slots=True)
class Question(Query):
    """A query and what it asks for.

    - ``names``: the tokens that evidence must mention: proper nouns, acronyms, identifiers and numbers, as written;
    - ``content``: all words but stop words, in lower case;
    - ``asked``: what kind of answer it asks for (``qa.understand.question_type``), "fact" until that is known;
    - ``otherwise``: another reading of what was asked, tried where this one finds nothing; None where there is none;
    - ``spoken_of``: the ids of the documents that the conversation before it is about;
    - ``stands_alone``: whether it is read by itself alone, as it surely leaves out nothing that was said before it, or
      no model reads its language.
    """

    names: tuple[str, ...]
    content: tuple[str, ...]
    asked: QuestionType = "fact"
    otherwise: OtherReading | None = None
    spoken_of: frozenset[str] = frozenset()
    stands_alone: bool = False

    @property
    def most_sentences(self) -> int:
        """How many sentences an answer may take: up to three where things are listed or explained."""
        return 3 if self.asked in ("list", "explanation", "steps") else 1


class OtherReading(NamedTuple):
    """Another question that was perhaps meant.

    - ``names``: the tokens that evidence must mention;
    - ``at_least``: how sure its answer has to be;
    - ``doubted``: the confidence below which it is read beside an answer to the question, too.
    """

    text: str
    names: tuple[str, ...]
    at_least: float
    doubted: float = 0.0


def asks(sentence: str) -> bool:
    """Whether the sentence is a question."""
    return sentence.rstrip("”\"'’)»*_ ").endswith(("?", "？", "؟"))


def analyse(text: str) -> Question:
    """The question that ``text`` asks."""
    tokens = [(token.text, token.start) for token in compounds(text)]
    language = identify(text)
    # Capitals mark names in English; other languages may have none, or begin all nouns with one.
    marked = tokens if language.is_english else []
    proper = [token for token, start in marked if _is_name(text, token, start)]
    names = tuple(dict.fromkeys(_MEASURED.sub(r"\1", name) for name in (*proper, *IDENTIFIER.findall(text))))
    content = tuple(dict.fromkeys(token.casefold() for token, _ in tokens if token.casefold() not in STOP_WORDS))
    return Question(text, language, names, content)


def _is_name(text: str, token: str, start: int) -> bool:
    if any(character.isdigit() for character in token):
        return True
    if re.split("['’]", token.casefold())[0] in STOP_WORDS | _TITLES or not any(
        character.isupper() for character in token
    ):
        return False
    inner_capital = any(character.isupper() for character in token[1:])
    return inner_capital or not _SENTENCE_START.search(text[:start])
