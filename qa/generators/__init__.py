"""The language models that write: one module a backend, imported when chosen."""
