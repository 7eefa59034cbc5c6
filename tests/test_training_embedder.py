"""What the embedder learns from, its loss, and the figures that tell what it finds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from documents.document import Chunk, Document, Source
from index.passage import Passage
from tests.fakes import WordEmbedder, small_splitter
from training.embedder import data
from training.embedder.data import Asked, Collection
from training.embedder.mine import Mined, Question, Searching, answering, mine
from training.embedder.wordings import misspelt, small, varied

EVERYDAY = """=== Harbour Swimming Club | leaflet | sport
A year costs 210 euros. **Caps are required** in the main pool.
---
Q: what's the fee
A: 210 euros
E: A year costs 210

G: And do I have to wear anything on my head?
S: Does the swimming club want anything on my head?
A: Caps
E: Caps are required in

N: What did a year cost in 2023?
W: 210 euros

T: Swimmers cover their hair.
E: Caps are required
F: Swimmers cover their feet.
E: Caps are required

L: What does a member need?
E: A year costs
E: Caps are required
"""


def document(text: str) -> Document:
    return Document(text)


def passages(own: Document, *spans: tuple[int, int]) -> list[Passage]:
    source = Source("own.md", own.id)
    return [Passage(Chunk(own, *span), source, 0.0) for span in spans]


def test_everyday_items_become_questions_with_the_sentences_that_answer(tmp_path: Path) -> None:
    (tmp_path / "k01.txt").write_text(EVERYDAY, "utf-8")
    collection = data.everyday(tmp_path)
    text = next(iter(collection.documents.values())).text
    said = [(own.kind, own.text, [text[slice(*span)] for _, span in own.places]) for own in collection.asked]
    fee, caps = "A year costs 210 euros.", "**Caps are required** in the main pool."
    assert said == [
        ("question", "what's the fee", [fee]),
        ("follow-up", "Does the swimming club want anything on my head?", [caps]),
        ("claim", "Swimmers cover their hair.", [caps]),
        ("list", "What does a member need?", [fee, caps]),
    ]


TALK = """=== Harbour Swimming Club | leaflet | sport
A year costs 210 euros. Caps are required in the main pool.
---
## 1
U: What does a year cost?
S: =
A: 210 euros
U: and on the head?
S: what do swimmers wear on the head in the main pool?
A: Caps are required
U: who runs it?
S: who runs the Harbour Swimming Club?
A: -
"""


def test_turns_of_a_conversation_have_the_words_in_front_that_they_leave_out(tmp_path: Path) -> None:
    (tmp_path / "a01.txt").write_text(TALK, "utf-8")
    collection = data.conversations(tmp_path / "a01.txt")
    (name,) = collection.documents
    assert data.HELD_OUT["talks"]([name, name.replace("a01", "a04")]) == {name.replace("a01", "a04")}
    text = collection.documents[name].text
    assert [(own.kind, own.text, text[slice(*own.places[0][1])]) for own in collection.asked] == [
        ("question", "What does a year cost?", "A year costs 210 euros."),
        ("follow-up", "swimmers wear main pool: and on the head?", "Caps are required in the main pool."),
    ]


NOTICE = """=== Harbour Swimming Club
A year costs 210 euros. Caps are required in the main pool.
---
Q: what's the fee
A: 210 euros
Y: Is a cap needed?
E: Caps are required
V: yes
C+: Swimmers cover their hair.
E: Caps are required
C?: The pool is heated.
"""


def test_claims_that_a_text_does_not_mention_are_no_questions_of_it(tmp_path: Path) -> None:
    (tmp_path / "a01.txt").write_text(NOTICE, "utf-8")
    asked = data.notices(tmp_path).asked
    assert [(own.kind, own.text) for own in asked] == [
        ("question", "what's the fee"),
        ("polar", "Is a cap needed?"),
        ("claim", "Swimmers cover their hair."),
    ]


def test_a_quotation_is_found_whatever_its_marks_and_spaces_are() -> None:
    own = document("Press **Ctrl – C**,\nthen “paste”.")
    found = data.place(own, 'Ctrl-C, then "paste"')
    assert found
    assert own.text[slice(*found)] == "Ctrl – C**,\nthen “paste"
    assert data.place(own, "Ctrl-V") is None


def test_what_is_held_out_is_the_last_fifth_and_the_last_file_of_each_writer() -> None:
    assert data.last_part("gbadcfeijh") == {"i", "j"}
    assert data.last_files(["k01/0", "k02/0", "k02/1", "l01/0"]) == {"k02/0", "k02/1", "l01/0"}


def test_questions_go_with_the_documents_that_alone_answer_them() -> None:
    asked = (Asked("a", (("x", (0, 1)),)), Asked("b", (("x", (0, 1)), ("y", (0, 1)))))
    whole = Collection({name: document(name) for name in "xyz"}, asked)
    assert [own.text for own in whole.of("xz").asked] == ["a"]
    assert [own.text for own in whole.of("xyz").asked] == ["a", "b"]
    assert set(whole.sample(9, random.Random(1)).documents) == {"x", "y"}


def test_a_passage_answers_that_holds_more_than_half_as_much_of_a_place_as_any() -> None:
    own = document("x" * 100)
    chunks = [Chunk(own, 0, 40), Chunk(own, 30, 70), Chunk(own, 70, 100)]
    assert answering(chunks, [(32, 38)]) == [0, 1]  # a sentence in both
    assert answering(chunks, [(38, 50)]) == [1]
    assert answering(chunks, [(30, 100)]) == [1, 2]  # longer than any
    assert answering(chunks, [(0, 3), (80, 90)]) == [0, 2]


def test_hard_negatives_are_passages_that_are_found_and_do_not_answer(tmp_path: Path) -> None:
    texts = {"fees": "A year costs 210 euros.", "lanes": "A lane costs nothing.", "cats": "Cats sleep."}
    asked = Asked("What costs 210 euros?", (("fees", (0, 23)),))
    collection = Collection({name: document(text) for name, text in texts.items()}, (asked,))
    searching = Searching(WordEmbedder(), small_splitter())
    found = mine(collection, searching, tmp_path)
    (question,) = found.questions
    assert [found.passages[number] for number in question.right] == ["A year costs 210 euros."]
    assert found.passages[question.tempting[0]] == "A lane costs nothing."
    found.save(tmp_path / "own.json")
    assert Mined.load(tmp_path / "own.json") == found


MINED = Mined(
    ("a1", "a2", "b1", "c1"),
    ("a", "a", "b", "c"),
    (
        Question("one", (0, 1), (2,)),
        Question("two", (1,), (2,)),
        Question("three", (2,), (0,)),
        Question("four", (3,), ()),
    ),
)


def test_a_batch_has_each_passage_once_and_knows_who_else_answers() -> None:
    from training.embedder.train import batch_of

    for seed in range(9):
        batch = batch_of(MINED, MINED.questions, "", random.Random(seed))
        assert len(set(batch.passages)) == len(batch.passages)
        answers = {(0, "a1"), (0, "a2"), (1, "a2"), (2, "b1"), (3, "c1")}
        own = {(row, batch.passages[number]) for row, number in enumerate(batch.own)}
        also = {(row, batch.passages[number]) for row, number in batch.also}
        assert own <= answers
        assert not own & also
        assert own | also == {(row, passage) for row, passage in answers if passage in batch.passages}


def test_a_batch_has_passages_that_tempt_or_stand_beside_those_that_answer() -> None:
    from training.embedder.train import batch_of

    batches = [batch_of(MINED, MINED.questions[1:2], "", random.Random(seed)).passages for seed in range(20)]
    assert set(batches) == {("a2", "b1"), ("a2", "a1")}  # one that was found, or one of the same document
    assert batch_of(MINED, MINED.questions[3:], "", random.Random(0)).passages == ("c1",)  # there is no other


def test_batches_have_every_question_once() -> None:
    from training.embedder.train import batches_of

    batches = batches_of([MINED, MINED], 3, "", random.Random(0))
    assert sorted(len(batch.questions) for batch in batches) == [1, 1, 3, 3]


def test_the_loss_is_that_of_the_own_passage_among_those_that_do_not_answer() -> None:
    import torch

    from training.embedder.train import TEMPERATURE, loss_of

    questions = torch.tensor([[1.0, 0.0]])
    close = torch.tensor([[1 - TEMPERATURE, 0.0], [1.0, 0.0], [1 - TEMPERATURE, 0.0]])
    assert loss_of(questions, close, [0], [(0, 1)]).item() == pytest.approx(torch.log(torch.tensor(2.0)).item())
    assert loss_of(questions, close, [0], []).item() > 1


def test_the_mean_of_weights_keeps_the_share_that_it_is_told() -> None:
    import torch

    from training.embedder.model import averaged

    found = averaged({"w": torch.tensor([1.0])}, {"w": torch.tensor([3.0])}, 0.25)
    assert found["w"].item() == pytest.approx(1.5)


def test_wordings_of_a_question() -> None:
    assert small("Where is the Pool?") == "where is the pool"
    slips = {misspelt("is it there", random.Random(seed)) for seed in range(60)}
    words = ("three", "theer", "tehre", "tere", "thre", "thee", "thhere", "theere", "therre")
    assert slips == {f"is it {word}" for word in words}
    assert misspelt("is it on", random.Random(1)) == "is it on"
    kept = [varied("Where is the warm pool?", random.Random(seed)) for seed in range(200)]
    assert 100 < kept.count("Where is the warm pool?") < 180


def test_figures_of_what_is_found() -> None:
    from training.embedder.evaluate import is_far, ndcg, rank, recall

    own = document("Caps are required. A year costs 210 euros.")
    found = passages(own, (19, 42), (0, 18))
    assert rank(found, [(own.id, (0, 18))]) == 1
    assert rank(found, [("another", (0, 18))]) == 2
    assert recall(found[:1], [(own.id, (0, 4)), (own.id, (21, 30))]) == 0.5
    assert is_far("what's the fee", "A year costs 210 euros.")
    assert not is_far("what did it cost", "A year costs 210 euros.")
    assert ndcg(["x", "a"], frozenset("a")) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["a", "b"], frozenset("ab")) == 1
