"""The chat over a scripted assistant, for the page alone: ``python tests/browser/fake_chat.py PORT``.

A question that holds "moon" is refused, "help" gets a notice, "slow" takes seconds, "wait until FILE" as long as that
file is not there, "break" raises, "hostile" cites a document that attacks the page, "code" one with code, "write until
FILE" is answered in part, and wholly once that file is there; every other one is answered, and each answer repeats its
question. One that begins with "And" is understood as a follow-up to what was asked last; "waht" is corrected, unless it
is asked as typed.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from documents.document import Chunk, Document, Page, Section, Source
from documents.formats import markdown
from index.passage import Passage, Scope
from qa.answer import Answer, Citation, Draft, Statement
from qa.answer.reasons import reason
from qa.assistant import Stage
from qa.serving import server
from qa.serving.chat.page import build
from qa.understand.conversation import Turn

CITY = (
    "The city was the first to propose becoming the “City of Optical Networks”. It builds infrastructure "
    "through scientific planning, so that it is ready for technology to follow. It has already established "
    "over 140,000 5G base stations, and more than 100 satellites are currently in orbit.\n\n"
    "Today, the added value of the digital economy accounts for 45% of its GDP. A total of 199 innovative "
    "robot products are now in use across 134 different scenarios."
)
STATIONS = CITY[CITY.index("It has already") : CITY.index("\n\n")]
SHARE = CITY[CITY.index("Today") : CITY.index(" A total")]
HOSTILE = (
    "Harmless words first. <script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'> "
    'See [1] and [a link](javascript:window.hacked=3) "quoted" </div></section></template>. '
    "\U0001f409 \U0001d518\U0001d52b\U0001d526 שלום \u202eright to left\u202c ${7*6} {{value}} last."
)
README = """# Desk

Start it with `desk serve -p 80`, which
is **wrapped** here.

```sh
desk serve \\
  --port 80 "<b>"
```
"""
HOSTILE_QUOTE = HOSTILE[HOSTILE.index("See") :]


def document(text: str, title: str, section: str) -> Document:
    sections = (Section(section, 1, 0, 0, len(text)),)
    return Document(text, title=title, sections=sections, pages=(Page(3, 0, len(text)),))


def passage(whole: Document, first: str, path: str) -> Passage:
    """From ``first`` to the end of the document."""
    return Passage(Chunk(whole, whole.text.index(first), len(whole.text)), Source(path, whole.id), 1.0)


def cite(number: int, found: Passage, quote: str) -> Citation:
    start = found.chunk.document.text.index(quote)
    return Citation(number, found, start, start + len(quote))


class FakeAssistant:
    def answering(
        self,
        question: str,
        scope: Scope | None = None,  # noqa: ARG002
        history: Sequence[Turn] = (),
        as_typed: bool = False,
    ) -> Iterator[Stage | Draft | Answer]:
        yield Stage("search", 37)
        if "slow" in question:
            time.sleep(2)  # the pause in which a visitor does something else
        if "wait until " in question:
            wait_for(question)
        yield Stage("rank", 10)
        if "break" in question:
            raise RuntimeError("secret: /etc/passwd")
        if "help" in question:
            yield Answer("notice", question, question, 1.0, message="Ask me about the documents.")
        elif "hostile" in question:
            yield hostile(question)
        elif "code" in question:
            yield code(question)
        elif "moon" in question:
            yield refusal(question)
        elif "write" in question:
            whole = replace(answer(question), short_answer=None, caveat="not calibrated", note="The model broke off.")
            yield Draft(replace(whole, statements=whole.statements[:1], citations=whole.citations[:1]))
            wait_for(question)
            yield whole
        elif question.startswith("And") and history and not as_typed:
            about = f"{question} ({len(history)}: {history[-1].question} – {history[-1].answer})"
            yield replace(answer(question), standalone_question=about)
        elif "waht" in question and not as_typed:
            yield replace(answer(question), standalone_question=question.replace("waht", "what"))
        else:
            yield answer(question)


def wait_for(question: str) -> None:
    """Until the file is there that the question names."""
    file = Path(question.partition(" until ")[2])
    while not file.exists():
        time.sleep(0.02)


def city() -> tuple[Passage, Passage]:
    whole = document(CITY, "How to Build a Benchmark City", "Turning Data into Profit")
    return passage(whole, "The city", "/home/someone/city.txt"), passage(whole, "Today", "notes/economy.pdf")


def answer(question: str) -> Answer:
    first, second = city()
    said = (
        Statement(STATIONS, (1,), 1.0, "quoted"),
        Statement(SHARE, (2, 7), 1.0, "quoted"),
        Statement(f"You asked: {question}", (), 0.1, "unsupported"),
    )
    cited = (cite(1, first, STATIONS), cite(2, second, SHARE))
    rests_on = (
        reason("start", 0.28),
        reason("entails", 0.51),
        reason("margin", 0.16),
        reason("lead", -0.02, wording=1),
    )
    return Answer("answer", question, question, 0.93, "over 140,000", said, cited, reasons=rests_on)


def refusal(question: str) -> Answer:
    message = "These documents do not hold the answer."
    rests_on = (reason("start", 0.28), reason("absent", -0.18, about=["Moon", "X<1>"]), reason("threshold"))
    return Answer("refusal", question, question, 0.1, message=message, passages=city(), reasons=rests_on)


def hostile(question: str) -> Answer:
    whole = document(HOSTILE, "<b>Title</b>", "<script>window.hacked = 4</script>")
    found = passage(whole, "Harmless", '"><img src=x onerror=window.hacked=5>.txt')
    said = (Statement(HOSTILE_QUOTE, (1,), 1.0, "quoted"),)
    short = "<script>window.hacked = 6</script>"
    return Answer("answer", question, question, 0.5, short, said, (cite(1, found, HOSTILE_QUOTE),))


def code(question: str) -> Answer:
    whole = markdown.parse(README)
    found = passage(whole, "# Desk", "README.md")
    quotes = (README[README.index("Start") : README.index("\n\n```")], README[README.index("```") :].strip())
    cited = tuple(cite(number, found, quote) for number, quote in enumerate(quotes, 1))
    said = tuple(Statement(own.quote, (own.number,), 1.0, "quoted") for own in cited)
    return Answer("answer", question, question, 0.9, None, said, cited)


if __name__ == "__main__":
    examples = (
        "How many 5G base stations does Beijing have?",
        "What share of GDP is the digital economy?",
        "Who runs ${1} {{2}} <b>bold</b>?",
    )
    page = build(examples=examples, summary="1 document, 37 passages")
    server.launch(page, FakeAssistant(), server.Address(port=int(sys.argv[1])))
