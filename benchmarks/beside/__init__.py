"""Pipelines of other frameworks, built for ``refdesk eval --system`` as the guide to evaluation shows them.

Each runs in an environment with its framework (``requirements/``), and offline: where a language model would write,
``first`` quotes the first passage. The slow tests run them all.
"""
