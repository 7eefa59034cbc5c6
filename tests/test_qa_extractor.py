"""The extractive backend, with a reader that counts shared words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from fakes import Finds, NoEvidence, WordReader
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents.blocks import Block
from documents.document import Chunk, Document, Edition, Section, Source
from documents.grid import grid_of
from documents.load import parse
from documents.sentences import Range
from index.passage import Passage
from index.query import Query
from qa.answer import Answer
from qa.check.injection.recogniser import Recogniser, Unchecked
from qa.propose.extractor import Extractor
from qa.read.confidence.calibration import Calibration, features
from qa.read.evidence import Evidence, absent_names, among_passages, mistaken_names
from qa.read.evidence_reader import READ, best_to_read
from qa.read.reader import Span
from qa.saved.checks import problems
from qa.saved.verification_source import VerificationSource
from qa.understand.question import analyse
from qa.understand.question_type import QuestionType

CALIBRATION = Calibration({"margin": 1.0}, bias=0.0, absent_discount=0.1, threshold=0.5)


def passages(*texts: str) -> list[Passage]:
    found = []
    for number, text in enumerate(texts):
        document = Document(text)
        source = Source(f"/d/{number}.txt", document.id)
        found.append(Passage(Chunk(document, 0, len(text)), source, 5.0 - number))
    return found


def answer(
    question: str, *texts: str, threshold: float = 0.5, asked: QuestionType = "fact",
    recogniser: Recogniser = Unchecked(),  # noqa: B008 - it finds nothing
) -> Answer:  # fmt: skip
    extractor = Extractor(WordReader(), replace(CALIBRATION, threshold=threshold), recogniser=recogniser)
    return extractor.answer(replace(analyse(question), asked=asked), passages(*texts))


class Suspicious(Unchecked):
    """Takes every sentence with an address for a request."""

    def judge_requests(self, sentences: Sequence[str]) -> list[bool]:
        return ["www." in sentence for sentence in sentences]


def test_the_lead_of_a_sentence_is_that_over_those_of_other_passages_but_older_editions() -> None:
    document = Document("The pool opens at nine.")

    def evidence(order: float, name: str, date: str = "", family: str = "") -> Evidence:
        source = Source(f"/d/{name}.txt", document.id, edition=Edition(date=date), family=family)
        passage = Passage(Chunk(document, 0, len(document.text)), source, order)
        return Evidence(passage, 0, len(document.text), (14, 16), 0.0, order, ())

    old, new = evidence(5.0, "rules 2023", "2023", "rules"), evidence(4.0, "rules 2025", "2025", "rules")
    other = evidence(1.5, "notes")
    assert [own.lead for own in among_passages([old, new, other], [])] == [1.0, 2.5, 0.0]
    assert [own.lead for own in among_passages([new, old, other], [])] == [2.5, 1.0, 0.0]
    assert [own.lead for own in among_passages([other, new], [])] == [0.0, 2.5]
    assert [own.lead for own in among_passages([new, old], [])] == [None, 1.0]
    assert among_passages([], []) == []


def test_a_document_that_is_asked_by_itself_is_told() -> None:
    (alone,) = among_passages([_evidence()], passages("One text."))
    (among,) = among_passages([_evidence()], passages("One text.", "Another text."))
    assert (alone.alone, among.alone) == (True, False)
    assert Calibration.load().confidence(alone) >= Calibration.load().confidence(among)


def test_a_fact_is_the_paragraph_that_says_it_with_its_citation_and_the_short_answer_marked() -> None:
    given_answer = answer(
        "How many robots work in the factory?",
        "The plant is new. The factory has over 700 robots at work. Robots are old news.",
        "Nothing to see.",
    )
    assert given_answer.kind == "answer"
    text = "The plant is new. The factory has over 700 robots at work. Robots are old news."
    assert given_answer.text == f"{text}[1]"
    assert given_answer.short_answer == "has over 700"
    (citation,) = given_answer.citations
    assert [text[start:end] for start, end in citation.marks] == ["has over 700"]
    assert citation.document.text[citation.start : citation.end] == citation.quote
    assert given_answer.statements[0].status == "quoted"


def test_a_name_that_the_evidence_lacks_leads_to_a_refusal() -> None:
    text = "The city of Beijing has 140,000 base stations in all."
    assert answer("How many base stations has the city of Beijing?", text).answered
    refused = answer("How many base stations has the city of Shanghai?", text)
    assert (refused.kind, refused.answered, refused.statements, refused.citations) == ("refusal", False, (), ())
    assert len(refused.passages) == 1
    assert refused.text
    assert refused.nearest
    assert refused.nearest.quote == text
    assert [text[start:end] for start, end in refused.nearest.marks] == ["140,000"]


def test_steps_are_not_those_that_another_passage_lists_where_the_best_one_says_how() -> None:
    told = "To move the folder of the archive, stop the service and copy the folder of the archive."
    listed = "- Copy the folder of the archive.\n- Write a letter.\n"
    found = answer("How do I move the folder of the archive?", told, listed, asked="steps")
    assert found.statements[0].text == told
    assert "letter" not in found.text


def test_rows_are_counted_wherever_they_stand_and_added_up_only_where_the_passage_ranks_high() -> None:
    table = parse(b"# Repairs\n\n| Repair | Cost |\n|---|---|\n| Roof | 40 |\n| Lift | 60 |\n| Door | 20 |\n", "r.md")
    of_table = Passage(Chunk(table, 0, len(table.text)), Source("/d/r.md", table.id), 0.0)
    others = passages(*(f"Note {number} is on the weather." for number in range(READ)))

    def short(question: str, *found: Passage) -> str | None:
        return Extractor(WordReader(), CALIBRATION).answer(analyse(question), found).short_answer

    assert short("How many repairs are there?", *others, of_table) == "3"
    assert short("How much was the cost of the repairs in total?", of_table, *others) == "120"
    assert short("How much was the cost of the repairs in total?", *others, of_table) != "120"


def test_an_identifier_is_a_name_as_a_whole() -> None:
    text = "The option max_size has the default 512 and the option keep_last the default 3."
    assert answer("What is the default of the option keep_last?", text).answered
    assert answer("What is the default of the option Max_Size?", text).answered
    assert not answer("What is the default of the option keep_size?", text).answered


def test_a_heading_is_quoted_where_it_gives_a_date_without_its_marks() -> None:
    document = parse(b"# Notes\n\n## Version 3 came on 5 March 2024\n\nNothing more is told of it.\n", "notes.md")
    passage = Passage(Chunk(document, 0, len(document.text)), Source("/d/notes.md", document.id), 5.0)
    found = Extractor(WordReader(), CALIBRATION).read(analyse("When came version 3?"), [passage])
    assert {own.text for own in found} == {"Version 3 came on 5 March 2024", "Nothing more is told of it."}


def test_an_explanation_has_up_to_three_sentences_the_best_first_then_in_document_order() -> None:
    text = (
        "Vacant booking slots fell through the booking rules.\n\nCats sleep.\n\nBooking slots opened early.\n\n"
        "How vacant booking slots fell through one booking platform is plain.\n\nBooking slots closed.\n\nDogs bark."
    )
    given_answer = answer("How did the booking platform cut vacant booking slots?", text, asked="explanation")
    starts = [citation.start for citation in given_answer.citations]
    assert 1 < len(starts) <= 3
    assert starts[1:] == sorted(starts[1:])
    assert [statement.citations for statement in given_answer.statements] == [
        (number,) for number in range(1, len(starts) + 1)
    ]


def test_a_sentence_is_whole_where_its_passage_begins_inside_a_paragraph() -> None:
    """Whether a line is wrapped depends on the lines around it, also on those before the passage."""
    text = (
        "This paragraph was wrapped by a program at some forty columns\nand tells of very many things. The city of\n"
        "Beijing has 21 million people."
    )
    document = Document(text)
    passage = Passage(Chunk(document, text.index("The city"), len(text)), Source("/d", document.id), 1.0)
    evidence = Extractor(WordReader(), CALIBRATION).read(analyse("How many people has Beijing?"), [passage])
    assert {sentence.text for sentence in evidence} == {"The city of\nBeijing has 21 million people."}


@pytest.mark.parametrize(("margin", "said"), [(7.5, 2), (4.0, 1)], ids=["as sure", "less sure"])
def test_a_further_sentence_has_nearly_the_margin_of_the_best(margin: float, said: int) -> None:
    class Two(NoEvidence):
        fingerprint = "two@1"

        def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
            (text,) = texts
            return [[Span(text.index(s), text.index(s) + 4, m, m) for s, m in (("wind", 9.0), ("rain", margin))]]

    found = passages("It fell in the wind.\n\nAnd rain had washed the ground away.")
    given_answer = Extractor(Two(), CALIBRATION).answer(
        replace(analyse("Why did it fall?"), asked="explanation"), found
    )
    assert len(given_answer.statements) == said


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("It begins on 12 January 2026 at noon.", "January", "12 January 2026"),
        ("It holds 412 eur of 96.", "eur", "412 eur"),
        ("It takes 3 weeks.", "3", "3 weeks"),
        ("It was founded in May 2024.", "2024", "2024"),
        ("In 2024 Ulm won.", "Ulm", "Ulm"),
        ("It keeps 40 sheep.", "sheep", "sheep"),
        ("See https://ulm.example/a/GUIDE.md#sheep for more.", "md", "https://ulm.example/a/GUIDE.md#sheep"),
        ("Write to ann.lee@ulm.example.", "lee", "ann.lee@ulm.example"),
        ("It is form R-3 now.", "3", "R-3"),
        ("It is _3_ now.", "3", "3"),
        (f"It is {'a.' * 50_000} 3 now.", "3", "3"),
        ("It opens 8:30-9:15 or so.", "8:30", "8:30-9:15"),
        ("It is $58 a head.", "58", "$58"),
        ("It costs US$5.", "5", "US$5"),
        ("It costs £\u00a012.50 now.", "12.50", "£\u00a012.50"),
        ("It costs 42 € a year.", "42", "42 €"),
        ("It takes 5 €3 notes.", "5", "5"),
        ("The € has 2 sides.", "2", "2"),
    ],
)
def test_a_short_answer_is_a_whole_date_amount_or_address(text: str, found: str, whole: str) -> None:
    (own,) = Extractor(Finds(found), CALIBRATION).read(analyse("What is it?"), passages(text))
    assert own.answer == whole


def test_the_span_of_a_list_covers_its_other_items() -> None:
    class Two(NoEvidence):
        fingerprint = "two@1"

        def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
            spans = (("Oslo", 5.0), ("Oslo, the port", 4.9), ("Rome", 4.5), ("Ulm", 1.0))
            (text,) = texts
            return [[Span(text.index(s), text.index(s) + len(s), m, m) for s, m in spans]]

    text = "It serves Oslo, the port, and Rome, but not Ulm."
    cities = replace(analyse("Which cities did it serve?"), asked="list")
    (best,) = Extractor(Two(), CALIBRATION).read(cities, passages(text))
    assert best.answer == "Oslo, the port, and Rome"
    (best,) = Extractor(Two(), CALIBRATION).read(analyse("Where does it go?"), passages(text))
    assert best.answer == "Oslo"


@pytest.mark.parametrize(
    ("question", "foreign"),
    [
        ("Do I need a GPU?", False), ("Can I do a search?", False), ("Price per user?", False), ("What is it?", False),
        ("¿Cuántos robots hay en la fábrica?", True), ("Wie viele Roboter gibt es in der Fabrik?", True),
        ("机器人有多少？", True),
    ],
)  # fmt: skip
def test_short_english_questions_are_english(question: str, foreign: bool) -> None:
    assert bool(CALIBRATION.caveat(analyse(question), "The factory has 700 robots.")) is foreign


def test_headings_are_not_quoted() -> None:
    text = "Robots in the factory\n\nThe factory uses robots."
    document = Document(text, sections=(Section("Robots in the factory", 1, 0, 21, len(text)),))
    passage = Passage(Chunk(document, 0, len(text)), Source("/d", document.id), 1.0)
    evidence = Extractor(WordReader(), CALIBRATION).read(analyse("robots in factory"), [passage])
    assert [sentence.text for sentence in evidence] == ["The factory uses robots."]


def test_without_passages_the_answer_is_a_refusal() -> None:
    refused = answer("Anything?")
    assert (refused.kind, refused.confidence) == ("refusal", 0.0)


def test_markers_in_documents_are_no_citation_markers() -> None:
    given_answer = answer("What is the robot called?", "The robot is called [7] Tiangong [1][2].")
    assert given_answer.text == "The robot is called [7] Tiangong [1][2].[1]"
    assert [citation.number for citation in given_answer.citations] == [1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text(min_size=1, max_size=120).filter(str.strip), min_size=1, max_size=4, unique=True),
    st.text(min_size=1, max_size=40),
)
@example(["_1_"], "0")
@example(["0-1"], "0")
def test_every_answer_verifies(texts: list[str], question: str) -> None:
    given_answer = answer(question, *texts, threshold=0.0)
    known = {Document(text).id: Document(text) for text in texts}
    saved = json.loads(json.dumps(given_answer.to_dict()))
    assert problems(saved, VerificationSource(known.get)) == []


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What did Xiaomi sell in Chinese shops?", ()),
        ("Who speaks for the UN here?", ("UN",)),
        ("Did it open in 2020?", ("2020",)),
        ("Is the Oslo plant of 2024 new?", ("Oslo",)),
    ],
)
def test_names_that_the_passage_lacks_are_absent(question: str, absent: tuple[str, ...]) -> None:
    passage = passages("In China all is new. Xiaomi asked the UNDP in 2024.")[0]
    assert absent_names(analyse(question), passage) == absent


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What is collected in November?", ()),
        ("What is collected in December?", ("December",)),
        ("What may Year 8 borrow?", ()),
        ("What may Year 12 borrow?", ("12",)),
        ("Which day of the handbook of 2025 is it?", ()),
        ("When does class 9B borrow?", ()),
        ("When does class 9C borrow?", ("9C",)),
    ],
)
def test_a_date_a_range_and_the_files_name_say_what_they_do_not_write(question: str, absent: tuple[str, ...]) -> None:
    document = Document("Glass: 22.11.2024. Years 7-9 borrow four books.")
    source = Source("/d/handbook_9b.txt", document.id, edition=Edition(date="2025"))
    passage = Passage(Chunk(document, 0, len(document.text)), source, 1.0)
    assert absent_names(analyse(question), passage) == absent


@pytest.mark.parametrize(
    ("question", "mistaken"),
    [
        ("When are the exams of year 13?", ()),
        ("When are the exams of year 12?", ("12",)),  # the day says nothing of a year 12
        ("Which exams are on 12 January?", ()),
        ("What is in room 12?", ()),
    ],
)
def test_the_number_of_another_is_mistaken_though_a_date_has_it(question: str, mistaken: tuple[str, ...]) -> None:
    (passage,) = passages("Exams of year 13: 12 January 2026.")
    asked = analyse(question)
    assert mistaken_names(asked, passage, passage.chunk.text, absent_names(asked, passage)) == mistaken


def test_sentences_are_ordered_by_their_passages_and_then_by_margin() -> None:
    sentences = [_evidence(margin=3.0, rank=1.0), _evidence(margin=2.0, rank=9.0), _evidence(margin=9.0, rank=8.0)]
    ordered = sorted(sentences, key=lambda sentence: -sentence.order)
    assert [(sentence.margin, sentence.rank) for sentence in ordered] == [(9.0, 8.0), (2.0, 9.0), (3.0, 1.0)]


class Weighs(WordReader):
    """Gives each text the relevance and margin of the first phrase that is in it."""

    def __init__(self, logits: Mapping[str, float]) -> None:
        super().__init__()
        self._logits = logits

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:
        logits = [next((logit for phrase, logit in self._logits.items() if phrase in text), -9.0) for text in texts]
        found = super().read(question, texts)
        return [
            [replace(span, margin=logit, relevance=logit) for span in spans]
            for logit, spans in zip(logits, found, strict=True)
        ]


def test_the_best_sentences_are_read_again_as_they_would_be_quoted() -> None:
    text = "The bakery opens at seven.\n\nThe mill opens at nine."
    document = Document(text)
    passage = Passage(Chunk(document, 0, len(text)), Source("/d/a.txt", document.id), 1.0, stage_scores={"rerank": 1.0})
    # In the passage both sentences have its logits; what would be quoted of the mill fits better.
    reader = Weighs({"bakery": 2.0, "mill": 6.0})
    found = Extractor(reader, CALIBRATION).read(analyse("When does it open?"), [passage])
    assert [(own.text.split()[1], own.rank, own.margin) for own in found[:2]] == [
        ("mill", 3.5, 4.0),
        ("bakery", 1.5, 2.0),
    ]
    unranked = replace(passage, stage_scores={})
    once = Extractor(reader, CALIBRATION).read(analyse("When does it open?"), [unranked])
    assert {(own.rank, own.margin) for own in once} == {(1.0, 2.0)}


def test_what_a_conversation_makes_likelier_counts_in_both_readings() -> None:
    assert replace(_evidence(rank=3.0), likelier=2.0).read_again(1.0, 0.0, 0.0).rank == 3.0
    assert _evidence(rank=3.0).read_again(1.0, 0.0, 0.0).rank == 2.0


class Weighing(NoEvidence):
    """Finds these words, each with its margin, wherever they are."""

    fingerprint = "weighing@1"

    def __init__(self, **margins: float) -> None:
        self._margins = margins

    def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
        found = [[(text.find(word), word, margin) for word, margin in self._margins.items()] for text in texts]
        return [[Span(at, at + len(word), margin, 5.0) for at, word, margin in spans if at >= 0] for spans in found]


@pytest.mark.parametrize(
    ("margins", "short"),
    [
        ({"seven": 5.0, "nine": 4.75}, None),
        ({"seven": 5.0, "nine": 4.5}, "seven"),
        ({"seven": 5.0}, "seven"),
        ({"seven on Mondays": 5.0, "Mondays": 4.5}, "seven on Mondays"),
        ({"seven": 5.0, "noon": 4.5}, "seven"),
    ],
    ids=["others are as likely", "others are less likely", "no others", "a part of it", "in what is not quoted"],
)
def test_the_short_answer_stands_only_where_no_other_words_of_the_quotation_are_as_likely(
    margins: Mapping[str, float], short: str | None
) -> None:
    text = "The mill opens at seven on Mondays and at nine on Fridays.\n\nThe bar opens at noon."
    document = Document(text)
    passage = Passage(Chunk(document, 0, len(text)), Source("/d/a.txt", document.id), 1.0, stage_scores={"rerank": 5.0})
    given_answer = Extractor(Weighing(**margins), CALIBRATION).answer(analyse("When does the mill open?"), [passage])
    assert given_answer.short_answer == short
    (citation, *_) = given_answer.citations
    assert citation.quote == "The mill opens at seven on Mondays and at nine on Fridays."
    assert text[slice(*citation.spans[0])] == next(iter(margins))  # what it rests on is marked all the same


def test_confidence_rises_with_every_signal() -> None:
    shipped = Calibration.load()
    assert all(weight >= 0 for weight in shipped.weights.values())
    assert set(shipped.weights) == set(features(_evidence(lead=1.0)))
    assert shipped.confidence(_evidence(-5.0)) < shipped.confidence(_evidence(0.0)) < shipped.confidence(_evidence(5.0))
    assert shipped.confidence(_evidence(absent=("Oslo",))) < shipped.confidence(_evidence())
    ranks = [shipped.confidence(_evidence(rank=rank)) for rank in (-8.0, 0.0, 8.0)]
    assert ranks == sorted(ranks)  # beside the reader's margin it may weigh nothing
    leads = [shipped.confidence(_evidence(lead=lead)) for lead in (0.0, 2.0, None, 8.0)]
    assert leads == sorted(set(leads))  # where no other document is to be ahead of, the usual lead counts
    two, three = (shipped.confidence(_evidence(absent=("Oslo", "Bergen", "Voss")[:count])) for count in (2, 3))
    assert two == three < shipped.confidence(_evidence(absent=("Oslo",)))


def test_a_block_never_takes_along_a_request_that_calls_for_care() -> None:
    fee, request, term = "The fee is 45 pounds a term.", "Pay it now at www.fees.example.", "A term has ten weeks."
    plain = answer("What is the fee?", f"{fee} {term}")
    assert plain.statements[0].text == f"{fee} {term}"
    beside = answer("What is the fee?", f"{fee} {request} {term}", recogniser=Suspicious())
    assert [own.text for own in beside.statements] == [fee]
    asked = answer("Where do I pay it now?", f"{fee} {request} {term}", recogniser=Suspicious())
    assert [own.text for own in asked.statements] == [request]


def test_an_answer_outside_of_the_calibration_has_a_caveat() -> None:
    text = "The factory has over 700 robots at work, and that is what it is known for."
    assert answer("How many robots work in the factory?", text).caveat is None
    spanish = answer(
        "¿Cuántos robots trabajan en la fábrica?", "En la fábrica trabajan más de 700 robots, según la ciudad."
    )
    assert (spanish.answered, spanish.caveat) == (True, "not calibrated for this language")
    fitted = replace(CALIBRATION, embedders=("e", "f"), models=("a", "b"))
    other = fitted.used_with("e", "b", "d")
    assert Extractor(WordReader(), other).answer(analyse("Which robots?"), passages(text)).caveat
    uses = [("e", "a", "b"), ("f", "a", "b"), ("g", "a", "b")]
    caveats = [fitted.used_with(*used).caveat(analyse("What is it?"), "It is a river.") for used in uses]
    assert caveats == [None, None, "not calibrated for these models"]


def _evidence(
    margin: float = 0.0,
    absent: tuple[str, ...] = (),
    *,
    rank: float = 0.0,
    lead: float | None = 0.0,
) -> Evidence:
    return Evidence(passages("A sentence.")[0], 0, 11, (2, 10), margin, rank, absent, lead=lead)


class Explains(WordReader):
    """Takes a sentence with "because" for one that answers, too."""

    def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:  # noqa: ARG002
        return [2.5 if "because" in text[start:end] else -1.0 for start, end in places]


def test_all_sentences_of_the_passage_that_belong_to_what_answers_are_said() -> None:
    found = passages("It froze because of the frost. Snow is white. The pipe burst. That is because ice takes room.")
    question = replace(analyse("Why was there a pipe that burst?"), asked="explanation")
    given_answer = Extractor(Explains(), CALIBRATION).answer(question, found)
    (whole,) = given_answer.citations  # all are in one paragraph
    assert whole.quote == given_answer.statements[0].text == found[0].document.text
    marked = [whole.document.text[start:end] for start, end in whole.marks]
    assert marked[0] == "It froze because of the frost."
    assert marked[2] == "That is because ice takes room."
    assert given_answer.short_answer == marked[1]
    fact = Extractor(Explains(), CALIBRATION).answer(replace(question, asked="fact"), found)
    assert fact.citations[0].marks == whole.marks
    count = Extractor(Explains(), CALIBRATION).answer(replace(question, asked="count"), found)
    assert len(count.citations[0].marks) == 1


def test_sentences_of_several_paragraphs_are_told_block_by_block() -> None:
    found = passages("It froze because of the frost.\n\nThe pipe burst. That is because ice takes room.")
    question = replace(analyse("Why was there a pipe that burst?"), asked="explanation")
    told = Extractor(Explains(), CALIBRATION).answer(question, found)
    blocks = ["It froze because of the frost.", "The pipe burst. That is because ice takes room."]
    assert [own.text for own in told.statements] == blocks
    fact = Extractor(Explains(), CALIBRATION).answer(replace(question, asked="fact"), found)
    assert [own.text for own in fact.statements] == blocks[::-1]


@pytest.mark.parametrize(
    ("question", "asked", "belonging", "said"),
    [
        ("Tell me about the boiler.", "fact", "wick", ["To light it:\n\n1. Fill the boiler.\n2. Trim the wick.\n"
                                                       "3. Ring the bell."]),
        ("How is the boiler lit?", "steps", "wick", ["To light it:", "1. Fill the boiler.", "2. Trim the wick.",
                                                    "3. Ring the bell."]),
        ("Tell me about the boiler.", "explanation", "wick bell", ["To light it:\n\n1. Fill the boiler.\n"
                                                                   "2. Trim the wick.\n3. Ring the bell."]),
    ],
)  # fmt: skip
def test_a_step_stands_for_its_procedure_line_by_line_where_steps_are_asked_for(
    question: str, asked: QuestionType, belonging: str, said: list[str]
) -> None:
    class Belongs(WordReader):
        def evidence(self, question: Query, text: str, places: Sequence[Range]) -> list[float]:  # noqa: ARG002
            return [2.5 if any(word in text[slice(*place)] for word in belonging.split()) else -1.0 for place in places]

    text = "To light it:\n\n1. Fill the boiler.\n2. Trim the wick.\n3. Ring the bell.\n"
    document = parse(text.encode(), "a.md")
    chunk = Chunk(document, document.text.index("1."), len(document.text))
    passage = Passage(chunk, Source("/d/a.md", document.id), 5.0)
    found = Extractor(Belongs(), CALIBRATION).answer(replace(analyse(question), asked=asked), [passage])
    assert [statement.text for statement in found.statements] == said
    assert (found.asked == "steps") == (len(said) > 1)
    assert problems(json.loads(json.dumps(found.to_dict())), VerificationSource({document.id: document}.get)) == []


def test_the_number_of_a_step_is_no_answer() -> None:
    class First(WordReader):
        def read(self, question: Query, texts: Sequence[str]) -> list[list[Span]]:  # noqa: ARG002
            return [[Span(0, 2, 5.0, 5.0), Span(text.index("office"), len(text), 4.0, 4.0)] for text in texts]

    text = "5. Your old office sends the record."
    document = Document(text, blocks=(Block("list", 0, len(text)), Block("step", 0, len(text), "5.")))
    passage = Passage(Chunk(document, 0, len(text)), Source("/d/0.txt", document.id), 5.0)
    found = Extractor(First(), CALIBRATION).answer(analyse("Who sends the record?"), [passage])
    assert found.short_answer == "office sends the record."


def test_a_short_answer_begins_behind_the_sign_of_its_item() -> None:
    document = parse(b"Distances are:\n\n- Hamming, for bits\n- Jaccard, for sets\n", "distances.md")
    passage = Passage(Chunk(document, 0, len(document.text)), Source("/d/distances.md", document.id), 5.0)
    best, *_ = Extractor(Finds("- Hamming"), CALIBRATION).read(analyse("Which distance is for bits?"), [passage])
    assert (best.text, best.answer, best.short) == ("- Hamming, for bits", "- Hamming", "Hamming")


@pytest.mark.parametrize("rows", [READ - 1, READ, READ + 3])
def test_what_is_no_row_is_read_too_where_rows_rank_first(rows: int) -> None:
    table = "".join(f"| l{n} | distance |\n" for n in range(rows))
    document = parse(f"| Function | What |\n|---|---|\n{table}".encode(), "functions.md")
    grid = grid_of(document.text, document.tables[0])
    chunks = [Chunk(document, *grid.range_of(row)) for row in range(1, rows + 1)]
    ranked = [Passage(chunk, Source("/d/functions.md", document.id), 9.0 - n) for n, chunk in enumerate(chunks)]
    others = passages("The distance functions are Hamming and Jaccard.", "Nothing else is told.", "Nor is this.")
    expected = [*ranked, *others][:READ] if rows < READ else [*ranked[:READ], others[0]]
    assert best_to_read([*ranked, *others]) == expected
    assert best_to_read(ranked) == ranked[:READ]


def test_a_span_over_two_sentences_counts_for_the_one_that_has_most_of_it_where_there_is_no_other() -> None:
    document = parse(b"## Mobile phones\n\nPhones must be off.\n\nBags may be open.\n", "rules.md")
    passage = Passage(Chunk(document, 0, len(document.text)), Source("/d/rules.md", document.id), 5.0)
    over = "phones\n\nPhones must be"
    (own,) = Extractor(Finds(over), CALIBRATION).read(analyse("What are the rules?"), [passage])
    assert (own.text, own.answer) == ("Phones must be off.", "Phones must be")
    (own,) = Extractor(Finds(over, "Bags"), CALIBRATION).read(analyse("What are the rules?"), [passage])
    assert own.answer == "Bags"
