"""What is seen of a trace: bytes with their meaning, and the sequence."""
