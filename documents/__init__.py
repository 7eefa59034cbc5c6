"""Files in, text with exact offsets out: path -> Document -> Chunks."""
