"""The formats that are known: what each measures, and where its file comes from.

``refdesk eval --list`` prints this table, ``docs/evaluation.md`` has it, and the error for an unknown file names them.
"""

from __future__ import annotations

from typing import NamedTuple


class KnownFormat(NamedTuple):
    """A format of datasets: its name, the files that it stands in, what it measures, and where these come from."""

    name: str
    file: str
    measures: str
    origin: str


FORMATS = (
    KnownFormat("SQuAD 1.1, 2.0", "dev-v2.0.json", "reading: an answer in a paragraph, or none",
                "rajpurkar.github.io/SQuAD-explorer; XQuAD, MLQA, COVID-QA, CMRC and others have its form"),
    KnownFormat("BEIR", "a folder: corpus.jsonl, queries.jsonl, qrels/", "retrieval: relevant documents first",
                "github.com/beir-cellar/beir"),
    KnownFormat("JSON Lines of questions", "questions.jsonl, with --corpus", "qa: answers from your own documents",
                "written by you"),
    KnownFormat("ragas' test sets", "testset.jsonl or testset.csv, with --corpus",
                "qa: answers from your own documents, also in a conversation",
                "to_jsonl or to_csv of ragas' Testset and EvaluationDataset"),
    KnownFormat("visitors' questions", "a folder: questions.jsonl and folders of documents",
                "visitors: what must be said, cited and refused",
                "written by you; refdesk eval --make-template begins"),
    KnownFormat("claims", "WiCE's claim.dev.jsonl, SciFact's claims_dev.jsonl with corpus.jsonl",
                "support: does the evidence support the claim?",
                "github.com/ryokamoi/wice, github.com/allenai/scifact"),
    KnownFormat("LLM-AggreFact", "its rows as JSON Lines", "support: does the document support a model's claim?",
                "huggingface.co/datasets/lytang/LLM-AggreFact"),
    KnownFormat("RAGTruth", "response.jsonl, with source_info.jsonl",
                "support: does the source support a model's response?", "github.com/ParticleMedia/RAGTruth"),
    KnownFormat("HotpotQA", "hotpot_dev_distractor_v1.json", "qa: answers from two of ten paragraphs",
                "hotpotqa.github.io"),
    KnownFormat("2WikiMultihopQA", "dev.json", "qa: answers from two to four of ten paragraphs",
                "github.com/Alab-NII/2wikimultihop"),
    KnownFormat("MuSiQue", "musique_ans_v1.0_dev.jsonl, musique_full_v1.0_dev.jsonl",
                "qa: answers of two to four hops in twenty paragraphs, or none", "github.com/StonyBrookNLP/musique"),
    KnownFormat("MultiHop-RAG", "MultiHopRAG.json, with corpus.json", "qa: answers from two to four articles, or none",
                "github.com/yixuantt/MultiHop-RAG"),
    KnownFormat("CRAG", "crag_task_1_and_2_dev_v4.jsonl.bz2", "qa: answers from the web pages of a search, or none",
                "github.com/facebookresearch/CRAG"),
    KnownFormat("RAGBench", "its rows as JSON Lines", "qa: answers from the documents of a search, or none",
                "huggingface.co/datasets/rungalileo/ragbench"),
    KnownFormat("ALCE", "asqa_eval_gtr_top100.json, qampari_eval_gtr_top100.json, eli5_eval_bm25_top100.json",
                "qa: all of several answers, or the claims of a long one, from a hundred passages",
                "github.com/princeton-nlp/ALCE"),
    KnownFormat("KILT", "nq-dev-kilt.jsonl and others, with pages of kilt_knowledgesource.json as --corpus",
                "qa: answers from pages of Wikipedia", "github.com/facebookresearch/KILT"),
    KnownFormat("RAGChecker", "its input as JSON, with --corpus", "qa: answers from your own documents",
                "github.com/amazon-science/RAGChecker"),
    KnownFormat("TREC RAG nuggets", "its nuggets as JSON Lines, with --corpus or --answers",
                "qa: answers that say the vital facts", "trec-rag.github.io; github.com/castorini/nuggetizer"),
    KnownFormat("BoolQ", "dev.jsonl", "reading: yes or no", "github.com/google-research-datasets/boolean-questions"),
    KnownFormat("CLAPNQ", "clapnq_dev_answerable.jsonl, clapnq_dev_unanswerable.jsonl",
                "reading: an answer of whole sentences, or none", "github.com/primeqa/clapnq"),
    KnownFormat("CondaQA", "condaqa_dev.json", "reading: yes, no or a few words under negation, or none",
                "github.com/AbhilashaRavichander/CondaQA"),
    KnownFormat("mtRAG", "generation_tasks/reference.jsonl, conversations.json",
                "qa: questions in a conversation, or none", "github.com/IBM/mt-rag-benchmark"),
    KnownFormat("MultiSpanQA", "valid.json", "reading: all of several answers", "multi-span.github.io"),
    KnownFormat("QuAC", "val_v0.2.json", "reading: questions in a conversation about a section, or none", "quac.ai"),
    KnownFormat("ShARC", "sharc_dev.json", "reading: yes or no by a rule, after questions back, or none",
                "sharc-data.github.io"),
    KnownFormat("ConditionalQA", "dev.json, with documents.json",
                "reading: answers for a person's situation in a long page, or none",
                "github.com/haitian-sun/ConditionalQA"),
    KnownFormat("LongBench-Cite", "LongBench-Cite.json", "reading: answers in a long text",
                "github.com/THUDM/LongCite"),
    KnownFormat("RefusalBench-NQ", "its rows as JSON Lines", "reading: an answer in a changed passage, mostly none",
                "huggingface.co/datasets/aashiqmuhamed/RefusalBench-NQ"),
)  # fmt: skip


def known() -> str:
    """The formats in a line, for the error of a file that is in none of them."""
    return f"known are {', '.join(one.name for one in FORMATS)}; refdesk eval --list tells what each file looks like"
