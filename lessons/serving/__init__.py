"""Servers inside the kernel: how they are started and stopped, and what all of them are made of."""
