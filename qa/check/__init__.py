"""Claims against evidence, and injected instructions."""
