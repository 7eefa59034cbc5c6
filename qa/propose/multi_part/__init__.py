"""Answers of several sentences found apart: sides of a comparison, links of a chain, several questions at once."""
