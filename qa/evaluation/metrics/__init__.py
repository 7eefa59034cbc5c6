"""Metrics as plain functions of texts and arrays, without datasets or runs.

``answers`` (exact match, F1), ``citations`` (ALCE, characters), ``abstention`` (confidence and refusals) and
``statistics`` (confidence intervals and tests). Metrics of rankings come from ir-measures: see ``scoring.rankings``.
"""
