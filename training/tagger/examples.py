"""What the tagger learns from: follow-ups, and which words of the conversation they leave out.

People's own are the questions of TREC CAsT and mtRAG with their stand-alone rewriting: left out are the words of
earlier questions that the rewriting has and the question has not. Of each source every third conversation is held out,
as ``benchmarks.rewrites --every 3`` takes them. Replies in CAsT are left away, for their licence.

Those on everyday documents were written as people type: conversations (``training/conversations``, and the shared
data's), and follow-ups after one question. In them the questions before stand as they were asked, alone, or with the
words in front that they leave out, as the program has them. Some are asked after a conversation about another document.

The others are made of two questions about one text. What the second shares with the first, or with its answer, becomes
a pronoun or "the …", or is dropped with its preposition; or a name of the first is asked about ("What about …?"). A
question that is left as it is, about the same text or another, leaves nothing out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rewrites import SETS, cases, read
from documents.words import word_set
from index.analyse import STOP_WORDS
from qa.understand.conversation import Turn
from qa.understand.omitted_terms import LONGEST_REPLY, conversation_of, stems, with_words
from qa.understand.phrases import PREPOSITIONS, Word, words
from training import data, everyday_data
from training.shared_everyday import ARTICLES, CONVERSATIONS, HELD_ARTICLES, Exchange, Item, conversations
from training.shared_everyday import read as read_everyday

EVERY = 3  # of people's conversations one is held out
TIMES, EVERYDAY_TIMES = 5, 2  # how often people's own are learned from, and those on everyday documents
HELD = ("a04", "b04", "c04", "d04", "e04", "f04", "g06", "d16", "d17")  # files of conversations that are held out
# Shares: of earlier questions alone, and with words in front; of first questions asked after another conversation, and
# of questions asked after another one on the same document.
ALONE, IN_FRONT, ELSEWHERE, NEXT = 0.4, 0.4, 0.3, 0.3
_DETERMINERS = word_set("the a an this that these those his her its their")
_POSSESSIVE = re.compile(r"['’]s?$")
_NAME = re.compile(r"\b[A-Z][\w’'-]*(?: (?:of |the )?[A-Z][\w’'-]*)*")
_FRAGMENTS = ("What about {}?", "How about {}?", "And {}?", "and {}", "And in {}?", "And for {}?")
# Shares of the made ones: an unrelated question, one about the same text as it is, and a name asked about.
UNRELATED, AS_IT_IS, FRAGMENT = 0.17, 0.14, 0.12
REPLIED, LOWER, UNMARKED, SHORTENED_BEFORE = 0.5, 0.25, 0.2, 0.2

Asked = tuple[str, str]  # a question and its answer, or ""


@dataclass(frozen=True, slots=True)
class Example:
    """A question after a conversation, and the stems of the words that it leaves out."""

    question: str
    conversation: str
    left_out: frozenset[str]


@dataclass(frozen=True, slots=True)
class Data:
    """Examples to learn from, shuffled, and those held out, by source."""

    learned: list[Example]
    held: dict[str, list[Example]]


def examples(folder: Path, count: int, held: int, rng: random.Random) -> Data:
    """People's own of the data in ``folder``, and ``count`` and ``held`` made ones."""
    learned: list[Example] = []
    kept: dict[str, list[Example]] = {}
    for name, file in SETS.items():
        own = list(cases(read(folder / "follow_ups" / f"{file}.jsonl.gz")))
        chosen = set(list(dict.fromkeys(case.group for case in own))[::EVERY])
        for case in own:
            conversation = conversation_of([Turn(question, "") for question, _ in case.turns])
            example = Example(case.question, conversation, stems(case.rewrite) - stems(case.question))
            if case.group in chosen:
                kept.setdefault(name, []).append(example)
            else:
                learned += [example] * TIMES
    for is_held, example in _everyday(folder, rng):
        if is_held:
            kept.setdefault("everyday", []).append(example)
        else:
            learned.append(example)
    texts = [questions for questions in _texts(folder) if len(questions) > 1]
    made = _made(texts, rng)
    kept["made"] = [next(made) for _ in range(held)]
    learned += [next(made) for _ in range(count)]
    rng.shuffle(learned)
    return Data(learned, kept)


def _everyday(folder: Path, rng: random.Random) -> Iterator[tuple[bool, Example]]:
    """Whether it is held out, and an example, for each question of conversations on everyday documents."""
    for path in sorted([*CONVERSATIONS.glob("*.txt"), *(folder / "everyday").glob("d*.txt")]):
        talks = [talk for _, every in conversations(path) for talk in every]
        yield from _of_talks(talks, is_held=path.stem in HELD, rng=rng)
    for path in sorted([*ARTICLES.glob("*.txt"), *(folder / "everyday" / "train").glob("*.txt")]):
        pairs = [pair for _, items in read_everyday(path) for pair in _pairs(items, rng)]
        yield from _of_talks(pairs, is_held=path.stem in HELD_ARTICLES, rng=rng)


def _pairs(items: Sequence[Item], rng: random.Random) -> Iterator[list[Exchange]]:
    """Each question with the follow-up after it, and some with the next question, which stands alone."""
    before: Exchange | None = None
    for item in items:
        if item.kind not in "QG":
            continue
        answer = next(iter(item.fields.get("A", ())), "")
        alone = next(iter(item.fields.get("S", ())), item.text)
        own = Exchange(item.text, alone if item.kind == "G" else item.text, answer)
        if before and (item.kind == "G" or rng.random() < NEXT):
            yield [before, own]
        before = own if item.kind == "Q" else before


def _of_talks(talks: Sequence[list[Exchange]], *, is_held: bool, rng: random.Random) -> Iterator[tuple[bool, Example]]:
    """The questions of the conversations but for the first, and some first ones after another conversation."""
    for talk in talks:
        for _ in range(1 if is_held else EVERYDAY_TIMES):
            for number, own in enumerate(talk):
                before = talk[:number]
                if number == 0 and rng.random() < ELSEWHERE:
                    other = rng.choice(talks)
                    before = other[: rng.randint(1, len(other))] if other is not talk else []
                if before:
                    conversation = conversation_of([_turn(one, rng) for one in before])
                    yield is_held, Example(own.question, conversation, stems(own.standalone) - stems(own.question))


def _turn(own: Exchange, rng: random.Random) -> Turn:
    """The exchange as a turn of the history."""
    kind = rng.random()
    if kind < ALONE:
        return Turn(own.standalone, "", own.answer)
    said = (word for word in words(own.standalone) if word.lower not in STOP_WORDS)
    left_out = [word.text for word in said if stems(word.text) - stems(own.question)]
    is_in_front = left_out and kind < ALONE + IN_FRONT
    return Turn(with_words(", ".join(left_out), own.question) if is_in_front else own.question, "", own.answer)


def _texts(folder: Path) -> Iterator[list[Asked]]:
    """The questions about each text."""
    for name in (data.CLEAN, data.WEAK):
        for article in data.load(folder / "train" / name)["data"]:
            for paragraph in article["paragraphs"]:
                yield [(qa["question"], qa["answers"][0]["text"] if qa["answers"] else "") for qa in paragraph["qas"]]
    for document, items in everyday_data.read():
        asked = [item for item in items if item.kind != "claim"]
        yield [(item.text, document.text[slice(*item.answers[0])] if item.answers else "") for item in asked]


def _made(texts: Sequence[Sequence[Asked]], rng: random.Random) -> Iterator[Example]:
    """Examples without end, of one text after the other."""
    every = [question for questions in texts for question in questions]
    order = list(texts)
    while True:
        rng.shuffle(order)
        for questions in order:
            first = rng.choice(questions)
            others = [own for own in questions if own[0] != first[0]]
            found = _follow_up(first, others, every, rng) if others else None
            if found is None:
                continue
            question, left_out, between = found
            before = [
                rng.choice(others if rng.random() < 0.6 else every) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))
            ]
            in_lower = rng.random() < LOWER
            history = [Turn(_varied(own, in_lower, rng), "", reply) for own, reply in (*before, *between)]
            yield Example(_varied(question, in_lower, rng), conversation_of(history), left_out)


def _follow_up(
    first: Asked, others: Sequence[Asked], every: Sequence[Asked], rng: random.Random
) -> tuple[str, frozenset[str], list[Asked]] | None:
    """A question after ``first``, the stems it leaves out, and the end of the conversation before it."""
    question, answer = first
    reply = answer if rng.random() < REPLIED and len(answer.split()) < LONGEST_REPLY else ""
    said, kind = [(question, reply)], rng.random()
    if kind < UNRELATED:
        return rng.choice(every)[0], frozenset(), said
    if kind < UNRELATED + AS_IT_IS:
        return rng.choice(others)[0], frozenset(), said
    if kind < UNRELATED + AS_IT_IS + FRAGMENT:
        own = _names(question)
        new = [name for other, _ in others for name in _names(other) if name not in question]
        if not own or not new:
            return None
        asked = rng.choice(_FRAGMENTS).format(rng.choice(new))
        return asked, stems(question) - stems(rng.choice(own)) - stems(asked), said
    for other, _ in rng.sample(others, len(others)):
        if shared := _shared(f"{question} {reply}", other):
            asked = _shortened(other, shared, rng)
            left_out = stems(other[shared[0].start : shared[-1].end]) - stems(asked)
            between = _shortened_too(question, [own for own in others if own[0] != other], rng)
            return (asked, left_out, [*said, *between]) if left_out else None
    return None


def _names(question: str) -> list[str]:
    """The names in a question: words with a capital beside one another, but for the first word."""
    return [found[0] for found in _NAME.finditer(question) if found.start()]


def _shortened_too(question: str, others: Sequence[Asked], rng: random.Random) -> list[Asked]:
    """Now and then a follow-up in between, which refers to ``question`` as well."""
    if others and rng.random() < SHORTENED_BEFORE:
        other, _ = rng.choice(others)
        if shared := _shared(question, other):
            return [(_shortened(other, shared, rng), "")]
    return []


def _shared(said: str, question: str) -> list[Word]:
    """The longest words of the question beside one another that were said before and that a pronoun may stand for.

    They do not begin the question and are not all of it; they have a name, a determiner, or two words of meaning.
    """
    known = f" {' '.join(map(_plain, words(said)))} "
    own, best, most = words(question), list[Word](), 0
    meaning = [word.lower not in STOP_WORDS for word in own]
    for first in range(1, len(own)):
        for last in range(len(own), first, -1):
            part = own[first:last]
            if not (meaning[first] and meaning[last - 1]) or f" {' '.join(map(_plain, part))} " not in known:
                continue
            count = sum(meaning[first:last])
            is_named = any(word.text[0].isupper() for word in part) or own[first - 1].lower in _DETERMINERS
            if count > most and count < sum(meaning) and (is_named or count > 1):
                best, most = part, count
            break
    return best


def _plain(word: Word) -> str:
    return _POSSESSIVE.sub("", word.lower)


def _shortened(question: str, shared: Sequence[Word], rng: random.Random) -> str:
    """The question with the shared words left out: a pronoun or "the …" in their place, or none."""
    before = [word for word in words(question) if word.end <= shared[0].start]
    start, end = shared[0].start, shared[-1].end
    if before[-1].lower in _DETERMINERS:
        start = before.pop().start
    follows = before[-1] if before and before[-1].lower in PREPOSITIONS else None
    choice = rng.random()
    if _POSSESSIVE.search(shared[-1].text):
        new = rng.choice(("its", "its", "their", "his", "her"))
    elif follows and choice < 0.3:
        start, new = follows.start, ""
    elif len(shared) > 1 and choice < 0.55:
        new = f"{rng.choice(('the', 'the', 'this', 'that'))} {shared[-1].lower}"
    elif choice < 0.65:
        new = rng.choice(("this", "that", "there")) if follows else "this"
    else:
        new = rng.choice(("it", "it", "them", "him", "her") if follows else ("it", "it", "they", "he", "she"))
    return re.sub(r"\s+([?.!,])", r"\1", " ".join(f"{question[:start]}{new}{question[end:]}".split()))


def _varied(question: str, in_lower: bool, rng: random.Random) -> str:
    """The question as people type it."""
    written = question.lower() if in_lower else question
    return written.rstrip("?") if rng.random() < UNMARKED else written
