"""What a question asks for; follow-ups made to stand alone."""
