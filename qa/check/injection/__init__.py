"""Sentences that give orders to a machine instead of informing a person: rules, and weights learned from examples."""
