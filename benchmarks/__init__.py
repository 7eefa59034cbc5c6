"""Scripts that print the figures that the docs quote."""
