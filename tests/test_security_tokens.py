"""Names and numbers are compared as whole words: a sentence about Zarn55 does not answer a question about Zarn5."""

from __future__ import annotations

from dataclasses import replace

import pytest

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa import settings
from qa.answer import Answer
from qa.assistant.compose import Models, document_reader, load_models
from qa.check.claims.tokens import contains_words, look_alikes, to_whole_words
from qa.check.verifier import SupportVerifier

REST = "\n\nThe library is open on weekdays. Visitors may bring their own lunch.\n"

OF_ANOTHER = [
    ("Zarn55 costs 20 euros.", "What does Zarn5 cost?"),
    ("ZARN55 costs 20 euros.", "What does zarn5 cost?"),
    ("Zarn-55 costs 20 euros.", "What does Zarn-5 cost?"),
    ("Zarn5Pro costs 20 euros.", "What does Zarn5 cost?"),
    ("The printer X1000 weighs 12 kilograms.", "How much does the X100 weigh?"),
    ("Version v2.1 was released in March 2020.", "When was v2 released?"),
    ("Section 41 governs the disposal of batteries.", "What does Section 4 govern?"),
    ("Form 10-Q must be filed every quarter by the company.", "When must Form 10-K be filed?"),
    ("Vitamin B12 is found in meat and fish.", "Where is vitamin B1 found?"),
    ("Python 3.11 added exception groups.", "What did Python 3.1 add?"),
    ("5.3.0 of the ticket machine came out on 28 April.", "When does Turnstone 5.3.1 come out?"),
    ("EN 50128-2 describes railway software.", "What does EN 50128-3 describe?"),
    ("Room 12B is on the third floor.", "On which floor is room 12?"),
    ("In 20210 cases the appeal was granted by the court.", "How many appeals were granted in 2021?"),
    ("Chapter VIII deals with taxes.", "What does Chapter VII deal with?"),
    ("Smithson founded the company in 1920.", "When did Smith found the company?"),
]
OF_ITSELF = [
    ("Zarn5 costs 20 euros.", "What is Zarn5's price?", "20 euros"),
    ("Zarn5's price is 20 euros.", "What is the price of Zarn5?", "20 euros"),
    ("ZARN5 costs 20 euros.", "What does zarn5 cost?", "20 euros"),
    ("The Boeing-747 carries 400 passengers.", "How many passengers does the Boeing 747 carry?", "400"),
    ("The Boeing 747 carries 400 passengers.", "How many passengers does the Boeing-747 carry?", "400"),
    ("The part RX480 costs 200 dollars.", "How much does the part RX-480 cost?", "200 dollars"),
    ("The MP3s are stored in the folder Music.", "Where is the MP3 stored?", "Music"),
    ("Chinese exports rose by 5 percent.", "By how much did exports of China rise?", "5 percent"),
    ("The X1000 weighs 12 kilograms. The X100 weighs 4 kilograms.", "How much does the X100 weigh?", "4 kilograms"),
    ("The X100 weighs 4 kilograms. The X1000 weighs 12 kilograms.", "How much does the X1000 weigh?", "12 kilograms"),
]


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(settings.read())


def ask(models: Models, text: str, question: str) -> Answer:
    return document_reader(models, 15).ask(question, Document(text + REST), "a.txt")


@pytest.mark.parametrize(("text", "question"), OF_ANOTHER)
def test_a_sentence_about_a_look_alike_is_no_answer(models: Models, text: str, question: str) -> None:
    answer = ask(models, text, question)
    assert not answer.answered, answer.text


def test_how_little_a_look_alike_counts_does_not_depend_on_the_discount_that_was_fitted(models: Models) -> None:
    undiscounted = replace(models, calibration=replace(models.calibration, absent_discount=1.0))
    assert not ask(undiscounted, *OF_ANOTHER[0]).answered


@pytest.mark.parametrize(("text", "question", "right"), OF_ITSELF)
def test_a_name_may_be_written_in_other_forms(models: Models, text: str, question: str, right: str) -> None:
    answer = ask(models, text, question)
    assert answer.answered
    assert right in answer.statements[0].text
    short = answer.short_answer  # none where what is said of the look-alike is about as likely
    assert short is None or contains_words(answer.statements[0].text, short)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("240 people live in Harl.", "1,240 people live in Harl."),
        ("Zarn5 costs 20 euros.", "Zarn55 costs 20 euros."),
        ("Version v2 was released in March.", "Version v2.1 was released in March."),
    ],
)
def test_a_written_sentence_about_a_look_alike_is_not_supported(models: Models, claim: str, text: str) -> None:
    document = Document(text + REST)
    passage = Passage(Chunk(document, 0, len(document.text)), Source("a.txt", document.id), 0.0)
    assert not SupportVerifier(models.entailment).verify(claim, [passage]).supported


@pytest.mark.parametrize(
    ("text", "part", "contained"),
    [
        ("founded in 1577, it", "15", False),
        ("founded in 1577, it", "1577", True),
        ("the 1,240 people", "240", False),
        ("the 1,240 people", "1,240", True),
        ("in 2020, 240 people", "240", True),
        ("about 3.11 or 11", "11", True),
        ("about 3.11", "11", False),
        ("about 3.11", "3.1", False),
        ("Zarn55", "Zarn5", False),
        ("Zarn5's", "Zarn5", True),
        ("北京有两千个基站", "两千", True),
        ("café", "caf", False),
        ("anything", "", False),
    ],
)
def test_a_text_contains_a_part_of_whole_words_and_numbers_only(text: str, part: str, contained: bool) -> None:
    assert contains_words(text, part) == contained


def test_a_range_is_extended_to_whole_words_and_numbers() -> None:
    text = "More than 1,240 people and v2.1 in 20210."
    cut = {"1": "1,240", "240 people": "1,240 people", "v2": "v2.1", "0.": "20210.", " and": " and"}
    assert {part: text[slice(*to_whole_words(text, at := text.index(part), at + len(part)))] for part in cut} == cut


@pytest.mark.parametrize(
    ("name", "question", "evidence", "expected"),
    [
        ("X100", "the X100?", "the X1000 and X99", ("X1000", "X99")),
        ("2021", "sales in 2021?", "sales in 2020", ()),
        ("4", "of Section 4?", "Section 4.2 says", ()),
        ("4", "of Section 4?", "Section 7 says", ("7",)),
        ("5", "for 5 days", "for 50 days", ("50",)),
        ("Oslo", "in Oslo?", "in Oslo5", ()),
    ],
)
def test_a_look_alike_is_another_member_of_the_same_series(
    name: str, question: str, evidence: str, expected: tuple[str, ...]
) -> None:
    assert look_alikes(name, question, evidence) == expected
