"""Finds injected instructions: sentences addressed to a machine. By rules, and by a classifier trained on examples."""
