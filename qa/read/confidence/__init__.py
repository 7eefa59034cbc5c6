"""How sure an answer is: signals of evidence -> a probability, and the reasons for it."""
