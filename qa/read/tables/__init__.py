"""What a question names of a table, and the cell that it asks for."""
