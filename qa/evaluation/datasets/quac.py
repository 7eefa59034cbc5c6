"""QuAC (Choi et al. 2018): conversations about a section of Wikipedia, answered with passages of it.

As published, it has SQuAD's JSON. An article has also ``section_title`` and ``background``; a question ``orig_answer``,
what was answered in the conversation, and ``yesno`` ("y", "n" or "x": neither). A question that the section does not
answer has the answer CANNOTANSWER, which is also the last word of each context.

As in QuAC's own script, a question is unanswerable where at least half of its answers say so; where fewer do, these do
not count. Flat records are read too: ``question``, ``context``, ``answers`` ([{"text", "start"}]), and the earlier
questions in ``history``; ``dialogue`` names the conversation and ``turn`` the number of the question in it.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, answer_of, reader

ORIGINAL = "orig_answer"  # which tells a question of QuAC from one of SQuAD
UNANSWERABLE = "CANNOTANSWER"
_YES_NO = {"y": "yes", "n": "no"}

Answers = Sequence[tuple[str, int | None]]


def paragraph(
    article: DatasetRecord, name: str, context: str, turns: Sequence[tuple[DatasetRecord, Answers]]
) -> Paragraph:
    """The conversation of a paragraph: each question of it with its answers.

    Raises:
        DatasetError: an original answer is no answer, or nobody answered.
    """
    asked: list[ParagraphQuestion] = []
    said: list[str] = []
    for question, answers in turns:
        if not answers:
            raise DatasetError(f"{question.where}: answers is empty; one that finds none is {UNANSWERABLE}")
        yes_no = _YES_NO.get(question.text("yesno"), "neither")
        asked.append(
            ParagraphQuestion(
                question.text("id"),
                question.required("question"),
                _agreed(answers),
                after=tuple(one.question for one in asked),
                replies=tuple(said),
                slices={"yes/no": yes_no, "turn": str(len(asked) + 1)},
            )
        )
        text, _ = answer_of(question.part(ORIGINAL))
        said.append("" if text == UNANSWERABLE else text)
    title = " – ".join(filter(None, (article.text("title"), article.text("section_title"))))
    return Paragraph(name, title, context.removesuffix(UNANSWERABLE).rstrip() or context, asked)


def _agreed(answers: Answers) -> Answers:
    """The answers that count: none, where as many people found none as found one."""
    found = [answer for answer in answers if answer[0] != UNANSWERABLE]
    return found if len(found) > len(answers) - len(found) else []


def _flat(record: DatasetRecord) -> Paragraph:
    context, earlier = record.context("context"), record.texts("history")
    answers = [answer_of(answer) for answer in record.parts("answers", "answer")]
    asked = ParagraphQuestion(
        record.text("id"),
        record.required("question"),
        answers,
        after=earlier,
        slices={"turn": str(len(earlier) + 1)},
    )
    return Paragraph(record.text("dialogue") or record.where, record.text("title"), context, [asked])


load_flat = reader(_flat, "quac/1", repeated=True)
