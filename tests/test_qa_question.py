"""What a question asks for, by its words."""

from qa.understand.question import analyse


def test_names_are_proper_nouns_acronyms_and_numbers_but_not_the_first_word() -> None:
    assert analyse("Which company sold Xiaomi's 5G phones in 2024?").names == ("Xiaomi", "5G", "2024")
    assert analyse("How many eVTOL craft did the UN count?").names == ("eVTOL", "UN")
    assert analyse("What is the default of pack.chunk_size?").names == ("chunk_size",)
    assert analyse("Who won?").names == ()
    assert analyse("Is it true that I've won, or that we'd lose against O'Hara?").names == ("O'Hara",)


def test_of_a_measure_before_a_noun_the_number_is_the_name() -> None:
    assert analyse("What is due of a 51-week contract for my 8-year-old?").names == ("51", "8")
    assert analyse("Does the RX-480 fit into K2-b?").names == ("RX-480", "K2-b")


def test_content_holds_no_stop_words() -> None:
    assert analyse("What is the name of the robot?").content == ("name", "robot")


def test_only_english_questions_have_names() -> None:
    assert analyse("Wie viele Roboter gibt es in der Fabrik von Kiel?").names == ()
    assert analyse("Who wrote El amor en los tiempos del cólera?").names == ()


def test_a_question_knows_its_language() -> None:
    assert analyse("Who founded Kiel?").language.certain == "en"
    assert analyse("Wer hat Kiel gegründet?").language.certain == "de"
    assert analyse("XK 4471").language.certain is None
