"""Language detection by script and function words, without a model.

The script decides; between languages in Latin letters, the number of function words does, and English is the default. A
language code in the file's name (``xquad.de.json``) is only a hint: it is taken where the script fits and, in Latin
letters, where that language has at least half as many function words in the text as the best one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from documents.words import word_set

_SAMPLE = 200_000  # characters of several texts that are looked at
_TELLING = 20_000  # characters at the beginning of a document that are looked at
_WORDS = re.compile(r"[^\W\d_]+")

# Scripts and the languages written in them, the likeliest first. Latin comes first, so that it is chosen for a text
# without letters. Han, kana and Thai count by characters, the other scripts by words.
_SCRIPTS: dict[re.Pattern[str], tuple[str, ...]] = {
    re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+"): (),
    re.compile("[\u3400-\u4dbf\u4e00-\u9fff]"): ("zh",),
    re.compile("[\u3040-\u30ff]"): ("ja",),
    re.compile("[\u0e00-\u0e7f]"): ("th",),
    re.compile("[\uac00-\ud7a3]+"): ("ko",),
    re.compile("[\u0400-\u04ff]+"): ("ru", "uk", "bg", "sr"),
    re.compile("[\u0600-\u06ff]+"): ("ar", "fa", "ur"),
    re.compile("[\u0900-\u097f]+"): ("hi", "mr", "ne"),
    re.compile("[\u0980-\u09ff]+"): ("bn",),
    re.compile("[\u0b80-\u0bff]+"): ("ta",),
    re.compile("[\u0c00-\u0c7f]+"): ("te",),
    re.compile("[\u0370-\u03ff]+"): ("el",),
    re.compile("[\u0590-\u05ff]+"): ("he",),
}
_SMALL_WORDS = {
    "en": word_set(
        "the of and in to is was what which who how did does are were for by on with that from when where why a an it "
        "can do i my you has have be as or if not there"
    ),
    "de": word_set(
        "der die das und in von ist wurde was welche wer wie wann den dem des ein eine mit für auf zu viele wen wem "
        "wessen wo wohin woher warum welches welchen welchem hatte waren sind als nach bei aus"
    ),
    "es": word_set(
        "el la los las de del que en y es fue qué cuál quién cómo cuándo un una por con para se su cuántos cuántas "
        "cuánta cuánto dónde cuáles quiénes fueron"
    ),
    "fr": word_set(
        "le la les des du de et en est a été que quel quelle qui comment quand un une dans par pour au combien où "
        "pourquoi quels quelles était avec"
    ),
    "it": word_set(
        "il lo la gli di del della che e in è stato quale chi come quando un una per con nel sono dei quanti quante "
        "quanto quali dove perché cosa"
    ),
    "pt": word_set(
        "o a os as do da dos das que em e é foi qual quem como quando um uma por com para no na não quantos quantas "
        "quanto onde quais"
    ),
    "nl": word_set(
        "de het een van en in is was wat welke wie hoe wanneer voor met op te door werd niet dat aan hoeveel waar "
        "waarom"
    ),
    "sv": word_set("och i att det som en ett är var vad vilken vem hur när för med på av till den inte om från"),
    "da": word_set("og i at det som en et er var hvad hvilken hvem hvordan hvornår for med på af til den ikke om fra"),
    "no": word_set("og i å det som en et er var hva hvilken hvem hvordan når for med på av til den ikke om fra"),
    "pl": word_set("w i z na się jest był była co który która kto jak kiedy do nie od przez oraz że to po ile"),
    "cs": word_set("v a z na se je byl byla co který která kdo jak kdy do ne od že to po kolik s pro ve"),
    "ro": word_set("de și în la a este fost ce care cine cum când un o din pentru cu pe lui sunt al mai nu"),
    "hu": word_set("a az és egy is volt mi melyik ki hogyan mikor nem hogy meg el ez amely milyen hány van"),
    "fi": word_set("ja on oli mikä mitä kuka miten milloin se ei että joka hän ovat kuin sen missä kuinka"),
    "tr": word_set("ve bir bu ne hangi kim nasıl için ile olan olarak da de en kaç daha sonra göre mi mı"),
    "vi": word_set("là của và có trong được một những ai gì nào khi cho với các đã không ở năm người"),
    "id": word_set("yang dan di dari ini itu apa siapa bagaimana kapan adalah untuk dengan pada ke dalam tidak"),
}


def detect(texts: Iterable[str], file_name: str = "", *, lead: int = 1) -> str:
    """The two-letter code of the language that most of ``texts`` are in.

    In Latin letters, another language must have at least ``lead`` more function words than English. Short texts need a
    lead of two, since English has "a", "do" and "per" too.
    """
    sample = _joined(texts)
    counts = {languages: len(pattern.findall(sample)) for pattern, languages in _SCRIPTS.items()}
    languages = max(counts, key=lambda languages: counts[languages])
    if languages == ("zh",) and counts["ja",] > counts["zh",] / 10:
        languages = ("ja",)  # Chinese has no kana
    hints = [code for code in re.split(r"[^a-z]+", file_name.lower()) if len(code) == 2]
    if languages:
        return next((code for code in hints if code in languages), languages[0])
    return _in_latin(sample, hints, lead)


def language_of(text: str) -> str:
    """The language of a document, which ``detect`` finds from the beginning of its text."""
    return detect([text[:_TELLING]], lead=2)


def _joined(texts: Iterable[str]) -> str:
    parts: list[str] = []
    size = 0
    for text in texts:
        parts.append(text)
        size += len(text)
        if size > _SAMPLE:
            break
    return "\n".join(parts)


def _in_latin(sample: str, hints: list[str], lead: int) -> str:
    seen = Counter(_WORDS.findall(sample.lower()))
    scores = {code: sum(seen[word] for word in words) for code, words in _SMALL_WORDS.items()}
    scores["es"] += 2 * sample.count("¿")
    best = max(scores, key=lambda code: scores[code])
    best = best if scores[best] >= scores["en"] + lead else "en"
    return next((code for code in hints if code in scores and 2 * scores[code] >= max(1, scores[best])), best)


# First words of questions by language, without those that are English words too.
_FIRST = {
    **dict.fromkeys(
        word_set("what who whom whose which when where why how does do did can could should has have are"), "en"
    ),
    **dict.fromkeys(word_set("wer wie wo wann warum welche welcher welches welchen wen wem wessen woher wohin"), "de"),
    **dict.fromkeys(word_set("qui quel quelle quels quelles où combien pourquoi comment quand"), "fr"),
    **dict.fromkeys(word_set("chi cosa quale quali dove perché quanti quante quanto"), "it"),
    **dict.fromkeys(word_set("quem qual quais onde quantos quantas"), "pt"),
    **dict.fromkeys(word_set("wat hoe wanneer waar waarom welke hoeveel"), "nl"),
}
_CERTAIN = 3  # small words more than English has
_ENGLISH_ONLY = word_set("the of and to with from that this are were")


def told(texts: Sequence[str]) -> str | None:
    """The language that short texts, such as a question, are in for certain; None where they might be in another.

    A question's first word tells, however many foreign names follow; another script; or many small words and none of
    English.
    """
    words = _WORDS.findall(" ".join(texts).lower())
    first = _FIRST.get(words[0]) if words else None
    if first == "en" or (first and detect(texts) == first):
        return first
    language = detect(texts, lead=2)
    if language == "en":
        return "en" if sum(word in _SMALL_WORDS["en"] for word in words) >= 2 else None
    if language not in _SMALL_WORDS or any("¿" in text for text in texts):
        return language
    return language if detect(texts, lead=_CERTAIN) == language and _ENGLISH_ONLY.isdisjoint(words) else None
