"""Answers with more than one part, each found separately: sides of a comparison, links of a chain, some questions."""
