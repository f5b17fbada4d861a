"""What a trace looks like: bytes with their meaning, and sequence diagrams."""
