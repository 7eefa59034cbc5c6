"""Counts, sums and extremes that no document states: computed from rows of a table or items of a list, each cited."""
