"""The notebooks themselves: finding and checking them, predictions, the keyboard, text forms."""
