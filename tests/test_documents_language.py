"""Languages are detected by script, small words and, where those agree, the file's name."""

from __future__ import annotations

import pytest

from documents.language import detect, identify

QUESTIONS = {
    "en": "How many points did the defense give up in the season?",
    "de": "Wie viele Punkte gab die Verteidigung in der Saison ab?",
    "es": "¿Cuántos puntos permitió la defensa de los Panthers en la temporada?",
    "fr": "Combien de points la défense a-t-elle encaissés dans la saison et pour quelle équipe ?",
    "pt": "Quantos pontos a defesa cedeu na temporada e qual foi o resultado?",
    "it": "Quanti punti ha concesso la difesa nel campionato e chi è stato il migliore?",
    "vi": "Đội bóng của họ đã để thua bao nhiêu điểm trong mùa giải và ai là người ghi điểm?",
    "tr": "Savunma bu sezonda kaç sayı verdi ve en iyi oyuncu kim?",
    "zh": "NFL 黑豹队的防守丢了多少分？",
    "ja": "パンサーズの守備は何点を許しましたか？",
    "ko": "팬서스 수비진은 몇 점을 내주었나요?",
    "ru": "Сколько очков уступила защита Пантерз?",
    "ar": "كم عدد النقاط التي تخلى عنها دفاع بانثرز؟",
    "hi": "पैंथर्स के डिफेन्स ने कितने अंक दिए?",
    "th": "แพนเธอร์สเสียไปกี่แต้ม",
    "el": "Πόσους πόντους παραχώρησε η άμυνα;",
    "he": "כמה נקודות ספגה ההגנה?",
}


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_content_decides_whatever_the_file_is_called(language: str) -> None:
    assert detect([QUESTIONS[language]]) == language
    assert detect([QUESTIONS[language]], "data.json") == language
    assert detect([QUESTIONS[language]], "squad-no-answer.en.json" if language != "en" else "squad.de.json") == language


@pytest.mark.parametrize(
    ("text", "file_name", "language"),
    [
        ("Hvor mange point gav forsvaret i sæsonen, og hvad er det?", "xquad.da.json", "da"),
        ("Скільки очок віддав захист?", "qa_uk.json", "uk"),
        ("چند امتیاز", "test.fa.json", "fa"),
        ("Quantos pontos a defesa cedeu na temporada?", "test-context-pt-question-es.json", "pt"),
        ("12 34", "", "en"),
        ("", "xquad.zh.json", "en"),
        ("Panthers", "xquad.de.json", "en"),
    ],
)
def test_the_file_name_decides_where_the_content_leaves_it_open(text: str, file_name: str, language: str) -> None:
    assert detect([text], file_name) == language


def test_several_texts_have_the_language_of_most_of_them() -> None:
    assert detect([QUESTIONS["zh"]] * 3 + [QUESTIONS["en"]]) == "zh"
    assert detect([QUESTIONS["en"]] * 9 + [QUESTIONS["zh"]]) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Rio de la Plata", None),
        ("Who wrote El amor en los tiempos del cólera?", "en"),
        ("Who is 毛泽东?", "en"),
        ("Marina del Rey and La Jolla de Los Angeles", None),
        ("XK 4471", None),
        ("Pumpe Stahl", None),
        ("Wer war Goethe?", "de"),
        ("¿Qué cantó?", "es"),
        ("Où est la gare ?", "fr"),
        ("北京有多少个基站？", "zh"),
        ("harbour plans", None),
        ("The harbour lies in the north of the town.", "en"),
        ("Der Hafen liegt im Norden der Stadt und ist von hier zu sehen.", "de"),
        ("", None),
    ],
)
def test_a_short_text_has_a_certain_language_only_where_nothing_else_is_likely(text: str, language: str | None) -> None:
    found = identify(text)
    assert found.certain == language
    assert found.is_certainly_other == (language not in ("en", None))


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_likeliest_language_of_a_short_text_is_the_one_of_its_script_and_small_words(language: str) -> None:
    found = identify(QUESTIONS[language])
    assert (found.likeliest, found.is_english) == (language, language == "en")


@pytest.mark.parametrize("text", ["Wer nimmt Kuchen entgegen?", "Welche Hunde beißen?", "¿Venden helado?"])
def test_another_language_that_is_certain_is_the_likeliest(text: str) -> None:
    found = identify(text)
    assert found.is_certainly_other
    assert found.likeliest == found.certain


def test_foreign_names_in_an_english_question_leave_it_certainly_english_but_not_likeliest() -> None:
    found = identify("Who wrote El amor en los tiempos del cólera?")
    assert (found.certain, found.likeliest) == ("en", "es")
