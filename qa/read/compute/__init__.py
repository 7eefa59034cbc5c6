"""Counts and sums that no document states: computed from the rows of a table or the items of a list, each cited."""
