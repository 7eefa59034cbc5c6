"""RAGBench (Friel et al. 2024): questions of twelve sets with the documents found for each, whose sentences are judged.

The hub's table as JSON Lines, a record a question and response::

    {"id", "question", "documents": ["…"], "response": "…", "dataset_name", "adherence_score": true,
     "documents_sentences": [[["0a", "first sentence"], …], …], "all_relevant_sentence_keys": ["0a"], …}

The documents are those of all records, each once over the whole file; they have no names and are numbered. Each
question is asked of its own. All of the sentences that a language model found relevant are the evidence, and their
documents are relevant. Where it found none, the question is unanswerable. The reference is the response of another
model, if the judge found all of it supported (``adherence_score``); without one, the question is only for the task
``retrieval``. ``dataset_name`` is a slice. Not read: the scores of the judge and of other evaluators, its
explanations, ``response_sentences``, ``sentence_support_information``, ``unsupported_response_sentence_keys``,
``all_utilized_sentence_keys``, ``generation_model_name``, ``annotating_model_name``.

Told are questions without a judgement, which are left out, those without a reference, and those with a relevant
sentence that is in no document: no evidence is marked there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from documents.document import Document
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile, told
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.offsets import place_of

_KEYS = "all_relevant_sentence_keys"
_SENTENCES = "documents_sentences"
Span = tuple[int, int]


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    language = file.language("question")
    judged = [record for record in file.records if record.fields.get(_KEYS) is not None]
    names: dict[str, str] = {}
    items = tuple(_item(record, names) for record in judged)
    documents = {own: Document(text, "", parser="ragbench/1") for text, own in names.items()}
    left_out = len(file.records) - len(items)
    return file.dataset("open", documents, items, language, _notes(left_out, items))


def _notes(left_out: int, items: Sequence[Item]) -> Iterator[str]:
    if left_out:
        yield f"{left_out} questions are left out, as their sentences are not judged"
    unmarked = [item.id for item in items if item.answerable is not False and not item.places]
    what = "questions have a relevant sentence that is in no document, such as"
    yield from told(unmarked, len(items), what, ": no evidence is marked for them")
    unsure = [item.id for item in items if item.answerable is None]
    what = "questions have no supported response, such as"
    yield from told(unsure, len(items), what, ": they are left out but for the task retrieval")


def _item(record: DatasetRecord, names: dict[str, str]) -> Item:
    texts = [normalise(text) for text in record.texts("documents")]
    for text in filter(None, texts):
        names.setdefault(text, f"document {len(names) + 1}")
    own = {text: names[text] for text in texts if text}
    if not own:
        raise DatasetError(f"{record.where}: documents must hold a text that is not empty")
    wanted = {_key(key) for key in record.texts(_KEYS)}
    places = {key: (own[text], *place) for key, text, place in _places(record, texts, wanted)}
    supported = record.fields.get("adherence_score")
    if not isinstance(supported, bool | None):
        raise DatasetError(f"{record.where}: adherence_score must be true, false or null, not {shown(supported)}")
    answer = normalise(record.required("response")) if wanted and supported else ""
    identity = record.required("id")
    return Item(
        id=identity,
        question=record.required("question"),
        group=identity,
        answers=(GoldAnswer(answer),) if answer else (),
        answerable=(bool(answer) or None) if wanted else False,
        relevant={name: 1 for name, _, _ in places.values()},
        slices=record.named("dataset_name"),
        places=(tuple(dict.fromkeys(places.values())),) if wanted and places.keys() == wanted else (),
        among=tuple(own.values()),
    )


def _places(record: DatasetRecord, texts: Sequence[str], wanted: Collection[str]) -> Iterator[tuple[str, str, Span]]:
    """Of the sentences with a key in ``wanted`` that stand in their document: the key, the document's text, the span.

    Raises:
        DatasetError: the sentences are no lists of keys and texts, one for each document.
    """
    split = record.fields.get(_SENTENCES)
    if not isinstance(split, list) or len(split) != len(texts) or not all(isinstance(own, list) for own in split):
        raise DatasetError(f"{record.where}: {_SENTENCES} must hold a list for each of documents, not {shown(split)}")
    for text, sentences in zip(texts, split, strict=True):
        end = 0
        for pair in sentences:
            if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
                raise DatasetError(f"{record.where}: {_SENTENCES} must hold keys and sentences, not {shown(pair)}")
            key, sentence = _key(pair[0]), normalise(pair[1])
            start = text.find(sentence, end)
            span = (start, start + len(sentence)) if start >= 0 else place_of(sentence, text) if key in wanted else None
            end = span[1] if span else end
            if span and span[0] < span[1] and key in wanted:
                yield key, text, span


def _key(key: str) -> str:
    """The key of a sentence; a judge now and then ends it with the full stop that it had in front of the sentence."""
    return key.strip().rstrip(".")
