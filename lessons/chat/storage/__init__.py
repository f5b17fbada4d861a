"""What the chat keeps: messages, names, and who is who."""
