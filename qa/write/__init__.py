"""A language model's words, sentence by sentence: prompted, streamed, verified."""
