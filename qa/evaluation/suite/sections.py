"""The sections of a suite's page: which figures of which benchmarks stand together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qa.evaluation.suite.benchmarks import AMONG, CLAIM_SYSTEMS, FEW, LANGUAGES, MANY, SOME

Row = tuple[str, str]
RISK = "risk"


class Section(NamedTuple):
    """One table: its metrics, and its rows, each a benchmark and what it is called.

    ``drawn``: the metric that is drawn below, or ``RISK``: the risk at each coverage; "" for nothing.
    """

    title: str
    note: str
    metrics: Sequence[str]
    rows: Sequence[Row]
    drawn: str = ""


SECTIONS: Sequence[Section] = (
    Section(
        "Retrieval: SciFact, test",
        "5,183 abstracts, 300 claims. Hybrid is both retrievers fused; the default also reranks the best of them, as "
        "the assistant does.",
        ("nDCG@10", "Recall@10", "Recall@100", "MRR@10", "MAP"),
        [(f"scifact-retrieval-{system}", system) for system in ("bm25", "dense", "hybrid", "default")],
        "nDCG@10",
    ),
    Section(
        "Retrieval: XQuAD-en's paragraphs among many",
        f"{AMONG} questions; the 240 paragraphs are mixed with 18,444 others of Wikipedia.",
        ("P@1", "Recall@5", "Recall@10", "MRR@10"),
        [(f"xquad-en-among-{system}", system) for system in ("bm25", "dense", "hybrid", "default")],
        "P@1",
    ),
    Section(
        "Reading: a question with its paragraph",
        f"XQuAD-en has an answer to every question and is read without refusing. {MANY:,} questions of SQuAD 2.0.",
        ("EM", "F1", "HasAns_F1", "NoAns_F1", "F1_forced", "AUROC"),
        [("xquad-en-reading", "XQuAD-en"), ("squad2-reading", "SQuAD 2.0 part A")],
    ),
    Section(
        "Open QA: all paragraphs indexed, the question alone",
        f"All questions of XQuAD-en and {MANY:,} of SQuAD 2.0 are asked.",
        ("EM", "F1", "F1_forced", "answer_in_statement", "hit@1", "hit@5", "answered", "coverage@80%", "AURC", "ECE"),
        [("xquad-en-qa", "XQuAD-en"), ("squad2-qa", "SQuAD 2.0 part A")],
        RISK,
    ),
    Section(
        "Citations and refusals in open QA",
        "",
        ("citation_precision", "citation_recall", "character_precision", "character_recall", "citations_hold",
         "answer_citation_recall", "refusal_precision", "refusal_recall", "AUROC"),
        [("xquad-en-qa", "XQuAD-en"), ("squad2-qa", "SQuAD 2.0 part A"), ("silent-qa", "silent documents")],
    ),
    Section(
        "Silent documents",
        "SQuAD 2.0 part A and XQuAD-en together. Every second article is indexed and every question is asked: most "
        "have no answer, because their article is missing or because they were made unanswerable.",
        ("EM", "F1", "HasAns_F1", "NoAns_F1", "answered", "refusal_recall", "AUROC", "coverage@80%", "AURC", "ECE"),
        [("silent-qa", "all")],
        RISK,
    ),
    Section(
        "Other languages: XQuAD, retrieval",
        f"{SOME} questions of each language, drawn with seed 0, with the multilingual embedder.",
        ("P@1", "Recall@5", "MRR@10"),
        [
            (f"xquad-{language}-retrieval-{system}", f"{language} {system}")
            for language in LANGUAGES
            for system in ("bm25", "dense", "default")
        ],
        "P@1",
    ),
    Section(
        "Other languages: XQuAD, open QA",
        f"{FEW} questions of each language, drawn with seed 0, with the multilingual embedder. The answer is the whole "
        "sentence that is nearest to the question. Without that embedder such questions get a notice.",
        ("F1", "F1_forced", "answer_in_statement", "hit@1", "answered", "ECE"),
        [(f"xquad-{language}-qa", language) for language in LANGUAGES],
        "answer_in_statement",
    ),
    Section(
        "Other languages: silent documents",
        f"{SOME} questions of XQuAD in the six languages together, over every second article in all six: half have no "
        "answer. None was made to be a near-miss.",
        ("answer_in_statement", "hit@1", "answered", "refusal_precision", "refusal_recall", "AUROC", "ECE"),
        [("silent-languages-qa", "all")],
        RISK,
    ),
    Section(
        "Support: WiCE, dev",
        "Coverage is the share of the claim's content words that the evidence holds; the default is the verifier. Its "
        "shipped weights have seen these claims; figures for claims that it has not seen are in the "
        "[model card](../training/README.md).",
        ("AUROC", "balanced_accuracy", "recall@90%precision"),
        [(f"wice-support-{system}", system) for system in CLAIM_SYSTEMS],
        "AUROC",
    ),
)  # fmt: skip

KINDS = (
    ("Silent documents, by kind of question", "silent-qa", "kind"),
    ("Other languages: silent documents, by kind of question", "silent-languages-qa", "kind by language"),
)
"""Tables of one benchmark's slices: title, benchmark, dimension."""
