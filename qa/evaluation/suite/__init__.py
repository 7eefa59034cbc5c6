"""A suite: many benchmarks by one command, whose figures are published together.

- ``benchmarks``: what is run, and where its data lie;
- ``running``: one benchmark -> its figures;
- ``page``: all figures -> a page.
"""
