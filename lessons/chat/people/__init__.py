"""The people who chat from a panel or a cell, and the windows they look through."""
