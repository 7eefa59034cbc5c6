"""Passages -> spans, evidence, confidence and quoted sentences."""
