"""What the recogniser learns from: orders to machines, requests that call for care, and ordinary sentences like them.

Orders are the texts of ``training/orders``, ``DATA/orders``, ``training/injections.txt`` and every second category of
BIPIA's attacks; requests those of the first two. Ordinary are the look-alikes in the same files, the sentences of all
texts given that the word weights do not clear (``qa.read.recogniser.DOUBT``), and some that they clear. Held out are a
fifth of these texts, the families ``held_*`` of ``training/orders``, some files of ``DATA/orders``, and the other half
of BIPIA.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.sentences import sentences
from qa.check.injection.detection import suspicion
from qa.read.recogniser import DOUBT
from training import everyday_data, orders_data
from training.fit_injection import TEMPLATES, Example, Templates, attacks, is_held, ordinary, sentences_of, short
from training.orders_data import Kind

EXPANSIONS = 15  # of one template
# How often such a text is learned from; and how many of the ordinary sentences, by whether the word weights clear them.
ORDERS_TIMES, REQUESTS_TIMES, ALIKE_TIMES, BIPIA_TIMES, EVERYDAY_TIMES = 5, 5, 4, 8, 4
CLEARED, DOUBTFUL = 6_000, 30_000

RUN_ON, MOST_BEFORE = 0.25, 25  # share of the texts that are run on, and words before them


@dataclass(frozen=True, slots=True)
class Data:
    """Texts with what they are: those to learn from, shuffled, and those held out, by name."""

    learned: list[tuple[str, Kind]]
    held: dict[str, list[tuple[str, Kind]]]


def read(data: Path, paths: Sequence[Path], rng: random.Random, everyday: Path = everyday_data.FOLDER) -> Data:
    """The texts of the shared ``data`` and ours; ``paths`` hold ordinary ones (``training.fit_injection.ordinary``).

    ``everyday`` is the folder of our own everyday documents.
    """
    plain = list(ordinary(paths))
    our_own = list(sentences_of(document.text for document, _ in everyday_data.read(everyday)))
    halves = attacks(data / "injection" / "bipia_injections.jsonl.gz")
    written = [*orders_data.read(), *orders_data.shared(data / "orders")]
    suspected = [(example.text, suspicion(example.text)) for example in plain if not is_held(example)]
    doubtful = [text for text, score in suspected if score >= DOUBT]
    cleared = [text for text, score in suspected if score < DOUBT]
    drawn = rng.sample(doubtful, min(DOUBTFUL, len(doubtful))) + rng.sample(cleared, min(CLEARED, len(cleared)))
    texts: list[tuple[str, Kind]] = [(text, "plain") for text in drawn]
    texts += _doubtful(example for example in our_own if not is_held(example)) * EVERYDAY_TIMES
    texts += [(text, "order") for example in halves[True] for text in _with_beginning(example.text)] * BIPIA_TIMES
    times = {"order": ORDERS_TIMES, "request": REQUESTS_TIMES, "plain": ALIKE_TIMES}
    for own in written:
        if not own.held:
            texts += [(own.text, own.kind)] * times[own.kind]
    texts += _made(short(plain), rng)
    texts = [(_run_on(text, plain, rng), kind) for text, kind in texts]
    rng.shuffle(texts)
    held = {
        "written": [(own.text, own.kind) for own in written if own.held],
        "bipia": [(example.text, "order") for example in halves[False]],
        "ordinary": _doubtful(example for example in plain if is_held(example)),
        "everyday": _doubtful(example for example in our_own if is_held(example)),
    }
    return Data(texts, held)


def _doubtful(examples: Iterable[Example]) -> list[tuple[str, Kind]]:
    """The ordinary sentences that the word weights do not clear."""
    return [(example.text, "plain") for example in examples if suspicion(example.text) >= DOUBT]


def _with_beginning(text: str) -> set[str]:
    """The text, and its first sentence: code that an order brings along is divided from it."""
    start, end = sentences(text)[0]
    return {text, text[start:end]}


def _run_on(text: str, plain: Sequence[Example], rng: random.Random) -> str:
    """The text as it is or, now and then, behind the end of an ordinary sentence without a full stop.

    In documents without layout, an order is not always a sentence of its own.
    """
    if rng.random() >= RUN_ON:
        return text
    words = rng.choice(plain).text.rstrip(".!?:;, ").split()
    return " ".join([*words[-rng.randint(2, MOST_BEFORE) :], text])


def _made(said: Sequence[str], rng: random.Random) -> list[tuple[str, Kind]]:
    """Some expansions of every template."""
    templates = Templates.read(TEMPLATES)
    return [
        (text, "order" if section == "orders" else "plain")
        for section, own in templates.sections.items()
        for template in own
        for text in sorted({templates.expand(template, rng, said) for _ in range(EXPANSIONS)})
    ]
