"""What is said of what was chosen: the ranges of documents that statements quote."""
