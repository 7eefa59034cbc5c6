"""The Answer, the one object that every surface shares, and how what it quotes is read.

- ``answer``: the Answer with its statements and citations (``extract``: a range of a passage's document);
- ``steps``: what is told while a question is answered;
- ``reasons``: what its confidence rests on; ``caution``: whether to look twice before doing what it quotes;
- ``notices``: what is said in the program's own voice;
- ``cells``: the cells of a table that a citation rests on, with their units (``cell_units``);
- ``row_view``: rows of a table as people read them; ``spreadsheet``: text for the cells of a spreadsheet.
"""

from qa.answer.answer import (
    SCHEMA,
    YES_OR_NO,
    Answer,
    AnsweredPart,
    AnswerType,
    Citation,
    Kind,
    Role,
    Statement,
    Status,
    percent,
    role_of,
)
from qa.answer.steps import Draft, Stage

__all__ = [
    "SCHEMA",
    "YES_OR_NO",
    "Answer",
    "AnswerType",
    "AnsweredPart",
    "Citation",
    "Draft",
    "Kind",
    "Role",
    "Stage",
    "Statement",
    "Status",
    "percent",
    "role_of",
]
