"""Does this support that? Claims against evidence, and text that is not to be trusted."""
