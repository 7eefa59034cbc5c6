"""Benchmark files -> Dataset.

``load`` recognises the format; each has a module (``formats`` lists them), which makes a Dataset of a ``dataset_file``.
``paragraphs`` is what those about single passages share, ``pool`` what those whose questions have documents of their
own do.
"""
