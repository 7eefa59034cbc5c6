"""The language models: ``base`` has what all share, ``load`` chooses one, and each backend is one module."""
