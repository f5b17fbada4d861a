"""Servers inside the kernel: started, stopped and started again, and what all of them are made of."""
