"""What a question asks for, by its words."""

import pytest

from qa.understand.question import analyse


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
        ("How long does it take?", "fact", 1),
        ("In what year was the treaty signed?", "fact", 1),
        ("Which city do the robots come from?", "fact", 1),
        ("What are the costs in yuan?", "fact", 1),
        ("Which body was launched when the event opened?", "fact", 1),
        ("How do officials react when there is disorder?", "how", 3),
        ("北京有多少个5G基站？", "fact", 1),
    ],
)
def test_the_form_decides_how_many_sentences_an_answer_may_take(text: str, form: str, sentences: int) -> None:
    question = analyse(text)
    assert (question.form, question.most_sentences) == (form, sentences)


def test_names_are_proper_nouns_acronyms_and_numbers_but_not_the_first_word() -> None:
    assert analyse("Which company sold Xiaomi's 5G phones in 2024?").names == ("Xiaomi", "5G", "2024")
    assert analyse("How many eVTOL craft did the UN count?").names == ("eVTOL", "UN")
    assert analyse("What is the default of pack.chunk_size?").names == ("chunk_size",)
    assert analyse("Who won?").names == ()
    assert analyse("Is it true that I've won, or that we'd lose against O'Hara?").names == ("O'Hara",)


def test_content_holds_no_stop_words() -> None:
    assert analyse("What is the name of the robot?").content == ("name", "robot")


def test_only_english_questions_have_names() -> None:
    assert analyse("Wie viele Roboter gibt es in der Fabrik von Kiel?").names == ()
    assert analyse("Who wrote El amor en los tiempos del cólera?").names == ()


def test_a_question_knows_its_language() -> None:
    assert analyse("Who founded Kiel?").language.certain == "en"
    assert analyse("Wer hat Kiel gegründet?").language.certain == "de"
    assert analyse("XK 4471").language.certain is None
