"""Questions that are made of a document's own sentences and headings."""

from __future__ import annotations

import pytest

from documents.document import Document
from documents.load import parse
from qa.read.suggest import suggestions


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The harbour of Zanthor was founded in 1843 by a queen.", "When was the harbour of Zanthor founded?"),
        ("The old granary was built between 1955 and 1958, on 2 May 1955.", "When was the old granary built?"),
        ("The reading room is open from 9:00 to 17:30.", "When is the reading room open?"),
        ("The school day ends at 15:30, on Fridays at 13:20.", "When does the school day end?"),
        ("The town hall was designed by Ada Lorne.", "Who designed the town hall?"),
        ("The pilots of Zanthor are needed because the sands shift.", "Why are the pilots of Zanthor needed?"),
        ("Repeat prescriptions are issued for at most 56 days.", "For how long are repeat prescriptions issued?"),
        ("A paper copy costs £12 at the desk.", "How much does a paper copy cost?"),
        ("The deposit for a locker is eight pounds.", "How much is the deposit for a locker?"),
        ("The old fee was more than £75 a year.", "How much was the old fee?"),
        ("The large pool is 25 metres long.", "How long is the large pool?"),
        ("The silent room has 16 places for readers.", "How many places does the silent room have?"),
        ("Zanthor has built over 140,000 base stations by now.", "How many base stations has Zanthor built?"),
        (
            "A total of 199 robot products are now in use, and more come.",
            "How many robot products are now in use?",
        ),
        ("A booster is a further dose of a vaccine.", "What is a booster?"),
        ("To change your address, send the form to the desk.", "How do I change my address?"),
        ("The iron railings were melted down in 1942 and never replaced.", "When were the iron railings melted down?"),
        ("Pilots can stay up to six weeks without anybody knowing.", "How many weeks can Pilots stay?"),
        ("Pilots are needed, because the sands shift.", "Why are pilots needed?"),  # a plural
        ("Kennel cough is a squirt up the nose.", "What is kennel cough?"),
        ("Repeats were abandoned because of the noise.", "Why were repeats abandoned?"),  # "repeat" is in small letters
        ("9.4 A missed duty costs £45.", "How much does a missed duty cost?"),
        ("A repair outside the guarantee costs £35.", "How much does a repair outside the guarantee cost?"),
        ("The meeting point is the cricket pavilion.", "What is the meeting point?"),
    ],
)
def test_a_statement_is_turned_round(sentence: str, question: str) -> None:
    document = Document(f"Some repeat words before it. {sentence}")
    (made,) = suggestions(document)
    assert made.question == question
    assert document.text[slice(*made.place)].strip() == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "It was founded in 1843 by a queen of the north.",
        "When the water is high, the harbour is a lake.",
        "The city is a port on the northern sea.",  # which city?
        "This means that the answer is a number.",
        "An example is a pump that leaks all day.",
        "To change it, you must send this form to us.",
        "Cleaning is done, and it was late in 1999.",
        "And what about the other one?",
        "Is it easy to do?",
        "To the immune system, these look foreign.",
        "Ada thinks 70 is a wall that people climb.",
        "Opening a crate early is a cause of cracks.",
        "The old pump is the last one of the set.",
        "The speed of the response is a result of it.",  # a judgement, no definition
        "Leave for family reasons is applied for two weeks ahead.",
        "Ada Lorne was elected president of the league in 1930.",
        "Everybody has 26 days off in a year.",
    ],
)
def test_what_does_not_stand_alone_makes_no_question(sentence: str) -> None:
    assert suggestions(Document(f"Some words before it. {sentence}")) == []


def test_the_document_s_own_questions_and_headings_stay_as_they_are() -> None:
    text = "# Pool\n\n## 1. Who may swim?\n\nAll who can.\n\n## How to pay\n\nAt the desk.\n\n- May dogs come in? No.\n"
    document = parse(text.encode(), "pool.md")
    made = {own.question: document.text[slice(*own.place)] for own in suggestions(document)}
    assert list(made) == ["Who may swim?", "May dogs come in?", "How to pay?"]
    assert "All who can." in made["Who may swim?"]
    assert "No." in made["May dogs come in?"]


def test_every_form_comes_before_the_second_of_one_form_and_none_twice() -> None:
    text = "A pump is a machine. A seal is a ring. A pump is a machine. The town hall was designed by Ada Lorne."
    made = [own.question for own in suggestions(Document(text))]
    assert made == ["What is a pump?", "Who designed the town hall?", "What is a seal?"]


def test_other_languages_only_have_the_questions_that_they_ask() -> None:
    made = suggestions(Document("泵是一种机器。谁可以游泳？所有人都可以。"))
    assert [own.question for own in made] == ["谁可以游泳？"]
