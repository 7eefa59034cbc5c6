"""Ways to answer, each by itself: what was read of a question -> an answer, or none. ``extractor`` has their order."""
