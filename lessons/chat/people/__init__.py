"""The people who chat from a panel or a cell, and their windows."""
