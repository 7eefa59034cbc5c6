"""Claims against evidence; injected instructions; answers that need a caution."""
