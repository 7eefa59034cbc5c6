"""Refdesk in other evaluation harnesses: a recipe each, over the sample documents, which prints its figures.

sample             the questions, the documents, a desk in this process, a desk on a socket
checks             what Refdesk's own bench says of an answer, for any harness to use as its scorer
inspect_task       Inspect (UK AI Security Institute): over /v1, and in one process
promptfoo_*        promptfoo: its Python provider, and its OpenAI and HTTP providers at /v1
deepeval_cases     DeepEval: test cases, and metrics that need no model
ragas_sets         ragas: a test set read as a dataset, the answers written back as its EvaluationDataset
retrieval          MTEB and BEIR: Refdesk's search as a model of theirs

``docs/evaluation.md``, "From other harnesses", has the commands. Each harness has an environment of its own:
``requirements.txt`` pins it.
"""
