"""How well and how fast PDF files are read, compared with poppler's pdftotext, pypdf and pdfplumber.

    python -m benchmarks.pdf FILE.pdf… [--speed] [--questions]

- *words*: precision and recall of the words in reading order, by longest common subsequence with the words of
  ``pdftotext``, in the mode (plain, ``-layout``, ``-raw``) that agrees best. Running lines at the top or bottom of
  pages are left out on both sides, and words hyphenated at a line's end are joined.
- *pages*: of 100 sentences sampled from all files, how many are on the page that Refdesk gives, as ``pdftotext`` reads
  that page (four of five of the sentence's words, in order).
- ``--speed``: pages a second, compared with pypdf and pdfplumber (``pip install -r benchmarks/requirements.txt``).
- ``--questions``: the questions of ``benchmarks/pdf_questions.jsonl``, answered by numbers in the files' tables, are
  asked of an index of the files: how often is the right row the first statement?
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rapidfuzz.distance import LCSseq

from documents import load
from documents.formats import pdf
from documents.formats.pdf_elements import Element
from documents.sentences import sentences

QUESTIONS = Path(__file__).with_name("pdf_questions.jsonl")
MODES = ("", "-layout", "-raw")
_WORD = re.compile(r"[^\W_]+(?:[.,'’&/-][^\W_]+)*")
_EDGE = 4  # lines at the top and bottom of a page that may be running lines
_OFTEN = 2  # when they stand there on more pages


def words(text: str) -> list[str]:
    """Words and numbers in lower case; words hyphenated at a line's end are joined."""
    return _WORD.findall(re.sub(r"(?<=[a-z])[-\u2010\u00ad]\n\s*(?=[a-z])", "", text).lower())


def read_by_us(path: Path, running: set[tuple[str, ...]]) -> list[str]:
    """The words on the pages, each once, without those of the ``running`` lines at the top and bottom."""
    pages, _ = pdf.read_pages(path.read_bytes(), path.name)
    found: list[str] = []
    for page in pages:
        own = words("\n".join(map(_spaced, page)))
        masked = [_masked(word) for word in own]
        first, last = 0, len(own)
        while line := next((line for line in running if tuple(masked[first : first + len(line)]) == line), ()):
            first += len(line)
        while line := next(
            (line for line in running if first < last and tuple(masked[:last][-len(line) :]) == line), ()
        ):
            last -= len(line)
        found += own[first : max(first, last)]
    return found


def _spaced(element: Element) -> str:
    return "".join(piece.text if piece.word else " " for piece in element.pieces)


def pdftotext(path: Path, mode: str) -> tuple[list[str], set[tuple[str, ...]]]:
    """The text of each page by poppler without running lines, and the words of these lines with numbers masked."""
    command = ["pdftotext", *([mode] if mode else []), str(path), "-"]
    text = subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")
    pages = [[line for line in page.split("\n") if line.strip()] for page in text.split("\f")]
    edges = Counter(line for page in pages for line in {*map(_masked, page[:_EDGE]), *map(_masked, page[-_EDGE:])})
    running = {tuple(map(_masked, words(line))) for line, count in edges.items() if count > _OFTEN}
    return ["\n".join(_without_running(page, edges)) for page in pages], running - {()}


def _masked(line: str) -> str:
    return re.sub(r"\d+", "0", " ".join(line.lower().split()))


def _without_running(page: list[str], edges: Counter[str]) -> list[str]:
    """The page without the lines that are at the top or bottom of several pages."""
    first, last = 0, len(page)
    while first < min(_EDGE, last) and edges[_masked(page[first])] > _OFTEN:
        first += 1
    while last > max(first, len(page) - _EDGE) and edges[_masked(page[last - 1])] > _OFTEN:
        last -= 1
    return page[first:last]


def agreement(path: Path) -> tuple[float, float, str]:
    """Precision and recall, and the mode of pdftotext that agrees best."""
    figures = []
    for mode in MODES:
        pages, running = pdftotext(path, mode)
        theirs, ours = words("\n".join(pages)), read_by_us(path, running)
        shared = LCSseq.similarity(theirs, ours)
        figures.append((shared / max(1, len(ours)), shared / max(1, len(theirs)), mode or "plain"))
    return max(figures, key=lambda figure: min(figure[:2]))


def right_pages(paths: Sequence[Path], count: int = 100) -> tuple[int, int]:
    """How many of ``count`` sampled sentences are on the page that the document gives, and how many were checked."""
    candidates = []
    for path in paths:
        document = load.load(path)
        for start, end in sentences(document.text):
            if len(words(document.text[start:end])) >= 6:
                candidates.append((path, document, start, end))
    chosen = random.Random(0).sample(candidates, count)
    by_poppler = {path: pdftotext(path, "-raw")[0] for path in paths}
    right = 0
    for path, document, start, end in chosen:
        page = document.page_at(start)
        said = words(document.text[start:end])
        on_it = words(by_poppler[path][(page or 0) - 1]) + words(by_poppler[path][page or 0])[: len(said)]
        on_page = LCSseq.similarity(said, on_it) >= 0.8 * len(said) or set(said) <= set(on_it)
        right += on_page
        if not on_page:
            print(f"    not on page {page} of {path.name}: {document.text[start:end]}")
    return right, count


def _pypdf(path: Path) -> int:
    import pypdf

    reader = pypdf.PdfReader(path)
    return sum(1 for page in reader.pages if page.extract_text() is not None)


def _pdfplumber(path: Path) -> int:
    import pdfplumber

    with pdfplumber.open(path) as document:
        return sum(1 for page in document.pages if page.extract_text() is not None)


def _refdesk(path: Path) -> int:
    return len(load.load(path).pages)


def speed(paths: Sequence[Path]) -> dict[str, float]:
    """Pages a second of each library, one after the other."""
    readers: dict[str, Callable[[Path], int]] = {"refdesk": _refdesk, "pypdf": _pypdf, "pdfplumber": _pdfplumber}
    figures = {}
    for name, read in readers.items():
        read(min(paths, key=lambda path: path.stat().st_size))  # imports
        began = time.perf_counter()
        pages = sum(read(path) for path in paths)
        figures[name] = pages / (time.perf_counter() - began)
    return figures


def ask(paths: Sequence[Path], *, threshold: float | None = None) -> list[tuple[dict[str, Any], str, bool]]:
    """For each question the first statement of the answer, and whether it is the right row."""
    from qa import settings
    from qa.assistant.compose import open_assistant, open_ingest

    gold = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    known = {path.name for path in paths}
    gold = [question for question in gold if question["file"] in known]
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.read(index=Path(folder), threshold=threshold)
        open_ingest(chosen).update(list(paths))
        assistant = open_assistant(chosen)
        answers = [assistant.ask(question["question"]) for question in gold]
    found = []
    for question, answer in zip(gold, answers, strict=True):
        said = answer.statements[0].text if answer.statements else ""
        source = answer.to_dict()["citations"][0]["source"] if answer.statements else ""
        figure, row = (any(text in said for text in question[name]) for name in ("answers", "rows"))
        right = figure and row and Path(source).name == question["file"]
        found.append((question, said, right))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--questions", action="store_true")
    options = parser.parse_args()
    for path in options.files:
        precision, recall, mode = agreement(path)
        print(f"{path.name:40} precision {precision:.4f}, recall {recall:.4f} (pdftotext, {mode})")
    right, count = right_pages(options.files)
    print(f"{'page numbers right':40} {right} of {count}")
    if options.speed:
        for name, figure in speed(options.files).items():
            print(f"{name:40} {figure:.1f} pages a second")
    if options.questions:
        found = ask(options.files)
        for question, said, is_right in found:
            print(f"{'right' if is_right else 'WRONG'} {question['question']}\n      {said or '(refused)'}")
        print(f"{'right row in the first statement':40} {sum(is_right for *_, is_right in found)} of {len(found)}")
    print(f"{'machine':40} {platform.machine()}, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
