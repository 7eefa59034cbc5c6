"""Passages -> evidence, confidence and quoted sentences: the reader, and what is made of what it marks."""
