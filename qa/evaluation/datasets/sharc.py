"""ShARC (Saeidi et al. 2018): may I, must I? A rule, a situation, and what a system asked back before it answered.

One JSON list, a record a turn (``sharc_train.json``, ``sharc_dev.json``)::

    {"utterance_id", "tree_id", "source_url", "snippet", "question", "scenario", "answer": "Yes" | "No" | "Irrelevant" |
     the next question back, "history": [{"follow_up_question", "follow_up_answer"}], "evidence": […]}

``snippet`` is the passage. A turn is the end of a conversation: the situation with its question, then each question
that the system asked back, and what the person said to it, which is the question of the turn. Irrelevant: the passage
does not answer. Turns that are answered by another question back are left out, with a note: no answer is right for
them. The turns of one passage and question (``tree_id``) are one group. Not read: ``source_url``, ``evidence`` (what of
``history`` the situation tells).
"""

from __future__ import annotations

from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, dataset_of, joined

_ANSWERS = {"yes": ["yes"], "no": ["no"], "irrelevant": list[str]()}


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    found = [paragraph for record in file.records if (paragraph := _paragraph(record))]
    left_out = len(file.records) - len(found)
    note = f"{left_out} of {len(file.records)} turns are left out, as they are answered by a question back"
    return dataset_of(joined(found), file, "sharc/1", [note] if left_out else ())


def _paragraph(record: DatasetRecord) -> Paragraph | None:
    """The passage with the turn's question; None where the answer is a question back."""
    identity, tree, context = record.required("utterance_id"), record.required("tree_id"), record.context("snippet")
    first = f"{record.text('scenario')} {record.required('question')}".strip()
    history = record.parts("history", "turn")
    said = [first, *(turn.required("follow_up_answer") for turn in history)]
    replies = [turn.required("follow_up_question") for turn in history]
    answers = _ANSWERS.get(record.required("answer").lower())
    if answers is None:
        return None
    asked = ParagraphQuestion(
        identity,
        said[-1],
        [(answer, None) for answer in answers],
        after=said[:-1],
        replies=replies,
        slices={"answer": answers[0] if answers else "irrelevant", "turn": str(len(said))},
    )
    return Paragraph(tree, "", context, [asked])
