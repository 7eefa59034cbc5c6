"""What a claim says: its numbers, dates, names, negations and words; ``qa.support`` weighs them against evidence."""
