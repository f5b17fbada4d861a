"""Lessons on how news reaches a web page: real servers, real clients, and every byte between them."""
