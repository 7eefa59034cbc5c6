"""Run folders: one folder for each evaluation, so that it can be resumed, verified, compared and replayed.

========================== ==================================================================================
config.json                task, system, settings, threshold, models, index, dataset digest, versions, machine
answers.jsonl              a line for each question: gold, full answer, metrics, seconds; written as they come
texts.jsonl                the documents that the answers cite, so that ``verify`` needs no index
metrics.json               figures with their intervals, slices, timing
run.trec                   rankings, for the task ``retrieval``
report.html                everything to read, in one file
========================== ==================================================================================

Apart from timings, the configuration determines everything in it.
"""
