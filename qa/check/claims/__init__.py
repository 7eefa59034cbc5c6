"""What a claim says: its numbers, dates, names, negations and words, which ``qa.check.verifier`` compares."""
