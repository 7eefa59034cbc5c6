"""What a follow-up may mean: noun phrases, what points back, what is left out; ``qa.conversation`` chooses."""
