"""Benchmark files -> Dataset.

``load_dataset`` recognises the format; each has a module (``formats`` lists them). ``paragraphs`` is what those about
single passages share, ``pool`` what those whose questions have documents of their own do.
"""
