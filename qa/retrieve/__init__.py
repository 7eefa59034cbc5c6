"""Questions -> the passages that are worth ranking, and the question as it was searched for."""
