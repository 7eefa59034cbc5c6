"""Make ``training/asked.jsonl``, the questions from which ``training.asked`` learns what is asked for.

    python -m training.asked_data

The questions are frames filled with subjects (``training/asked_frames.txt``), written as people write: carefully, in
lower case without a mark, with a slip of the finger, after a greeting, or after what led to the question. A line is

    {"asked": "count", "text": "How many chapters are there?", "frame": "How many {items} are there?", "group": 3}

and talk also has what kind of talk it is: {"asked": "talk", …, "talk": "greeting"}.

The values of a name are dealt to ``GROUPS`` groups, and all that fill one question are of the same group; it is null
where the frame has no names. So frames and subjects can both be held out.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FRAMES = Path(__file__).with_name("asked_frames.txt")
QUESTIONS = Path(__file__).with_name("asked.jsonl")
GROUPS = 5
FILLED = 2  # questions made of one frame with names
_SLOT = re.compile(r"\{([^{}]*)\}")
_BARE_KINDS = ("talk", "keyword")  # of these, nothing stands before the words that count
_GREETINGS = (
    "Hi, {}", "Hello, {}", "Good morning! {}", "Quick question: {}", "Sorry to bother you. {}", "Hey, {}", "{} Thanks!",
    "Hi there, just one thing: {}", "Thanks! {}", "One more question: {}", "{} Thank you in advance.", "Please: {}",
    "Dear team, {}", "ok and {}", "Another thing, {}", "Excuse me, {}", "Great, thank you. {}", "So, {}",
)  # fmt: skip
_BACKGROUNDS = (
    "I moved here last month and have never done this before. {}",
    "My colleague told me something different yesterday, and now I am not sure. {}",
    "We bought it two years ago and it worked well until this morning. {}",
    "I have read the letter twice, but I still cannot find it. {}",
    "My mother is 82 and lives alone, so I do all of this for her. She asked me to find out. {}",
    "There was a meeting about this last week, which I missed because of a train strike. {}",
    "I inherited this from the person who had the job before me, and nobody here knows much about it. {}",
    "We are a small firm with four people. Until now we have done everything on paper. {}",
    "Yesterday the display went dark, then it came back, and since then a yellow lamp is on. {}",
    "Last year it was all quite simple, but then the rules were changed. My neighbour says that nothing is new. {}",
    "I am writing a paper for my course and have until Friday. {}",
    "I ordered on the third, paid on the fifth, and have heard nothing since. The hotline puts me on hold. {}",
    "{} I ask because my contract ends in May and I would rather be on the safe side.",
    "{} My boss wants to have this by noon.",
    "{} I could not find it on your website.",
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question, what it asks for, the frame it was made from, and the group of its subjects (None: it has none).

    ``talk`` is the kind of talk, "" for other questions.
    """

    asked: str
    text: str
    frame: str
    group: int | None
    talk: str = ""


def read_frames(path: Path = FRAMES) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The values by name and the frames by kind; of talk, the kind of talk stands behind it: "talk greeting"."""
    names: dict[str, list[str]] = {}
    frames: dict[str, list[str]] = {}
    kind = ""
    for line in path.read_text("utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        if line.startswith("["):
            kind = line.strip("[]")
            frames[kind] = []
        elif kind:
            frames[kind].append(line)
        else:
            name, _, values = line.partition(" = ")
            names[name] = values.split(" | ")
    return names, frames


def fill(frame: str, names: Mapping[str, Sequence[str]], group: int, rng: random.Random) -> str:
    """The frame with its slots filled; values of names are of the group."""

    def one(slot: re.Match[str]) -> str:
        if slot[1] in names:
            return rng.choice(names[slot[1]][group::GROUPS])
        return rng.choice(slot[1].split("|"))

    while _SLOT.search(frame):  # the innermost first: an alternative may hold a name
        frame = _SLOT.sub(one, frame, count=1)
    return frame[:1].upper() + frame[1:] if frame.startswith("the ") else frame


def written(text: str, kind: str, rng: random.Random) -> str:
    """The question as somebody may write it."""
    manner = rng.random()
    if manner < 0.12 and kind not in _BARE_KINDS:
        opening = rng.choice(_GREETINGS)
        return opening.format(text if opening.startswith("{") or rng.random() < 0.5 else _lower_first(text))
    if manner < 0.24 and kind not in _BARE_KINDS:
        return rng.choice(_BACKGROUNDS).format(text)
    if manner < 0.34:
        return _slip(_sloppy(text), rng)
    return _sloppy(text) if manner < 0.55 else text


def examples(seed: int = 0) -> Iterator[Example]:
    """All examples, each text once; the same for the same seed."""
    rng = random.Random(seed)
    names, frames = read_frames()
    known: set[str] = set()
    for kinds, own in frames.items():
        kind, _, talk = kinds.partition(" ")
        for frame in own:
            has_names = any(slot in names for slot in re.findall(r"\w+", " ".join(re.findall(r"\{.*\}", frame))))
            groups = rng.sample(range(GROUPS), FILLED) if has_names else [None]
            for group in groups:
                text = written(fill(frame, names, group or 0, rng), kind, rng)
                if text not in known:
                    known.add(text)
                    yield Example(kind, text, frame, group, talk)


def to_json(example: Example) -> str:
    """The line of an example."""
    fields = {name: value for name, value in asdict(example).items() if name != "talk" or value}
    return json.dumps(fields, ensure_ascii=False)


def _lower_first(text: str) -> str:
    return text if text.startswith("I ") or text[1:2].isupper() else text[:1].lower() + text[1:]


def _sloppy(text: str) -> str:
    return text.lower().rstrip("?.! ") or text


def _slip(text: str, rng: random.Random) -> str:
    """One or two longer words with a letter left out, doubled, or changed places."""
    words = text.split(" ")
    long_words = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for place in rng.sample(long_words, min(len(long_words), 1 + (len(words) > 6))):
        word, at = words[place], rng.randrange(1, len(words[place]) - 1)
        slips = (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:])
        words[place] = rng.choice((*slips, word[:at] + word[at + 1] + word[at] + word[at + 2 :]))
    return " ".join(words)


def main() -> None:
    lines = [to_json(example) for example in examples()]
    QUESTIONS.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines):,} questions in {QUESTIONS}")


if __name__ == "__main__":
    main()
