"""The language models themselves: ``base`` is what all share, ``load`` chooses one, one module a backend."""
