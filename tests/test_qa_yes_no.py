"""Yes or no: said where the entailment model finds it in a sentence, which is quoted with it; verified again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import WordEntailment, WordReader, WordVerifier

from documents.document import Chunk, Document, Source
from documents.load import parse
from index.passage import Passage
from qa.answer import Answer
from qa.check.entailment import Entailed, as_judged
from qa.check.yes_no import LEAST, decide
from qa.propose.extractor import Extractor
from qa.propose.polar import AMONG
from qa.read.confidence.calibration import Calibration
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.saved.verify import unsupported
from qa.understand.question import analyse

CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)
POOL = Document(
    "The pool is open on school days from noon. The pool is not open on Mondays before noon by order. It is warm."
)


def answer(question: str, document: Document = POOL, entailment: WordEntailment | None = None) -> Answer:
    passage = Passage(Chunk(document, 0, len(document.text)), Source("/d/pool.txt", document.id), 5.0)
    extractor = Extractor(WordReader(), CALIBRATION, entailment=entailment or WordEntailment())
    return extractor.answer(replace(analyse(question), asked="polar"), [passage])


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Is the pool open on school days?", "Yes.[1] The pool is open on school days from noon."),
        ("Is the pool open on Mondays before noon?", "No.[1] The pool is not open on Mondays before noon by order."),
    ],
)
def test_yes_or_no_is_said_with_the_sentence_that_says_so(question: str, said: str) -> None:
    found = answer(question)
    word, _, sentence = said.partition(" ")
    assert found.text == f"{word} {POOL.text}[1]"
    assert [POOL.text[start:end] for start, end in found.citations[0].marks] == [sentence]
    assert [own.status for own in found.statements] == ["computed", "quoted"]
    assert found.short_answer == found.statements[0].text.rstrip(".")
    assert found.confidence <= min(own.support for own in found.statements)


def test_a_sentence_of_one_word_is_quoted_with_the_next() -> None:
    text = "No. The centre does not give the fever jab. It is closed."
    document = Document(text)
    for asked in ("Does the centre give the fever jab?", "What of the fever jab? No?"):
        found = answer(asked, document)
        (marked,) = found.citations[0].marks
        assert text[: marked[1]].startswith("No. The centre does not give")
        assert found.citations[0].quote == text
    assert problems(found.to_dict(), VerificationSource({document.id: document}.get)) == []


def test_other_questions_are_not_answered_with_yes_or_no() -> None:
    passage = Passage(Chunk(POOL, 0, len(POOL.text)), Source("/d/pool.txt", POOL.id), 5.0)
    extractor = Extractor(WordReader(), CALIBRATION, entailment=WordEntailment())
    assert extractor.answer(analyse("When is the pool open?"), [passage]).statements[0].status == "quoted"


def judged(document: Document, said: str, name: str = "1.md") -> str:
    """What is said in the document of a file called so, as answers are judged by it."""
    start = document.text.index(said)
    passage = Passage(Chunk(document, 0, len(document.text)), Source(f"/d/{name}", document.id), 0.0)
    return as_judged(passage, start, start + len(said))


def test_a_sentence_is_judged_under_the_title_or_the_words_of_the_files_name() -> None:
    said = "The pool is open on school days from noon."
    assert judged(POOL, said, "pool_rules-2025.txt") == f"pool rules 2025. {said}"
    assert judged(replace(POOL, title="Rules"), said, "pool_rules-2025.txt") == f"Rules. {said}"


def test_a_sentence_is_judged_below_the_title_of_its_section() -> None:
    document = parse(b"# Handbook 2025\n\n## Lockers\n\nThe deposit is 10 pounds.\n", "a.md")
    said = "The deposit is 10 pounds."
    assert judged(document, said) == f"Handbook 2025. Lockers. {said}"


def test_an_item_is_judged_with_the_lead_in_of_its_list_or_below_the_title_that_leads_to_it() -> None:
    text = (
        b"# Trip\n\nThe price does _not_ include:\n\n- the **coach**\n- lunch\n\n## Bring no...\n\n1. knives\n2. pets\n"
    )
    document = parse(text, "a.md")
    assert judged(document, "- the **coach**") == "Trip. The price does not include: the coach"
    assert judged(document, "2. pets") == "Trip. Bring no... pets"


def test_the_likelier_word_is_decided_for() -> None:
    decision, denied = decide(WordEntailment(), "Is the pool open?", ["The pool is open.", "The pool is not open."])
    assert (decision.word, decision.by) == ("Yes", WordEntailment.fingerprint)
    assert decision.probability >= LEAST
    assert denied.word == "No"


class Judging(WordEntailment):
    """Judges every text as it is told."""

    def __init__(self, said: Entailed) -> None:
        self._said = said

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        return [self._said for _ in pairs]


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (Entailed(0.9, 0.0, 0.1), ["Yes."]),
        (Entailed(0.0, 0.9, 0.1), ["No."]),
        (Entailed(0.4, 0.3, 0.3), []),
    ],
    ids=["borne out", "denied", "not sure"],
)
def test_yes_or_no_is_said_only_where_the_model_is_sure(judged: Entailed, said: list[str]) -> None:
    found = answer("Is the pool open on school days?", entailment=Judging(judged))
    assert [own.text for own in found.statements[:-1]] == said
    assert found.citations[0].quote == POOL.text


class JudgingBy(WordEntailment):
    """Finds that a text denies a claim where it holds the ``word``, and says nothing of it elsewhere."""

    def __init__(self, word: str) -> None:
        self._word = word

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Entailed]:
        return [Entailed(0.0, 0.9, 0.1) if self._word in text else Entailed(0.05, 0.05, 0.9) for _, text in pairs]


def test_yes_or_no_rests_on_the_document_of_the_best_sentence() -> None:
    def passage(text: str, score: float) -> Passage:
        document = Document(text)
        return Passage(Chunk(document, 0, len(text)), Source("/d/pool.txt", document.id), score)

    own = passage("The pool is closed on school days until noon.", 4.0)
    extractor = Extractor(WordReader(), CALIBRATION, entailment=JudgingBy("closed"))
    question = replace(analyse("Is the pool open on school days?"), asked="polar")
    assert extractor.answer(question, [own]).short_answer == "No"
    beside = extractor.answer(question, [passage("The pool is open on hot school days.", 5.0), own])
    assert beside.text == "The pool is open on hot school days.[1]"


def test_a_sentence_that_says_so_decides_before_a_better_one_that_does_not() -> None:
    text = "The pool was open on hot school days in 1990. The pool closes on school days. It is warm."
    found = answer("Is the pool open on school days?", Document(text), JudgingBy("closes"))
    assert found.short_answer == "No"
    assert [text[start:end] for start, end in found.citations[0].marks] == ["The pool closes on school days."]


def test_a_sentence_far_down_decides_nothing() -> None:
    better = "The pool is open on school days in {}. "
    text = "".join(better.format(month) for month in ("May", "June", "July")[:AMONG]) + "The pool closes."
    found = answer("Is the pool open on school days?", Document(text), JudgingBy("closes"))
    assert found.short_answer not in ("Yes", "No")


def source() -> VerificationSource:
    return VerificationSource({POOL.id: POOL}.get)


def test_an_honest_yes_passes_and_a_turned_one_does_not() -> None:
    record = answer("Is the pool open on school days?").to_dict()
    assert problems(record, source()) == []
    assert list(unsupported(record, source(), WordVerifier)) == []
    turned = copy.deepcopy(record)
    turned["short_answer"], turned["statements"][0]["text"] = "No", "No."
    turned["text"] = turned["text"].replace("Yes.", "No.")
    assert problems(turned, source()) == []
    assert list(unsupported(turned, source(), WordVerifier)) == [
        "statement 1 is not what its citation says, as the verifier finds"
    ]


def test_yes_may_rest_on_a_written_sentence_that_cites_the_same_and_passes_over_those_that_are_struck() -> None:
    record = answer("Is the pool open on school days?").to_dict()
    record["model"] |= {"backend": "generative", "generator": "any"}
    yes, quoted = record["statements"]
    struck = {**quoted, "text": "It is warm.", "citations": [], "status": "unsupported", "support": 0.0}
    record["statements"] = [yes, struck, {**quoted, "text": "So it is open.", "status": "supported"}]
    record["text"] = "Yes.[1] So it is open.[1]"
    assert "statement 1 says yes or no, but not because of what is quoted next" not in problems(record, source())
    record["statements"].pop()
    assert "statement 1 says yes or no, but not because of what is quoted next" in problems(record, source())


def test_yes_without_the_quotation_that_it_rests_on_is_a_problem() -> None:
    record = answer("Is the pool open on school days?").to_dict()
    del record["statements"][1]
    record["text"] = "Yes.[1]"
    assert problems(record, source()) == ["statement 1 says yes or no, but not because of what is quoted next"]
