"""Scripts that print the figures the README and the docs quote."""
