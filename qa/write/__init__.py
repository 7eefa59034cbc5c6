"""Passages -> an answer in a language model's words: prompted, streamed, verified sentence by sentence."""
