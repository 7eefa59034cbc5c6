"""Pipelines of other frameworks that have a language model write, as their guides build them; ``given`` names it.

``python -m benchmarks.peers_answers`` asks them.
"""
