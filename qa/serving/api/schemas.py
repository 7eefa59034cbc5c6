"""The JSON of requests and responses. An Answer is written by ``qa.answer``; here its fields are named and typed.

Offsets count Unicode code points of a document's text; ``end`` is exclusive.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qa.answer import AnswerType, Kind, Role, Status
from qa.saved.read import is_text
from qa.serving.library.shelf import MOST_CHOSEN

MOST_SHOWN = 100  # passages of a search
CollectionName = Annotated[str, Field(min_length=1, max_length=100)]
DocumentId = Annotated[str, Field(max_length=100)]
Text = Annotated[str, Field(max_length=500)]


class Model(BaseModel):
    """A JSON object of a response; later versions may have more fields."""


class Sent(BaseModel):
    """A JSON object of a request."""

    @model_validator(mode="before")
    @classmethod
    def _is_text(cls, data: Any) -> Any:
        if isinstance(data, bytes):  # sent as something else than JSON: no field is there
            return data
        try:
            if is_text(data):
                return data
        except RecursionError as error:
            raise ValueError("it is nested too deep") from error
        raise ValueError("it holds half of a surrogate pair, which is no text")


class Narrowing(Sent):
    """Which sources are asked; what is left out narrows nothing."""

    model_config = ConfigDict(extra="forbid")

    collection: CollectionName | None = Field(default=None, description="Only this collection.")
    source: Text | None = Field(default=None, description="Only sources whose path or last parts match: report*.pdf")
    type: Text | None = Field(default=None, description="Only sources whose name ends so: pdf")
    since: Text | None = Field(default=None, description="Only sources changed on this day or later: 2024-01-31")
    before: Text | None = Field(default=None, description="Only sources changed before this day.")
    fields: dict[str, str] = Field(default_factory=dict, max_length=10, description="Only sources with these fields.")
    documents: list[DocumentId] = Field(
        default_factory=list, max_length=MOST_CHOSEN, description="Only these documents: sha256:…"
    )


Rendering = Literal["urls", "char_location"]


class AskRequest(Narrowing):
    """A question."""

    question: str = Field(description="In plain words; at most 2,000 characters.", examples=["Who pumps water?"])
    after: list[dict[str, Any]] = Field(
        default_factory=list, max_length=6, description="The Answers before it, oldest first: it may be a follow-up."
    )
    render: list[Rendering] = Field(
        default_factory=list,
        max_length=2,
        description=(
            "What the Answer is given besides. urls: each citation has a url, which shows the quotation in its "
            "document. char_location: content holds the answer as text blocks with citations in Anthropic's shape."
        ),
    )


class FeedbackRequest(Sent):
    """What somebody says of an answer."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["up", "down"]
    answer: dict[str, Any] | None = Field(default=None, description="The Answer; or else the question.")
    question: str = Field(default="", max_length=2000)
    reason: str = Field(default="", max_length=2000, description="Why, in a sentence.")
    expected: str | None = Field(
        default=None, max_length=2000, description='The right answer, in short; "": the documents hold none.'
    )

    @model_validator(mode="after")
    def _is_about_something(self) -> FeedbackRequest:
        if self.answer is None and not self.question.strip():
            raise ValueError("give the answer, or the question")
        return self


class Kept(Model):
    """Feedback that is kept, by its number."""

    number: int


class Cell(Model):
    """A cell that an answer rests on, with its headings."""

    start: int
    end: int
    row: list[str]
    columns: list[str]
    unit: str | None


class Citation(Model):
    """A quotation: the characters start to end of the document."""

    number: int = Field(description="The [n] of the text.")
    document: str = Field(description="The document's id: sha256:…")
    source: str
    title: str
    page: int | None
    section: str | None
    date: str | None
    start: int
    end: int
    quote: str
    marks: list[list[int]] = Field(description="The ranges of the document, within the quote, whose words answer.")
    cells: list[Cell]
    url: str | None = Field(default=None, description="With render urls only.")


class Statement(Model):
    """A sentence of the answer and the numbers of the citations it rests on."""

    text: str
    citations: list[int]
    support: float
    status: Status
    role: Role
    part: int
    code: list[list[int]] | None = Field(
        default=None, description="Only of a written statement with code: the ranges of its text that are code."
    )


class Part(Model):
    """One of several questions, or things compared."""

    question: str
    kind: Kind


class FoundPassage(Model):
    """A passage that was read for the answer."""

    source: str
    start: int
    end: int
    score: float
    stage_scores: dict[str, float]


class CharLocation(Model):
    """A citation in Anthropic's shape; document_index counts the documents cited."""

    type: Literal["char_location"]
    cited_text: str
    document_index: int
    document_title: str | None
    start_char_index: int
    end_char_index: int
    file_id: str | None


class TextBlock(Model):
    """A sentence of the answer with its citations in Anthropic's shape."""

    type: Literal["text"]
    text: str
    citations: list[CharLocation]


class Reason(Model):
    """One of the reasons for a confidence; share is what it adds to the number or takes from it."""

    name: str
    text: str
    share: float


class Answer(Model):
    """What was asked, what is said, and what it rests on. See docs/answers.md."""

    schema_: int = Field(alias="schema")
    kind: Kind
    asked: AnswerType
    question: str
    standalone_question: str
    answered: bool
    confidence: float
    reasons: list[Reason] = Field(description="What the confidence rests on; the shares add up to it.")
    text: str = Field(description="What is said, with its [n]; of a refusal or notice, the message.")
    short_answer: str | None
    note: str | None
    caution: str | None
    statements: list[Statement]
    citations: list[Citation]
    nearest: Citation | None = Field(default=None, description="What a refusal came closest to saying.")
    beyond: str | None = Field(
        default=None,
        description="With REFDESK_BEYOND, beside a refusal: what the language model says of itself. Not from the "
        "documents, not checked, no part of the answer.",
    )
    parts: list[Part]
    passages: list[FoundPassage]
    model: dict[str, str | None]
    timings_ms: dict[str, float]
    content: list[TextBlock] | None = Field(default=None, description="With render char_location only.")


class Found(Model):
    """A passage that a search found. score is that of the last stage: higher is better."""

    document: str
    source: str
    title: str
    page: int | None
    section: str | None
    start: int
    end: int
    text: str
    score: float
    stage_scores: dict[str, float]
    url: str


class SearchResult(Model):
    """The passages that a search found, best first."""

    query: str
    passages: list[Found]


class Source(Model):
    """Where a document came from."""

    source: str
    collection: str
    document: str
    title: str
    characters: int
    date: str | None
    dated_by: str | None
    version: str | None
    family: str | None
    modified: str | None
    fields: dict[str, str]


class Documents(Model):
    """The sources, by path; total counts all of them."""

    documents: list[Source]
    total: int


class Section(Model):
    """A heading and the text below it."""

    title: str
    level: int
    start: int
    heading_end: int
    end: int


class Page(Model):
    """A page, slide or sheet."""

    number: int
    start: int
    end: int


class Block(Model):
    """A list, an item, a step, a caption, code …"""

    kind: str
    start: int
    end: int
    label: str


class Table(Model):
    """A table: each line is a row, with a | on both sides of each cell unless columns say where cells begin."""

    start: int
    end: int
    headings: list[int]
    labels: int
    caption: tuple[int, int] | None
    columns: list[int]


class Document(Model):
    """A document: its text, which all offsets count, and its structure."""

    document: str
    title: str
    text: str
    sections: list[Section]
    pages: list[Page]
    blocks: list[Block]
    tables: list[Table]
    sources: list[Source]


class PageImage(Model):
    """The page of a quotation: png is a data URL; boxes (left, top, right, bottom) are shares of width and height."""

    number: int
    png: str
    width: int
    height: int
    boxes: list[list[float]]


class Original(Model):
    """What there is to show of a quotation's original: a note, a link or a page image; each may be null."""

    note: str | None
    link: str | None
    page: PageImage | None


class Changed(Model):
    """What a change did, by source path, and the documents that its sources lead to now."""

    added: list[str] = []
    changed: list[str] = []
    unchanged: list[str] = []
    removed: list[str] = []
    failed: dict[str, str] = {}
    documents: list[Source] = []


class Collection(Model):
    """A collection and how many sources it has."""

    name: str
    sources: int


class Collections(Model):
    """The collections, by name."""

    collections: list[Collection]


class Checked(Model):
    """What verifying found: problems name the answer by its number; not_checked is what no check can decide."""

    answers: int
    citations: int
    problems: list[dict[str, Any]]
    not_checked: list[str]


class Health(Model):
    """Whether the server lives, or can answer; generation, for who has the right admin, counts changes of the index."""

    status: str
    generation: int | None = None


class OpenAIReason(BaseModel):
    """What went wrong, in one line, in OpenAI's shape."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(BaseModel):
    """Why a request below /v1 was not served."""

    error: OpenAIReason


class Problem(BaseModel):
    """Why a request was not served (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = Field(default=None, description="One line: what is wrong and what to do.")
    errors: list[dict[str, Any]] | None = Field(default=None, description="Which fields are wrong, and how.")
    request_id: str | None = Field(default=None, description="Of `X-Request-ID`; the server's log names it.")
