"""What a question is read as asking for."""

import pytest

from qa.question import analyse


@pytest.mark.parametrize(
    ("text", "answer_type"),
    [
        ("How many robots are in use?", "count"),
        ("how many 5g masts has the city put up", "count"),
        ("How much money did the city spend?", "money"),
        ("What is the price of a ticket?", "money"),
        ("How long does it take?", "quantity"),
        ("What percentage of the total is that?", "percent"),
        ("When did it open?", "date"),
        ("In what year was the treaty signed?", "date"),
        ("Who wrote the report?", "person"),
        ("Whose robot won?", "person"),
        ("Where is the factory?", "place"),
        ("Which city hosts the event?", "place"),
        ("Which body was launched when the event opened?", "other"),
        ("How do officials react when there is disorder?", "other"),
        ("北京有多少个5G基站？", "other"),
    ],
)
def test_answer_type(text: str, answer_type: str) -> None:
    assert analyse(text).answer_type == answer_type


@pytest.mark.parametrize(
    ("text", "form", "sentences"),
    [
        ("Why was it late?", "why", 3),
        ("What was the reason for the delay?", "why", 3),
        ("How does the platform cut vacancies?", "how", 3),
        ("List the areas it covers.", "list", 3),
        ("Which three cities took part?", "list", 3),
        ("Which sectors are covered?", "list", 3),
        ("Is Beijing the largest?", "polar", 1),
        ("What is the device called?", "fact", 1),
        ("How many cities are there?", "fact", 1),
    ],
)
def test_form_decides_how_many_sentences(text: str, form: str, sentences: int) -> None:
    question = analyse(text)
    assert (question.form, question.most_sentences) == (form, sentences)


def test_names_are_proper_nouns_acronyms_and_numbers_but_not_the_first_word() -> None:
    assert analyse("Which company sold Xiaomi's 5G phones in 2024?").names == ("Xiaomi", "5G", "2024")
    assert analyse("How many eVTOL craft did the UN count?").names == ("eVTOL", "UN")
    assert analyse("Who won?").names == ()


def test_content_leaves_stop_words_out() -> None:
    assert analyse("What is the name of the robot?").content == ("name", "robot")
