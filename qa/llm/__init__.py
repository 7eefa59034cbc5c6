"""The language models: ``base`` has what all share, and each backend is one module."""
