"""The clients in Python, and what they have in common."""
